"""Vouchers that do not balance, quarantined whole (control L1): half a voucher would be money from nowhere."""

import duckdb

from orchestration.intake.contract import Contract, Source
from orchestration.intake.tally import AsideRow, Tally

UNBALANCED = "|unbalanced"


def set_unbalanced_aside(
    connection: duckdb.DuckDBPyConnection, contract: Contract, source: Source, tally: Tally
) -> None:
    """Moves the rows of vouchers whose sum is not zero from raw.<feed> to the tally.

    The contract's server says in `balancedBy` which columns make a voucher; rows that lack one of them belong to none.
    A voucher that has lost a row to quarantine does not balance either, and follows it there.
    """
    if not source.balanced_by:
        return
    key = ", ".join(source.balanced_by)
    given = " and ".join(f"{name} is not null" for name in source.balanced_by)
    ((unbalanced,),) = connection.execute(
        f"""
        select count(*) from (
            select {key} from raw.{contract.feed} where rowid >= ? and {given}
            group by {key} having sum({contract.control_column}) <> 0
        )
        """,
        [tally.first_row_id],
    ).fetchall()
    if not unbalanced:
        return
    shown = [c.name for c in contract.columns if not c.classification.startswith("personal")]
    named = ", ".join(f"'{name}=' || cast({name} as varchar)" for name in shown)
    connection.execute(
        f"""
        create or replace temporary table unbalanced_row as
        select rowid as row_id, _row_number, _slice_id, {contract.control_column} as amount,
            concat_ws('; ', {named}) as row_text
        from raw.{contract.feed} semi join (
            select {key} from raw.{contract.feed} where rowid >= $first and {given}
            group by {key} having sum({contract.control_column}) <> 0
        ) as voucher using ({key})
        where rowid >= $first
        """,
        {"first": tally.first_row_id},
    )
    rows = connection.execute(
        "select _row_number, row_text, amount, _slice_id from unbalanced_row order by _row_number"
    ).fetchall()
    tally.quarantined += [AsideRow(number, (UNBALANCED,), t, amount, slice_id) for number, t, amount, slice_id in rows]
    tally.accepted -= len(rows)
    connection.execute(f"delete from raw.{contract.feed} where rowid in (select row_id from unbalanced_row)")
