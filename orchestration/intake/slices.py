"""Slices: the parts of a feed that a file replaces as a whole.

A file of months covers, for each of its companies, every month from its first to its last, so that a month emptied by a
correction is emptied; but not a month whose rows are all in quarantine, which keeps its earlier version. Nothing is
deleted: of several versions the one with the latest (known_from, sequence) counts.
"""

from collections.abc import Iterable
from datetime import date

import duckdb

from orchestration.intake.contract import Contract, Source
from orchestration.intake.landing import Receipt
from orchestration.intake.values import literal

# slice_candidate: slice_id, slice_key, slice_month (NULL where the key has none), key_<part> of each other part.
CANDIDATE = "slice_candidate"
YEARS_BACK, YEARS_AHEAD = 20, 5  # months further off are taken for mistakes: every month between would be emptied


def month_part(contract: Contract) -> str | None:
    """The part of the slice key that is a month, if one is."""
    months = {column.name for column in contract.columns if column.is_month}
    return next((part for part in contract.slice_key if part in months), None)


def varying_parts(contract: Contract, source: Source) -> dict[str, str]:
    """The parts of the key that only the rows can tell, but for the month: SQL over the typed columns, by part."""
    names = {column.name for column in contract.columns}
    return {
        part: f"cast({f'value_of_{part}' if part in names else 'year(value_of_month)'} as varchar)"
        for part in contract.slice_key
        if part not in ("source", "delivery", month_part(contract)) and part not in source.constants
    }


def make_candidates(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    source: Source,
    delivery_id: str,
    as_of: date,
    varying: tuple[str, list[str]] | None,
) -> None:
    """Makes the temporary table of the slices that rows of a file may belong to.

    `varying` is a query of the distinct varying parts, each named key_<part>, with its parameters; None if none varies.
    """
    parts = {
        part: {"source": literal(source.name), "delivery": literal(delivery_id)}.get(part)
        or (literal(source.constants[part]) if part in source.constants else f"key_{part}")
        for part in contract.slice_key
        if part != month_part(contract)
    }
    has_month = month_part(contract) is not None
    texts = [parts.get(part, "strftime(slice_month, '%Y-%m-%d')") for part in contract.slice_key]
    key = " || '|' || ".join([literal(contract.feed), *texts])
    first, last = date(as_of.year - YEARS_BACK, 1, 1), date(as_of.year + YEARS_AHEAD, 12, 1)
    months = f"unnest(generate_series(date '{first}', date '{last}', interval 1 month))" if has_month else "null"
    rows, parameters = varying or ("select 1", [])
    named = "".join(f", {expression} as key_{part}" for part, expression in parts.items())
    connection.execute(
        f"""
        create or replace temporary table {CANDIDATE} as
        with varying as ({rows}),
        months as (select *, cast({months} as date) as slice_month from varying)
        select md5({literal(delivery_id)} || '|' || {key}) as slice_id, {key} as slice_key, slice_month{named}
        from months
        """,
        parameters,
    )


def write(
    connection: duckdb.DuckDBPyConnection,
    receipt: Receipt,
    contract: Contract,
    first_row_id: int,
    quarantined: Iterable[str],
    span: tuple[date, date] | None = None,
) -> None:
    """Writes raw.delivery_slice for the rows of raw.<feed> from `first_row_id` on.

    `span` are the first and last month that the file itself says it covers, beside those that its rows have.
    `quarantined` are the slices of rows in quarantine: one without any accepted row keeps its earlier version.
    """
    others = [f"key_{part}" for part in contract.slice_key if part != month_part(contract)]
    same = " and ".join([*(f"c.{name} = s.{name}" for name in others), "true"])
    listed = "".join(f"{name}, " for name in others)
    company = "c.key_company" if "company" in contract.slice_key else "null"
    control = f"sum({contract.control_column})" if contract.control_column else "null"
    turnover = f"sum(abs({contract.control_column}))" if contract.control_column else "null"
    connection.execute(
        f"""
        insert into raw.delivery_slice
        with counted as (
            select _slice_id as slice_id, count(*) as row_count, {control} as amount_sum, {turnover} as turnover
            from raw.{contract.feed} where rowid >= $first_row group by all
        ),
        spanned as (
            select {listed}least(min(slice_month), $first) as first_month,
                greatest(max(slice_month), $last) as last_month
            from counted join {CANDIDATE} using (slice_id) group by all
        )
        select c.slice_id, c.slice_key, $delivery_id, $feed, {company}, c.slice_month,
            coalesce(counted.row_count, 0), counted.amount_sum, $known_from, null, null, counted.turnover
        from {CANDIDATE} as c
        join spanned as s on {same} and (c.slice_month is null or c.slice_month between s.first_month and s.last_month)
        left join counted on counted.slice_id = c.slice_id
        where counted.slice_id is not null or c.slice_id not in (select unnest(cast($quarantined as varchar[])))
        """,
        {
            "first_row": first_row_id,
            "first": span[0] if span else None,
            "last": span[1] if span else None,
            "delivery_id": receipt.delivery_id,
            "feed": contract.feed,
            "known_from": receipt.known_from,
            "quarantined": sorted(set(quarantined)),
        },
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
