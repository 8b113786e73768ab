"""Schema ops is made, carried from build to build, and written: the run in progress, verdicts, releases, history."""

from dataclasses import astuple
from datetime import date, datetime

import duckdb

from orchestration.model import Judgement, Release
from orchestration.ops_tables import TABLES
from orchestration.warehouse import insert_rows


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes what is missing of schema ops, table by table and column by column; leaves what is there."""
    connection.execute("create schema if not exists ops")
    for table in TABLES:
        connection.execute(table.ddl)
        for column in table.columns:
            connection.execute(
                f"alter table ops.{table.name} add column if not exists {column.name} {column.data_type}"
            )


def copy_from(connection: duckdb.DuckDBPyConnection, attached: str) -> None:
    """Copies the history of another build, attached under the name `attached`, into this one: what that one has of it,
    which an earlier version of the product may have made."""
    for table in TABLES:
        held = connection.execute(
            "select column_name from duckdb_columns()"
            " where database_name = ? and schema_name = 'ops' and table_name = ?",
            [attached, table.name],
        ).fetchall()
        names = ", ".join(column.name for column in table.columns if (column.name,) in held)
        if names:
            connection.execute(
                f"insert into ops.{table.name} ({names}) select {names} from {attached}.ops.{table.name}"
            )


def begin_run(
    connection: duckdb.DuckDBPyConnection, run_id: str, as_of: date, started_at: datetime, code_version: str
) -> None:
    """Writes the one row of ops.current_run."""
    connection.execute("delete from ops.current_run")
    connection.execute("insert into ops.current_run values (?, ?, ?, ?)", [run_id, as_of, started_at, code_version])


def last_code_version(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The code that the last finished run was made by; None before the first."""
    row = connection.execute("select code_version from ops.run order by started_at desc limit 1").fetchone()
    return None if row is None else row[0]


def write_judgement(
    connection: duckdb.DuckDBPyConnection, run_id: str, as_of: date, judged_at: datetime, judgement: Judgement
) -> None:
    """Writes the verdicts and findings of a run, replacing what the same run wrote before."""
    for table in ("check_result", "finding"):
        connection.execute(f"delete from ops.{table} where run_id = ?", [run_id])
    results = [
        (
            *(result.check_id, result.table_name, run_id, str(result.severity), str(result.status)),
            *(result.status == "passed", result.observed, result.findings),
            *(_plain(result.amount_sek), result.detail, as_of, judged_at),
        )
        for result in judgement.results
    ]
    insert_rows(connection, "ops.check_result", results)
    findings = [
        (*(f.check_id, f.subject_type, f.subject_id, run_id), *(f.owner_role, _plain(f.amount_sek), f.detail))
        for f in judgement.findings
    ]
    insert_rows(connection, "ops.finding", findings)


def refresh_data_status(connection: duckdb.DuckDBPyConnection) -> None:
    """Takes the freshness of the feeds from where dbt reckons it."""
    names = ", ".join(column.name for table in TABLES if table.name == "data_status" for column in table.columns)
    connection.execute("delete from ops.data_status")
    connection.execute(
        f"insert into ops.data_status ({names}) select {names} from intermediate.int_delivery__feed_status"
    )


def write_publication(connection: duckdb.DuckDBPyConnection, release: Release) -> None:
    """Writes the current release and the slices it rests on."""
    connection.execute("delete from ops.publication")
    insert_rows(connection, "ops.publication", [astuple(release)[:-1]])
    connection.execute("delete from ops.release_slice")
    connection.execute(
        "insert into ops.release_slice select feed, slice_id, delivery_id, company, month"
        " from staging.stg_intake__current_slice"
    )


def end_run(
    connection: duckdb.DuckDBPyConnection, verb: str, finished_at: datetime, release_id: str | None, is_stopped: bool
) -> None:
    """Files the run in progress as finished."""
    connection.execute(
        "insert into ops.run select run_id, ?, as_of, started_at, ?, ?, ?, code_version from ops.current_run",
        [verb, finished_at, release_id, is_stopped],
    )


def _plain(amount: object) -> str | None:
    """Plain digits: DuckDB binds a Decimal with an exponent wrongly."""
    return None if amount is None else f"{amount:f}"
