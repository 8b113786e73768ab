"""Schema raw: one table per contract, and the tables that tell what was delivered. Made from the contracts."""

from collections.abc import Mapping

import duckdb

from orchestration.intake.contract import Contract
from orchestration.warehouse import insert_rows

_TABLES = """
create schema if not exists raw;
create table if not exists raw.delivery (
    delivery_id varchar, feed varchar, source varchar, file_name varchar, bytes bigint, received_at timestamp,
    known_from date, sequence bigint, contract_version varchar, key_id varchar, status varchar, rule varchar,
    reason varchar, rows_in bigint, rows_accepted bigint, rows_quarantined bigint, rows_left_out bigint,
    sum_in decimal(38,4), sum_accepted decimal(38,4), sum_quarantined decimal(38,4), sum_left_out decimal(38,4),
    rows_without_sum bigint, masked_values bigint
);
create table if not exists raw.delivery_slice (
    slice_id varchar, slice_key varchar, delivery_id varchar, feed varchar, company varchar, month date,
    row_count bigint, amount_sum decimal(38,4), known_from date, superseded_at timestamp, superseded_by varchar,
    amount_turnover decimal(38,4)
);
alter table raw.delivery_slice add column if not exists amount_turnover decimal(38,4);
create table if not exists raw.quarantine (
    delivery_id varchar, row_number bigint, column_name varchar, rule varchar, reason varchar, text varchar,
    amount_sek decimal(18,2)
);
create or replace table raw.feed (
    feed varchar, table_name varchar, label_sv varchar, contract_version varchar, slice_key varchar,
    control_column varchar, max_quarantined_share_pct decimal(5,2), max_lag_months bigint, has_personal_data boolean
);
create or replace table raw.feed_column (
    feed varchar, position bigint, column_name varchar, label_sv varchar, data_type varchar, unit varchar,
    is_required boolean, is_key boolean, classification varchar, description varchar, lag_months bigint
);
create or replace table raw.feed_source (
    feed varchar, source varchar, company varchar, owner varchar, due_day bigint, due_months_after bigint,
    description varchar
);
"""


def create(connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> None:
    """Makes what is missing of schema raw, empty, and writes the contracts as tables. Rows already there stay.

    A column that a contract has gained is added, NULL for the rows from before.
    """
    there = set(
        connection.execute(
            "select table_name, column_name from duckdb_columns()"
            " where schema_name = 'raw' and database_name = current_database()"
        ).fetchall()
    )
    connection.execute("begin")
    connection.execute(_TABLES)
    for contract in contracts.values():
        _create_feed(connection, contract, {column for table, column in there if table == contract.feed})
    insert_rows(connection, "raw.feed", [_feed(contract) for contract in contracts.values()])
    insert_rows(connection, "raw.feed_column", [row for contract in contracts.values() for row in _columns(contract)])
    insert_rows(connection, "raw.feed_source", [row for contract in contracts.values() for row in _sources(contract)])
    connection.execute("commit")


def _create_feed(connection: duckdb.DuckDBPyConnection, contract: Contract, there: set[str]) -> None:
    columns = {column.name: column.data_type for column in contract.columns}
    columns |= {"_slice_id": "varchar", "_row_number": "bigint"}
    listed = ", ".join(f"{name} {data_type}" for name, data_type in columns.items())
    connection.execute(f"create table if not exists raw.{contract.feed} ({listed})")
    for name in columns.keys() - there if there else ():
        connection.execute(f"alter table raw.{contract.feed} add column {name} {columns[name]}")


def _feed(contract: Contract) -> tuple[object, ...]:
    return (
        *(contract.feed, f"raw.{contract.feed}", contract.label_sv, contract.version, ", ".join(contract.slice_key)),
        *(contract.control_column, str(contract.max_quarantined_share_pct)),
        *(contract.max_lag_months, contract.has_personal_data),
    )


def _columns(contract: Contract) -> list[tuple[object, ...]]:
    return [
        (
            *(contract.feed, position, column.name, column.label_sv, column.data_type, column.unit),
            *(column.is_required, column.is_key, column.classification, column.description, column.lag_months),
        )
        for position, column in enumerate(contract.columns, start=1)
    ]


def _sources(contract: Contract) -> list[tuple[object, ...]]:
    return [
        (
            *(contract.feed, source.name, source.constants.get("company"), source.owner),
            *(source.due_rule and source.due_rule.day, source.due_rule and source.due_rule.months_after),
            source.description,
        )
        for source in contract.sources.values()
    ]
