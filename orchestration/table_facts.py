"""What can be said of a table in one look: rows, months, content hash. Shown beside each asset."""

from dataclasses import dataclass
from datetime import date

import duckdb

from orchestration.publishing.content import MARTS, table_content


@dataclass(frozen=True)
class TableFacts:
    """Rows of a table; the first and last of its months, if it has any; a hash of its content for marts."""

    rows: int
    first_month: date | None
    last_month: date | None
    content_hash: str | None

    @property
    def metadata(self) -> dict[str, int | str]:
        """The facts that are there, by name, as asset metadata."""
        named = {
            "dagster/row_count": self.rows,
            "first_month": self.first_month and self.first_month.isoformat(),
            "last_month": self.last_month and self.last_month.isoformat(),
            "content_hash": self.content_hash,
        }
        return {name: value for name, value in named.items() if value is not None}


def table_facts(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> TableFacts:
    """Looks at one table or view of the open warehouse."""
    has_month = connection.execute(
        "select count(*) from duckdb_columns()"
        " where schema_name = ? and table_name = ? and column_name = 'month' and data_type = 'DATE'",
        [schema, table],
    ).fetchall() == [(1,)]
    months = "min(month), max(month)" if has_month else "null, null"
    ((rows, first, last),) = connection.execute(f"select count(*), {months} from {schema}.{table}").fetchall()
    content_hash = table_content(connection, f"{schema}.{table}").content_hash if schema == MARTS else None
    return TableFacts(rows, first, last, content_hash)
