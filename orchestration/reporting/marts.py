"""Reading the marts of one published file, so that every figure keeps the table, column and row it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.reporting.report_model import NOT_KNOWN, Figure, Header, Kind, Table


@dataclass(frozen=True)
class Column:
    """A column of a report's table. `name` is the mart's, or SQL that names a thing and gives no figure."""

    label: str
    name: str
    kind: Kind = Kind.TEXT
    why_empty: str = NOT_KNOWN


@dataclass(frozen=True)
class Marts:
    """The marts of a file that is open. `at` are the names that its figures bear as their table."""

    connection: duckdb.DuckDBPyConnection
    schema: str = "marts"

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a query, by column."""
        found = self.connection.execute(statement, values)
        names = [column for column, *_ in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def row(self, statement: str, *values: Any) -> dict[str, Any] | None:
        """The first row of a query; None if it has none."""
        return next(iter(self.rows(statement, *values)), None)

    def table(
        self,
        name: str,
        caption: str,
        mart: str,
        columns: Sequence[Column],
        key: Sequence[str],
        where: str,
        values: Sequence[Any] = (),
        order: str = "all",
        joins: str = "",
        empty: str = "Inget att visa.",
    ) -> Table:
        """A table of rows of one mart, called `t` in the SQL. `key` are the columns that tell a row."""
        chosen = [*(f"t.{part} as key_{part}" for part in key)]
        chosen += [f"{_sql(column)} as value_{place}" for place, column in enumerate(columns)]
        statement = f"select {', '.join(chosen)} from {self.schema}.{mart} as t {joins} where {where} order by {order}"
        rows = tuple(
            tuple(
                Figure(
                    row[f"value_{place}"],
                    column.kind,
                    f"{mart}.{column.name}" if _is_plain(column) else None,
                    {part: row[f"key_{part}"] for part in key},
                    why_empty=column.why_empty,
                )
                for place, column in enumerate(columns)
            )
            for row in self.rows(statement, *values)
        )
        return Table(name, caption, tuple(Header(column.label, column.kind) for column in columns), rows, empty)

    def sums(
        self,
        name: str,
        caption: str,
        mart: str,
        labels: Sequence[Column],
        summed: Sequence[Column],
        key: Sequence[str],
        fixed: Mapping[str, Any],
        joins: str = "",
        order: str = "all",
        empty: str = "Inget att visa.",
    ) -> Table:
        """A table of sums over the rows of a mart that agree in `key`, among those that meet `fixed`."""
        where, values = conditions(fixed)
        chosen = [f"t.{part} as key_{part}" for part in key]
        chosen += [f"any_value({_sql(column)}) as label_{place}" for place, column in enumerate(labels)]
        chosen += [
            f"cast(sum(t.{column.name}) as decimal(18, 2)) as sum_{place}" for place, column in enumerate(summed)
        ]
        statement = (
            f"select {', '.join(chosen)} from {self.schema}.{mart} as t {joins} where {where}"
            f" group by {', '.join(f't.{part}' for part in key)} order by {order}"
        )
        rows = []
        for row in self.rows(statement, *values):
            whole = {**fixed, **{part: row[f"key_{part}"] for part in key}}
            figures = [Figure(row[f"label_{place}"], column.kind) for place, column in enumerate(labels)]
            figures += [
                Figure(row[f"sum_{place}"], column.kind, f"{mart}.{column.name}", whole, True, column.why_empty)
                for place, column in enumerate(summed)
            ]
            rows.append(tuple(figures))
        headers = tuple(Header(column.label, column.kind) for column in (*labels, *summed))
        return Table(name, caption, headers, tuple(rows), empty)


def conditions(key: Mapping[str, Any], table: str = "t") -> tuple[str, list[Any]]:
    """SQL and values for the rows of a key, whose names may end in >= or <=."""
    parts = []
    for name in key:
        column = name.rstrip("<>=")
        parts.append(f"{table}.{column} {name[len(column) :] or 'is not distinct from'} ?")
    return " and ".join(parts) or "true", list(key.values())


def _is_plain(column: Column) -> bool:
    return column.name.isidentifier()


def _sql(column: Column) -> str:
    return f"t.{column.name}" if _is_plain(column) else column.name
