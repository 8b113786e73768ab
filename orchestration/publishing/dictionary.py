"""The data dictionary: every published table and column in the words that the file itself bears, as one page."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.model import Release
from orchestration.publishing.content import MARTS

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Column:
    """A column: its type, its Swedish label and what it holds."""

    name: str
    data_type: str
    label: str
    text: str


@dataclass(frozen=True)
class Table:
    """A published table: the question it answers, in Swedish, and what it holds."""

    name: str
    question: str
    text: str
    columns: tuple[Column, ...]


def tables(connection: duckdb.DuckDBPyConnection) -> list[Table]:
    """The published tables of an open release, by name. A comment on a table begins with its question, one on a column
    with its label."""
    columns: dict[str, list[Column]] = {}
    for table, name, data_type, comment in connection.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() where schema_name = ?"
        " order by table_name, column_index",
        [MARTS],
    ).fetchall():
        columns.setdefault(table, []).append(Column(name, data_type, *_parted(comment, ". ")))
    return [
        Table(name, *_parted(comment, "? "), tuple(columns[name]))
        for name, comment in connection.execute(
            "select table_name, coalesce(comment, '') from duckdb_tables() where schema_name = ? order by 1", [MARTS]
        ).fetchall()
    ]


def _parted(comment: str, mark: str) -> tuple[str, str]:
    """The Swedish beginning of a comment, and the rest."""
    beginning, found, rest = comment.partition(mark)
    return (beginning + found.strip().replace(".", ""), rest) if found else ("", comment)


def dictionary(connection: duckdb.DuckDBPyConnection, release: Release) -> str:
    """The page of an open release."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("dictionary.html.j2").render(tables=tables(connection), release=release)
