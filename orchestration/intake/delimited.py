"""Delimited text: from UTF-8 parts with a known header to rows of texts, by the contract and nothing else.

The fast reading numbers the rows of each part by its lines and reads the parts side by side. Where lines and rows are
not the same (a line break within quotes, a blank line, a line with too few columns) all is read once more, exactly.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import RefusedFileError
from orchestration.intake.contract import Contract, Source
from orchestration.intake.decode import Text
from orchestration.intake.incoming import HIDDEN, Delivered
from orchestration.intake.sql import MARK, literal
from orchestration.intake.tally import Tally

REJECTS = "delimited_rejects"
MOVES = "delimited_moves"
_LOOKED_AT = 1_000  # rows in which the extract date is looked for


@dataclass(frozen=True)
class Dialect:
    """How a delimited text is written: what parts its fields, what quotes them; None where nothing does."""

    delimiter: str
    quote: str | None = '"'


UNQUOTED = Dialect(MARK, None)


def scan(dialect: Dialect, width: int, has_header: bool) -> str:
    """The reader with every option given: nothing is sniffed, and the file's name is a bound value, never a pattern."""
    names = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(width))
    quote = literal(dialect.quote or "")
    return (
        f"read_csv(?, columns = {{{names}}}, auto_detect = false, header = {str(has_header).lower()},"
        f" delim = {literal(dialect.delimiter)}, quote = {quote}, escape = {quote}, new_line = '\\n',"
        " null_padding = false, strict_mode = true, encoding = 'utf-8', max_line_size = 4194304, store_rejects = true,"
        f" rejects_table = '{REJECTS}', rejects_scan = '{REJECTS}_scan', rejects_limit = 0)"
    )


def header_of(text: Text, source: Source) -> list[str]:
    """The column headers on the first line. Raises RefusedFileError if the contract does not know them all.

    Every header of the contract must be there, once, and no other than those it ignores; their order is free.
    """
    with text.parts[0].path.open(encoding="utf-8", newline="") as file:
        first = file.readline()
    try:
        headers = [header.strip() for header in next(csv.reader([first], delimiter=source.delimiter), [])]
    except csv.Error:  # a field longer than any header
        headers = []
    check_headers(headers, source)
    return headers


def check_headers(headers: list[str], source: Source, row: int = 1) -> None:
    """Raises RefusedFileError unless the headers, found on that row, are those of the contract."""
    total = source.control_total
    wanted = [*source.headers.values(), *source.left_out_rows]
    wanted += [header for header in (source.extract_date_header, total and total.header) if header]
    wanted += [total.count_header] if total and total.count_header else []
    allowed = {*wanted, *source.ignored_headers}
    if not set(wanted) & set(headers):  # what stands there may be a person: it is not repeated
        raise RefusedFileError(
            "header",
            f"Filen saknar rubrikrad (rad {row} har ingen av kontraktets rubriker). Exportera om den med rubriker,"
            f" eller ändra källan {source.name} i kontraktet {source.feed}.yaml.",
        )
    faults = [f"saknar {header!r}" for header in dict.fromkeys(wanted) if header not in headers]
    faults += [f"har okänd kolumn nr {place}" for place, header in enumerate(headers, 1) if header not in allowed]
    faults += [f"har {header!r} flera gånger" for header in dict.fromkeys(wanted) if headers.count(header) > 1]
    if faults:
        raise RefusedFileError(
            "header",
            f"Rubrikraden (rad {row}) {', '.join(faults)}. Rätta filen, eller ändra källan {source.name} i kontraktet"
            f" {source.feed}.yaml.",
        )


def delivered(
    text: Text, headers: list[str], dialect: Dialect, extract_header: str | None = None, is_exact: bool = False
) -> Delivered:
    """The rows of a text whose first line is the header. `is_exact` expects one part, and numbers by `MOVES`."""
    columns = {header: f"c{position}" for position, header in enumerate(headers)}
    scans = [
        f"select row_number() over () + {max(part.lines_before - 1, 0)} as row_number, *"
        f" from {scan(dialect, len(headers), has_header=part.lines_before == 0)}"
        for part in text.parts
    ]
    relation = " union all ".join(scans)
    if is_exact:
        relation = (
            f"select d.* replace (d.row_number + coalesce(m.moved, 0) as row_number)"
            f" from ({relation}) as d asof left join {MOVES} as m on d.row_number > m.before"
        )
    extract = _first_text(text, headers, dialect, extract_header) if extract_header else None
    return Delivered(relation, tuple(str(part.path) for part in text.parts), columns, extract)


def written(
    headers: list[str], rows: Iterable[tuple[int, list[str]]], target: Path, extract_header: str | None
) -> Delivered:
    """Rows that come with their numbers, written to `target` for SQL to read."""
    place = headers.index(extract_header) if extract_header else None
    extract = None
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=MARK, lineterminator="\n")
        for number, cells in rows:
            if place is not None and extract is None:
                extract = cells[place].strip() or None
            writer.writerow([number, *cells])
    columns = {header: f"c{position}" for position, header in enumerate(headers, 1)}
    read = scan(Dialect(MARK), len(headers) + 1, has_header=False)
    relation = f"select * exclude (c0), cast(c0 as bigint) as row_number from {read}"
    return Delivered(relation, (str(target),), columns, extract)


def _first_text(text: Text, headers: list[str], dialect: Dialect, header: str) -> str | None:
    """What stands in a column on the first row that has anything there."""
    place = headers.index(header)
    with text.parts[0].path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=dialect.delimiter)
        try:
            next(rows)
            for _, row in zip(range(_LOOKED_AT), rows, strict=False):
                if len(row) == len(headers) and row[place].strip():
                    return row[place].strip()
        except (csv.Error, StopIteration):
            return None
    return None


def forget_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes room for the rejects of the next reading."""
    for table in (REJECTS, f"{REJECTS}_scan"):
        connection.execute(f"drop table if exists {table}")


def has_rejects(connection: duckdb.DuckDBPyConnection) -> bool:
    """True if the last reading met lines that it could not split."""
    return connection.execute(f"select exists(select * from {REJECTS})").fetchall() == [(True,)]


def find_rejects(connection: duckdb.DuckDBPyConnection, text: Text, headers: list[str], dialect: Dialect) -> None:
    """Reads a text of one part for its rejects alone, and makes `MOVES` of them."""
    forget_rejects(connection)
    width = len(headers)
    counted = " + ".join(f"count(c{position})" for position in range(width))
    query = f"select {counted} from {scan(dialect, width, has_header=True)}"
    connection.execute(query, [str(text.parts[0].path)])
    _make_moves(connection)


def _make_moves(connection: duckdb.DuckDBPyConnection) -> None:
    """From the rejects of a reading, by how much each row's number moves: rejected lines take their place in the count.

    An unclosed quote may swallow several lines: each counts.
    """
    connection.execute(
        f"""
        create or replace temporary table {MOVES}_line as
        with broken as (
            select line - 1 as first, string_split(ltrim(any_value(csv_line), chr(10)), chr(10)) as parts
            from {REJECTS} group by line
        ),
        numbered as (select first, parts, unnest(range(1, len(parts) + 1)) as part from broken)
        select first + part - 1 as row_number, parts[part] as row_text from numbered where trim(parts[part]) <> ''
        """
    )
    connection.execute(
        f"""
        create or replace temporary table {MOVES} as
        select row_number - rank as before, max(rank) as moved
        from (select row_number, row_number() over (order by row_number) as rank from {MOVES}_line)
        group by row_number - rank
        """
    )


def set_rejects_aside(connection: duckdb.DuckDBPyConnection, contract: Contract, tally: Tally) -> None:
    """Takes the lines that could not be split to the tally."""
    lines = connection.execute(f"select row_number, row_text from {MOVES}_line order by 1").fetchall()
    for row_number, text in lines:
        tally.set_aside(row_number, "|columns", HIDDEN if contract.has_personal_data else text, None, None)


def require_every_line(connection: duckdb.DuckDBPyConnection, text: Text, rows: int, dialect: Dialect) -> None:
    """Raises RefusedFileError unless every line of a text of one part has become a row, or part of one.

    The reader gives only the beginning of what an unclosed quote has swallowed. Where the counts differ, blank lines
    and line breaks within quotes apart, nobody knows which rows are meant.
    """
    if rows == text.lines - 1:
        return
    try:
        with text.parts[0].path.open(encoding="utf-8", newline="") as file:
            records = sum(1 for record in csv.reader(file, delimiter=dialect.delimiter, strict=True) if record)
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
