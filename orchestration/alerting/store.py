"""Incidents in schema ops: read, moved on by what a run found, written back with what happened, in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields, replace
from datetime import date
from decimal import Decimal

import duckdb

from orchestration.alerting.incidents import acknowledge, advance, event_of, snooze
from orchestration.alerting.values import (
    OF_SENDING,
    REFUSED,
    WEIGHT,
    Change,
    Event,
    Findings,
    Incident,
    Moment,
    Rules,
    Sighting,
    State,
)
from orchestration.errors import ReferenceTableError, UsageError
from orchestration.model import IncidentCount, Severity
from orchestration.settings import Workspace
from orchestration.warehouse import connect, insert_rows

STEP = "worsens_step_sek"
REMINDER = "reminder_working_days"


def read_incidents(connection: duckdb.DuckDBPyConnection) -> list[Incident]:
    """Every incident there has been, by id."""
    names = ", ".join(field.name for field in fields(Incident))
    rows = connection.execute(f"select {names} from ops.incident order by incident_id").fetchall()
    return [
        replace(incident, severity=Severity(incident.severity), state=State(incident.state))
        for incident in (Incident(*row) for row in rows)
    ]


def read_events(connection: duckdb.DuckDBPyConnection, on_date: date) -> list[Event]:
    """What happened on a day, and what happened before and was never dealt with; in the order in which it did."""
    names = ", ".join(field.name for field in fields(Event))
    rows = connection.execute(
        f"select {names} from ops.incident_event where on_date = ? or told_in is null"
        " order by happened_at, incident_id, event_number",
        [on_date],
    ).fetchall()
    return [replace(event, change=Change(event.change)) for event in (Event(*row) for row in rows)]


def list_incidents(workspace: Workspace, include_resolved: bool = False) -> list[Incident]:
    """The incidents of a workspace, the gravest and oldest first. Raises LockError while a run holds the build."""
    if not workspace.warehouse.exists():
        return []
    with connect(workspace.warehouse, read_only=True) as connection:
        incidents = read_incidents(connection)
    listed = [incident for incident in incidents if include_resolved or not incident.is_resolved]
    return sorted(listed, key=lambda i: (-WEIGHT.index(i.severity), i.opened_on, i.incident_id))


def write(connection: duckdb.DuckDBPyConnection, incidents: Sequence[Incident], events: Sequence[Event]) -> None:
    """Replaces the given incidents and adds the events, numbered on. Call it within a transaction."""
    ids = [incident.incident_id for incident in incidents]
    connection.execute("delete from ops.incident where list_contains(?, incident_id)", [ids])
    insert_rows(connection, _target("incident", Incident), [plain(astuple(incident)) for incident in incidents])
    counted = connection.execute(
        "select incident_id, max(event_number) from ops.incident_event group by incident_id"
    ).fetchall()
    numbered = _numbered(events, dict(counted))
    insert_rows(connection, _target("incident_event", Event), [plain(astuple(event)) for event in numbered])


def _target(table: str, row: type) -> str:
    """A table with its columns in the order of the fields of its rows."""
    return f"ops.{table} ({', '.join(field.name for field in fields(row))})"


def _numbered(events: Iterable[Event], last: dict[str, int]) -> Iterator[Event]:
    for event in events:
        last[event.incident_id] = last.get(event.incident_id, 0) + 1
        yield replace(event, event_number=last[event.incident_id])


def update(
    connection: duckdb.DuckDBPyConnection, found: Findings, moment: Moment, rules: Rules, of_sending: bool = False
) -> IncidentCount:
    """Opens, updates and closes incidents by what a run found; how many of each.

    What is found while sending concerns the incidents of sending alone, and all else the others.
    """
    with transaction(connection):
        standing = read_incidents(connection)
        concerned = [incident for incident in standing if (incident.check_id in OF_SENDING) == of_sending]
        incidents, events = advance(concerned, found, moment, rules)
        write(connection, incidents, events)
    changes = [event.change for event in events]
    return IncidentCount(
        opened=changes.count(Change.OPENED) + changes.count(Change.REOPENED),
        worsened=changes.count(Change.WORSENED),
        resolved=changes.count(Change.RESOLVED),
        unresolved=sum(not incident.is_resolved for incident in incidents),
    )


def touch(workspace: Workspace, incident_id: str, moment: Moment, until: date | None, because: str) -> Incident:
    """Acknowledges an incident or, with a day, snoozes it until then. Raises UsageError if that cannot be."""
    with connect(workspace.warehouse) as connection, transaction(connection):
        found = [incident for incident in read_incidents(connection) if incident.incident_id == incident_id]
        if not found:
            raise UsageError(incident_id, "there is no such incident", "See nettoeffekt incidents")
        try:
            touched = snooze(found[0], until, moment) if until else acknowledge(found[0], moment)
        except ValueError as error:
            raise UsageError(incident_id, str(error), "See nettoeffekt incidents --all") from error
        change = Change.SNOOZED if until else Change.ACKNOWLEDGED
        write(connection, [touched], [event_of(touched, change, moment, because)])
    return touched


def refused_files(
    connection: duckdb.DuckDBPyConnection, files: Iterable[tuple[str, str, str]], mask: Callable[[str], str]
) -> list[Sighting]:
    """What the files that wait in refused/ (path below it, rule, reason) give incidents of, towards their owners. What
    somebody named a file is masked as any free text."""
    owners = {
        (feed, source): owner
        for feed, source, owner in connection.execute("select feed, source, owner from raw.feed_source").fetchall()
    }
    sightings = []
    for path, rule, reason in files:
        feed, _, rest = path.partition("/")
        owner = owners.get((feed, rest.partition("/")[0]))
        detail = mask(f"Filen {path} togs inte emot ({rule}). {reason}")
        sightings.append(Sighting(REFUSED, "file", mask(path), Severity.REFUSE, owner, None, detail))
    return sightings


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


def read_rules(
    connection: duckdb.DuckDBPyConnection,
    is_working_day: Callable[[date], bool],
    follows_from: Mapping[str, frozenset[str]],
) -> Rules:
    """The rules in force at `as_of`, by the parameters of the build."""
    return Rules(_parameter(connection, STEP), int(_parameter(connection, REMINDER)), is_working_day, follows_from)


def _parameter(connection: duckdb.DuckDBPyConnection, name: str) -> Decimal:
    """The number that a parameter is at `as_of`. Raises ReferenceTableError if parameter.csv has none."""
    rows = connection.execute(
        "select try_cast(parameter_value as decimal(18,2)) from intermediate.int_reference__parameter"
        " where parameter_name = ?",
        [name],
    ).fetchall()
    if not rows or rows[0][0] is None:
        raise ReferenceTableError("parameter.csv", f"{name} saknas eller är inget tal", "Lägg till raden med ett tal.")
    return rows[0][0]


def plain(row: Sequence[object]) -> tuple[object, ...]:
    """Plain values: words for enumerations, and digits without exponent, which DuckDB would bind wrongly."""
    return tuple(
        f"{value:f}" if isinstance(value, Decimal) else str(value) if isinstance(value, str) else value for value in row
    )
