"""Writes deliveries as their source systems would: encoding and line ends of the source, gzip without date or name."""

import gzip
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

CHUNK = 1 << 20


@dataclass(frozen=True)
class Delivery:
    """One file to be: `query` gives its rows, columns named as the headers and all of them text or numbers."""

    feed: str
    source: str
    name: str
    query: str
    encoding: str = "utf-8"
    line_end: str = "\n"

    def path(self, folder: Path) -> Path:
        return folder / self.feed / self.source / f"syntetisk_{self.name}.csv.gz"


def write(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, folder: Path, scratch: Path, is_packed: bool = True
) -> Path:
    """Writes one delivery below the folder and returns its path; unpacked ones end in .csv."""
    text = scratch / "delivery.csv"
    connection.execute(f"copy ({delivery.query}) to '{text}' (format csv, header true, delimiter ';', quote '\"')")
    target = delivery.path(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not is_packed:
        target = target.with_suffix("")
    with text.open(encoding="utf-8", newline="\n") as lines, target.open("wb") as out:
        # No file name and no time in the header: the same content is the same file.
        packed = gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=out, mtime=0) if is_packed else out
        with io.TextIOWrapper(packed, encoding=delivery.encoding, newline=delivery.line_end) as encoded:
            while chunk := lines.read(CHUNK):
                encoded.write(chunk)
    text.unlink()
    return target


def months_between(first: date, last: date) -> list[date]:
    """The first days of the months from first to last, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [add_months(first, number) for number in range(count + 1)]


def add_months(month: date, count: int) -> date:
    years, index = divmod(month.month - 1 + count, 12)
    return date(month.year + years, index + 1, 1)


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple]) -> None:
    """Adds rows to a table, column by column: a bound list each, since a bound value each takes ten times as long."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        connection.execute(f"insert into {table} select {', '.join(['unnest(?)'] * len(columns))}", columns)
