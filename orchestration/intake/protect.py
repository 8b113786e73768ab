"""What is done to `incoming` before any of it is kept: pseudonyms, masks, and the quarantine without personal data."""

import re

import duckdb

from orchestration.errors import RefusedFileError
from orchestration.intake.contracts import Contract
from orchestration.intake.delimited import INCOMING
from orchestration.intake.landing import Receipt
from orchestration.intake.privacy import SUSPECT, PersonKey, is_identity_number, mask
from orchestration.intake.values import REASONS_SV
from orchestration.warehouse import insert_rows

ROW_TEXT = "row_text"


def protect(connection: duckdb.DuckDBPyConnection, contract: Contract, key: PersonKey | None) -> int:
    """Replaces personal data in `incoming` by pseudonyms and masks; returns how many values were masked in free text.

    Only distinct values travel through Python, so the cost follows persons and suspicious texts, not rows.
    Raises RefusedFileError if there is no key for what must be keyed.
    """
    if contract.has_personal_data and key is None:
        raise RefusedFileError(
            "no_key",
            "Flödet har personuppgifter men ingen nyckel finns. Sätt NETTOEFFEKT_PERSON_KEY_FILE och kör igen.",
        )
    for column in contract.columns:
        if column.classification == "personal_dropped":
            connection.execute(f"update {INCOMING} set {column.name} = null")
        elif column.classification == "personal":
            values = _distinct(connection, column.name, "true")
            _replace(connection, column.name, {value: key.pseudonym(value) for value in values})
        elif column.classification == "personal_if_identity_number":
            values = [value for value in _distinct(connection, column.name, "true") if is_identity_number(value)]
            _replace(connection, column.name, {value: key.pseudonym(value) for value in values})
    masked = 0
    for name in [c.name for c in contract.columns if c.classification == "free_text"] + [ROW_TEXT]:
        suspects = {value: mask(value) for value in _distinct(connection, name, f"regexp_matches({name}, ?)", SUSPECT)}
        found = {value: clean for value, (clean, count) in suspects.items() if count}
        if found and name != ROW_TEXT:
            rows = connection.execute(
                f"select {name}, count(*) from {INCOMING} where {name} in ? group by 1", [list(found)]
            )
            masked += sum(suspects[value][1] * count for value, count in rows.fetchall())
        _replace(connection, name, found)
    return masked


def _distinct(connection: duckdb.DuckDBPyConnection, column: str, condition: str, *parameters: str) -> list[str]:
    query = f"select distinct {column} from {INCOMING} where {column} is not null and {condition}"
    return [value for (value,) in connection.execute(query, list(parameters)).fetchall()]


def _replace(connection: duckdb.DuckDBPyConnection, column: str, values: dict[str, str]) -> None:
    if not values:
        return
    # Two lists are bound, not a value each: thousands of persons a file make that ten times as fast.
    connection.execute(
        "create or replace temporary table replacement as"
        " select unnest(cast(? as varchar[])) as old, unnest(cast(? as varchar[])) as new",
        [list(values), list(values.values())],
    )
    connection.execute(f"update {INCOMING} set {column} = new from replacement where {column} = old")


def write_quarantine(connection: duckdb.DuckDBPyConnection, receipt: Receipt, contract: Contract) -> None:
    """One row of raw.quarantine per row kept out: the first broken column and rule, and all of them in words."""
    amount = contract.control_column
    in_sek = amount is not None and contract.column(amount).unit == "SEK"
    rows = connection.execute(
        f"select row_number, faults, row_text, {amount if in_sek else 'null'} from {INCOMING} where len(faults) > 0"
    ).fetchall()
    records = []
    for row_number, faults, text, amount_sek in rows:
        pairs = [tuple(re.split(r"\|", fault, maxsplit=1)) for fault in faults]
        column, rule = pairs[0]
        reason = "; ".join(reason_sv(name, broken) for name, broken in pairs)
        plain = None if amount_sek is None else f"{amount_sek:f}"
        records.append((receipt.delivery_id, row_number, column or None, rule, reason, text, plain))
    insert_rows(connection, "raw.quarantine", records)


def reason_sv(column: str, rule: str) -> str:
    """A broken rule in words."""
    return f"{column}: {REASONS_SV[rule]}" if column else REASONS_SV[rule]
