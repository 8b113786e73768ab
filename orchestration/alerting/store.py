"""Incidents in schema ops: read, moved on by a run's judgement, written back with what happened, in one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, replace
from decimal import Decimal

import duckdb

from orchestration import ops
from orchestration.alerting.incidents import WEIGHT, Change, Event, Incident, Moment, State, advance, findings
from orchestration.errors import ReferenceTableError
from orchestration.model import IncidentCount, Judgement, Severity
from orchestration.settings import Workspace
from orchestration.warehouse import connect, insert_rows

STEP = "worsens_step_sek"


def read_incidents(connection: duckdb.DuckDBPyConnection) -> list[Incident]:
    """Every incident there has been, by id."""
    names = ", ".join(column.name for column in ops.table("incident").columns)
    rows = connection.execute(f"select {names} from ops.incident order by incident_id").fetchall()
    return [
        replace(incident, severity=Severity(incident.severity), state=State(incident.state))
        for incident in (Incident(*row) for row in rows)
    ]


def list_incidents(workspace: Workspace, include_resolved: bool = False) -> list[Incident]:
    """The incidents of a workspace, the gravest and oldest first. Raises LockError while a run holds the build."""
    if not workspace.warehouse.exists():
        return []
    with connect(workspace.warehouse, read_only=True) as connection:
        incidents = read_incidents(connection)
    listed = [incident for incident in incidents if include_resolved or incident.state is not State.RESOLVED]
    return sorted(listed, key=lambda i: (-WEIGHT.index(i.severity), i.opened_on, i.incident_id))


def write(connection: duckdb.DuckDBPyConnection, incidents: Sequence[Incident], events: Sequence[Event]) -> None:
    """Replaces the given incidents and adds the events, numbered on. Call it within a transaction."""
    ids = [incident.incident_id for incident in incidents]
    connection.execute("delete from ops.incident where list_contains(?, incident_id)", [ids])
    insert_rows(connection, "ops.incident", [_plain(astuple(incident)) for incident in incidents])
    counted = connection.execute(
        "select incident_id, max(event_number) from ops.incident_event group by incident_id"
    ).fetchall()
    insert_rows(connection, "ops.incident_event", [_plain(astuple(e)) for e in _numbered(events, dict(counted))])


def _numbered(events: Iterable[Event], last: dict[str, int]) -> Iterator[Event]:
    for event in events:
        last[event.incident_id] = last.get(event.incident_id, 0) + 1
        yield replace(event, event_number=last[event.incident_id])


def update(connection: duckdb.DuckDBPyConnection, judgement: Judgement, moment: Moment) -> IncidentCount:
    """Opens, updates and closes incidents by what a run judged; how many of each."""
    with transaction(connection):
        incidents, events = advance(
            read_incidents(connection), findings(judgement), moment, parameter(connection, STEP)
        )
        write(connection, incidents, events)
    changes = [event.change for event in events]
    return IncidentCount(
        opened=changes.count(Change.OPENED) + changes.count(Change.REOPENED),
        worsened=changes.count(Change.WORSENED),
        resolved=changes.count(Change.RESOLVED),
        unresolved=sum(incident.state is not State.RESOLVED for incident in incidents),
    )


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All that the block writes, or nothing of it."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def parameter(connection: duckdb.DuckDBPyConnection, name: str) -> Decimal:
    """The number that a parameter is at `as_of`. Raises ReferenceTableError if parameter.csv has none."""
    rows = connection.execute(
        "select try_cast(parameter_value as decimal(18,2)) from intermediate.int_reference__parameter"
        " where parameter_name = ?",
        [name],
    ).fetchall()
    if not rows or rows[0][0] is None:
        raise ReferenceTableError("parameter.csv", f"{name} saknas eller är inget tal", "Lägg till raden med ett tal.")
    return rows[0][0]


def _plain(row: Sequence[object]) -> tuple[object, ...]:
    """Plain values: words for enumerations, and digits without exponent, which DuckDB would bind wrongly."""
    return tuple(
        f"{value:f}" if isinstance(value, Decimal) else str(value) if isinstance(value, str) else value for value in row
    )
