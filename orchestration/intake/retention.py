"""How long persons stand in clear: deliveries with personal data leave landing when their time is over.

Their receipts stay, and their rows stay in the build, keyed; a build that is made anew takes those rows from the build
before it, since landing no longer has the bytes.
"""

from datetime import date, datetime

import duckdb

from orchestration.intake import slices
from orchestration.intake.landing import Landing

# Of what a delivery has in raw beside its own table.
_TABLES = ("delivery", "delivery_slice", "quarantine")


def expire(connection: duckdb.DuckDBPyConnection, landing: Landing, months: int | None, now: datetime) -> int:
    """Takes the bytes of deliveries with personal data that landed more than so many months before `now` out of
    landing, if the build holds their rows; how many. None keeps all of them."""
    if months is None:
        return 0
    loaded = connection.execute(
        "select feed, delivery_id from raw.delivery"
        " where status = 'loaded' and key_id is not null and received_at < ? order by sequence",
        [_months_before(now, months)],
    ).fetchall()
    kept = [identity for identity in loaded if landing.has_bytes(*identity)]
    for feed, delivery_id in kept:
        landing.expire(feed, delivery_id, now.date())
    return len(kept)


def copy_from(connection: duckdb.DuckDBPyConnection, attached: str, landing: Landing, known_by: date | None) -> None:
    """Copies, from another build attached under the name `attached`, the rows of deliveries whose bytes are gone; given
    `known_by`, of those that were known then. What this build has of them already stays as it is."""
    gone = sorted(landing.expired())
    for feed, delivery_id in gone:
        query = f"select known_from from {attached}.raw.delivery where delivery_id = ? and status = 'loaded'"
        known = connection.execute(query, [delivery_id]).fetchall()
        here = "select 1 from raw.delivery where delivery_id = ? and status = 'loaded'"
        if not known or connection.execute(here, [delivery_id]).fetchall():
            continue
        if known_by is not None and known[0][0] > known_by:
            continue
        of_delivery = f"select slice_id from {attached}.raw.delivery_slice where delivery_id = ?"
        _copy(connection, attached, feed, f"_slice_id in ({of_delivery})", delivery_id)
        for table in _TABLES:
            status = " and status = 'loaded'" if table == "delivery" else ""
            _copy(connection, attached, table, f"delivery_id = ?{status}", delivery_id)
    for _, delivery_id in gone:
        slices.mark_superseded(connection, delivery_id)


def _copy(connection: duckdb.DuckDBPyConnection, attached: str, table: str, condition: str, delivery_id: str) -> None:
    """The rows of a table, in the columns that both builds have. Who replaced a slice is found out anew."""
    columns = connection.execute(
        "select here.column_name from duckdb_columns() as here"
        " join duckdb_columns() as there using (schema_name, table_name, column_name)"
        " where here.schema_name = 'raw' and here.table_name = ? and here.database_name = current_database()"
        " and there.database_name = ? and column_name not in ('superseded_by', 'superseded_at')",
        [table, attached],
    ).fetchall()
    names = ", ".join(name for (name,) in columns)
    connection.execute(
        f"insert into raw.{table} ({names}) select {names} from {attached}.raw.{table} where {condition}", [delivery_id]
    )


def _months_before(moment: datetime, months: int) -> datetime:
    """The same time so many months before, on the 28th at the latest."""
    count = 12 * moment.year + moment.month - 1 - months
    return moment.replace(year=count // 12, month=count % 12 + 1, day=min(moment.day, 28))
