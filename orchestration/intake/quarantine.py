"""The quarantine: rows of loaded files that could not be taken, each with the rule it broke, without personal data."""

import duckdb

from orchestration.intake.contract import Contract, Source
from orchestration.intake.landing import Receipt
from orchestration.intake.tally import AsideRow, Tally
from orchestration.intake.values import REASONS_SV
from orchestration.warehouse import insert_rows


def write(connection: duckdb.DuckDBPyConnection, receipt: Receipt, contract: Contract, tally: Tally) -> None:
    """One row of raw.quarantine per row kept out: the first broken column and rule, and all of them in words."""
    control = contract.control_column
    in_sek = control is not None and contract.column(control).unit == "SEK"
    records = []
    for row in sorted(tally.quarantined, key=lambda row: row.row_number):
        amount = f"{row.amount:f}" if in_sek and row.amount is not None else None
        records.append((receipt.delivery_id, row.row_number, *verdict(row), row.text, amount))
    insert_rows(connection, "raw.quarantine", records)


def verdict(row: AsideRow) -> tuple[str | None, str, str]:
    """Of a quarantined row, the first broken column (None for the whole row) and rule, and all of them in words."""
    pairs = [fault.split("|", maxsplit=1) for fault in row.faults]
    column, rule = pairs[0]
    return column or None, rule, "; ".join(reason_sv(name, broken) for name, broken in pairs)


def reason_sv(column: str, rule: str) -> str:
    """A broken rule in words."""
    return f"{column}: {REASONS_SV[rule]}" if column else REASONS_SV[rule]


def row_sv(source: Source, row_number: int) -> str:
    """Where a row stands: rows of delimited text are counted from the header, those of other formats are the file's."""
    return f"{'datarad' if source.file_format == 'csv' else 'rad'} {row_number}"
