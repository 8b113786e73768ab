"""A release as Parquet: one file per published table, for readers that do not open DuckDB's own."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.publishing.files import sha256, sync
from orchestration.warehouse import quoted


@dataclass(frozen=True)
class ParquetFile:
    """One table's file. `totals` are the sums of its columns of money in SEK, as plain digits; NULL of no rows."""

    file: str
    rows: int
    bytes: int
    sha256: str
    totals: dict[str, str | None]


def write_parquet(connection: duckdb.DuckDBPyConnection, schema: str, folder: Path) -> dict[str, ParquetFile]:
    """Writes every table of a schema, given with its catalog, below the folder; by table. The same rows give the same
    bytes."""
    catalog, _, name = schema.partition(".")
    columns = connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() where database_name = ? and schema_name = ?"
        " order by table_name, column_index",
        [catalog, name],
    ).fetchall()
    tables: dict[str, list[str]] = {}
    for table, column, data_type in columns:
        money = tables.setdefault(table, [])
        if column.endswith("_sek") and data_type.startswith("DECIMAL"):
            money.append(column)
    return {
        table: _write(connection, f"{schema}.{table}", money, folder / f"{table}.parquet")
        for table, money in tables.items()
    }


def _write(connection: duckdb.DuckDBPyConnection, table: str, money: list[str], file: Path) -> ParquetFile:
    connection.execute(f"copy {table} to {quoted(file)} (format parquet, compression zstd)")
    file.chmod(0o444)
    sync(file)
    sums = "".join(f", cast(sum({column}) as varchar)" for column in money)
    # Read back: what stands in the manifest is what a reader will find.
    ((rows, *totals),) = connection.execute(f"select count(*){sums} from read_parquet(?)", [str(file)]).fetchall()
    return ParquetFile(file.name, rows, file.stat().st_size, sha256(file), dict(zip(money, totals, strict=True)))
