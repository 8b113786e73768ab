"""Delimited text: from a UTF-8 file with a known header to the table `incoming`, by the contract and nothing else.

Other formats fill the same table; what follows does not know where it came from.
"""

import csv
from pathlib import Path

import duckdb

from orchestration.errors import RefusedFileError
from orchestration.intake.contracts import Contract, Source
from orchestration.intake.values import CanonicalColumn, canonical, literal

# incoming: row_number, the canonical columns, faults (list of `column|rule`), row_text (of faulty rows), extract_text.
INCOMING = "incoming"
REJECTS = "delimited_rejects"
HIDDEN = "[raden visas inte: den kan rymma personuppgifter]"


def read(
    connection: duckdb.DuckDBPyConnection, text: Path, headers: list[str], contract: Contract, source: Source
) -> None:
    """Fills the temporary table `incoming` from the delimited file `text` in a single pass.

    Lines that cannot be split into the header's columns become rows with the fault `|columns`.
    Raises RefusedFileError if no line could be read at all.
    """
    delivered = {header: f"c{position}" for position, header in enumerate(headers)}
    columns = [
        canonical(column, source, delivered.get(source.headers.get(column.name, ""))) for column in contract.columns
    ]
    extract = delivered.get(source.extract_date_header or "", "cast(null as varchar)")
    for table in (INCOMING, REJECTS, f"{REJECTS}_scan"):
        connection.execute(f"drop table if exists {table}")
    try:
        connection.execute(
            f"""
            create temporary table {INCOMING} as
            with delivered as (select row_number() over () as row_number, * from {_scan(source, len(headers))}),
            texts as (select *, {", ".join(f"{c.text} as {c.text_name}" for c in columns)} from delivered),
            typed as (select *, {", ".join(f"{c.value} as {c.value_name}" for c in columns)} from texts),
            judged as (select *, {_faults(columns)} as faults from typed)
            select row_number, {", ".join(f"{c.value_name} as {c.column.name}" for c in columns)}, faults,
                case when len(faults) > 0 then {_row_text(contract, source, delivered)} end as row_text,
                {extract} as extract_text
            from judged
            """,
            [str(text)],
        )
    except duckdb.InvalidInputException as error:
        reason = f"Filen kan inte läsas som avgränsad text: {str(error).splitlines()[0]}"
        raise RefusedFileError("unreadable", reason) from error
    _take_in_rejects(connection, contract)


def require_every_line(connection: duckdb.DuckDBPyConnection, text: Path, lines: int, source: Source) -> None:
    """Raises RefusedFileError unless every line of the file has become a row, or part of one.

    The reader gives only the beginning of what an unclosed quote has swallowed. Where the counts differ, blank lines
    and line breaks within quotes apart, nobody knows which rows are meant.
    """
    ((rows,),) = connection.execute(f"select count(*) from {INCOMING}").fetchall()
    if rows == lines - 1:
        return
    try:
        with text.open(encoding="utf-8", newline="") as file:
            records = sum(1 for record in csv.reader(file, delimiter=source.delimiter, strict=True) if record)
    except csv.Error:
        records = -1
    if records == rows + 1:
        return
    ((line,),) = connection.execute(f"select min(line) from {REJECTS}").fetchall()
    place = f" Första misstänkta raden är {line}." if line else ""
    raise RefusedFileError(
        "quotes",
        f"Ett citattecken stängs aldrig eller står mitt i ett värde, så att rader inte kan skiljas åt.{place}"
        " Rätta filen och skicka den igen.",
    )


def _scan(source: Source, width: int) -> str:
    """The reader with every option given: nothing is sniffed, and the file's name is a bound value, never a pattern."""
    names = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(width))
    return (
        f"read_csv(?, columns = {{{names}}}, auto_detect = false, header = true, delim = {literal(source.delimiter)},"
        " quote = '\"', escape = '\"', new_line = '\\n', null_padding = false, strict_mode = true, encoding = 'utf-8',"
        f" max_line_size = 4194304, store_rejects = true, rejects_table = '{REJECTS}',"
        f" rejects_scan = '{REJECTS}_scan', rejects_limit = 0)"
    )


def _faults(columns: list[CanonicalColumn]) -> str:
    """The broken rules of a row as a list of `column|rule`, in the contract's order; empty for nearly every row."""
    broken = [
        (f"coalesce({rule.broken_when}, false)", f"{c.column.name}|{rule.name}") for c in columns for rule in c.rules
    ]
    if not broken:
        return "cast([] as varchar[])"
    named = ", ".join(f"case when {condition} then {literal(fault)} end" for condition, fault in broken)
    listed = f"list_filter([{named}], lambda fault: fault is not null)"
    return f"case when {' or '.join(condition for condition, _ in broken)} then {listed} else cast([] as varchar[]) end"


def _row_text(contract: Contract, source: Source, delivered: dict[str, str]) -> str:
    """The delivered row as `header=value; …`: the columns that the contract reads, but for those with personal data."""
    read = {source.headers.get(c.name) for c in contract.columns if not c.classification.startswith("personal")}
    shown = [f"{literal(header + '=')} || {name}" for header, name in delivered.items() if header in read]
    return f"concat_ws('; ', {', '.join(shown)})" if shown else "''"


def _take_in_rejects(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Adds the lines that could not be split, and gives every row its number among the data rows, the first being 1.

    An unclosed quote may swallow several lines: each becomes a row of its own.
    """
    if connection.execute(f"select count(*) from {REJECTS}").fetchall() == [(0,)]:
        return
    text = literal(HIDDEN) if contract.has_personal_data else "parts[part]"
    connection.execute(
        f"""
        create or replace temporary table rejected_line as
        with broken as (
            select line - 1 as first, string_split(ltrim(any_value(csv_line), chr(10)), chr(10)) as parts
            from {REJECTS} group by line
        ),
        numbered as (select first, parts, unnest(range(1, len(parts) + 1)) as part from broken)
        select first + part - 1 as row_number, {text} as row_text from numbered where trim(parts[part]) <> ''
        """
    )
    connection.execute(
        f"""
        with ranked as (
            select row_number - rank as before, rank
            from (select row_number, row_number() over (order by row_number) as rank from rejected_line)
        ),
        moves as (select before, max(rank) as moved from ranked group by before),
        shift as (
            select i.row_number, m.moved from {INCOMING} as i asof join moves as m on i.row_number > m.before
        )
        update {INCOMING} set row_number = {INCOMING}.row_number + shift.moved
        from shift where shift.row_number = {INCOMING}.row_number
        """
    )
    connection.execute(
        f"insert into {INCOMING} by name select row_number, ['|columns'] as faults, row_text from rejected_line"
    )
