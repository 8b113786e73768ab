"""What a release holds: the tables of schema marts, their texts, and a hash of their content."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from orchestration.ops_tables import published_tables

MARTS = "marts"


@dataclass(frozen=True)
class TableContent:
    """One mart: its rows counted, and a hash that is equal when the rows are, whatever their order."""

    rows: int
    content_hash: str


def mart_names(connection: duckdb.DuckDBPyConnection, catalog: str) -> list[str]:
    """The dbt marts of a catalog, by name."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = ? order by 1",
        [catalog, MARTS],
    ).fetchall()
    return [name for (name,) in rows]


def table_content(connection: duckdb.DuckDBPyConnection, table: str) -> TableContent:
    """Rows and hash of a table: md5 of each row as JSON, sorted, and md5 of it all."""
    ((rows, content_hash),) = connection.execute(
        f"""
        select count(*), md5(coalesce(string_agg(row_hash, '' order by row_hash), ''))
        from (select md5(cast(to_json(t) as varchar)) as row_hash from {table} as t)
        """
    ).fetchall()
    return TableContent(rows, content_hash)


def contents(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, TableContent]:
    """Every dbt mart of a catalog with its content."""
    return {name: table_content(connection, f"{catalog}.{MARTS}.{name}") for name in mart_names(connection, catalog)}


def data_hash(marts: Mapping[str, TableContent]) -> str:
    """One hash over all dbt marts."""
    text = "".join(f"{name}={content.content_hash};" for name, content in sorted(marts.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def copy_marts(connection: duckdb.DuckDBPyConnection, build: str, target: str) -> None:
    """Copies the dbt marts and the published ops tables as typed, sorted, commented tables: never a view."""
    connection.execute(f"create schema {target}.{MARTS}")
    for name in mart_names(connection, build):
        _copy(connection, f"{build}.{MARTS}.{name}", f"{target}.{MARTS}.{name}")
    texts = connection.execute(
        """
        select table_name, null, comment from duckdb_tables()
        where database_name = $build and schema_name = $schema and comment is not null
        union all
        select table_name, column_name, comment from duckdb_columns()
        where database_name = $build and schema_name = $schema and comment is not null
        """,
        {"build": build, "schema": MARTS},
    ).fetchall()
    for table, column, text in texts:
        _comment(connection, f"{target}.{MARTS}.{table}", column, text)
    for table in published_tables():
        qualified = f"{target}.{MARTS}.{table.name}"
        _copy(connection, f"{build}.ops.{table.name}", qualified)
        _comment(connection, qualified, None, f"{table.question_sv} {table.description}")
        for column in table.columns:
            _comment(connection, qualified, column.name, f"{column.label_sv}. {column.description}")


def _copy(connection: duckdb.DuckDBPyConnection, origin: str, target: str) -> None:
    connection.execute(f"create table {target} as select * from {origin} order by all")


def _comment(connection: duckdb.DuckDBPyConnection, table: str, column: str | None, text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    target = f"table {table}" if column is None else f'column {table}."{column}"'
    connection.execute(f"comment on {target} is {quoted}")
