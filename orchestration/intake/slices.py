"""Slices: the parts of a feed that a file replaces as a whole, and the accepted rows that belong to them.

A file of months covers, for each of its companies, every month from its first to its last, so that a month emptied by a
correction is emptied; but not a month whose rows are all in quarantine, which keeps its earlier version. Nothing is
deleted: of several versions the one with the latest (known_from, sequence) counts.
"""

import duckdb

from orchestration.intake.contracts import Contract
from orchestration.intake.delimited import INCOMING
from orchestration.intake.landing import Receipt
from orchestration.intake.values import literal


def write(connection: duckdb.DuckDBPyConnection, receipt: Receipt, contract: Contract) -> None:
    """Writes raw.delivery_slice and raw.<feed> from the rows of `incoming` without faults."""
    parts = {part: _expression(part, receipt, contract) for part in contract.slice_key}
    month = next((part for part in parts if part in _month_columns(contract)), None)
    others = {part: expression for part, expression in parts.items() if part != month}
    key = " || '|' || ".join(
        [literal(contract.feed), *("strftime(slice_month, '%Y-%m-%d')" if p == month else _name(p) for p in parts)]
    )
    listed = "".join(f"{expression} as {_name(part)}, " for part, expression in others.items())
    names = "".join(f"{_name(part)}, " for part in others)
    span = "unnest(generate_series(first_month, last_month, interval 1 month))" if month else "null"
    of_month = month or "cast(null as date)"
    connection.execute(
        f"""
        create or replace temporary table covered as
        with counted as (
            select {listed}{of_month} as slice_month, count(*) filter (len(faults) = 0) as accepted
            from {INCOMING} group by all
        ),
        spanned as (
            select {names}min(slice_month) as first_month, max(slice_month) as last_month
            from counted where accepted > 0 group by all
        ),
        months as (select {names}cast({span} as date) as slice_month from spanned)
        select months.*, {key} as slice_key, md5({literal(receipt.delivery_id)} || '|' || {key}) as slice_id
        from months
        where not exists (
            select * from counted where accepted = 0 and {
            " and ".join(f"counted.{name} = months.{name}" for name in (*map(_name, others), "slice_month"))
        }
        )
        """
    )
    same = [f"{expression} = covered.{_name(part)}" for part, expression in others.items()]
    belongs = " and ".join([*same, f"{month} = covered.slice_month"] if month else same) or "true"
    columns = ", ".join(column.name for column in contract.columns)
    connection.execute(
        f"""
        insert into raw.{contract.feed} by name
        select {columns}, covered.slice_id as _slice_id, row_number as _row_number
        from {INCOMING} join covered on {belongs}
        where len(faults) = 0
        order by row_number
        """
    )
    control = f"sum({contract.control_column})" if contract.control_column else "null"
    connection.execute(
        f"""
        insert into raw.delivery_slice
        select covered.slice_id, covered.slice_key, ?, ?, {_name("company") if "company" in others else "null"},
            covered.slice_month, coalesce(rows.row_count, 0), rows.amount_sum, ?, null, null
        from covered
        left join (
            select covered.slice_id, count(*) as row_count, {control} as amount_sum
            from {INCOMING} join covered on {belongs} where len(faults) = 0 group by 1
        ) as rows on rows.slice_id = covered.slice_id
        """,
        [receipt.delivery_id, contract.feed, receipt.known_from],
    )


def mark_superseded(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> None:
    """Records, for the slice keys of a delivery, which version took over from which, and when it came."""
    connection.execute(
        """
        with touched as (select distinct slice_key from raw.delivery_slice where delivery_id = ?),
        version as (
            select s.slice_id, lead(s.slice_id) over w as next_id, lead(d.received_at) over w as next_at
            from raw.delivery_slice as s
            join touched using (slice_key)
            join raw.delivery as d on d.delivery_id = s.delivery_id and d.status = 'loaded'
            window w as (partition by s.slice_key order by s.known_from, d.sequence)
        )
        update raw.delivery_slice as s set superseded_by = version.next_id, superseded_at = version.next_at
        from version where version.slice_id = s.slice_id and s.superseded_by is distinct from version.next_id
        """,
        [delivery_id],
    )


def _month_columns(contract: Contract) -> set[str]:
    return {column.name for column in contract.columns if column.is_month}


def _expression(part: str, receipt: Receipt, contract: Contract) -> str:
    """A part of a slice key as SQL over `incoming`. `source`, `delivery` and `year` need no column of that name."""
    if part == "source":
        return literal(receipt.source)
    if part == "delivery":
        return literal(receipt.delivery_id)
    if part == "year" and "year" not in {column.name for column in contract.columns}:
        return "cast(year(month) as varchar)"
    return part if part in _month_columns(contract) else f"cast({part} as varchar)"


def _name(part: str) -> str:
    return f"key_{part}"
