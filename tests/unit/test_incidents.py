"""Incidents: opened once, told of when something happens, closed when it is gone, the same one when it comes back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration import ops
from orchestration.alerting import store
from orchestration.alerting.incidents import acknowledge, advance, findings, snooze
from orchestration.alerting.values import Findings, Incident, Moment, Rules, Sighting, State
from orchestration.errors import ReferenceTableError, UsageError
from orchestration.model import CheckResult, Finding, IncidentCount, Judgement, Severity, Status
from orchestration.settings import Workspace
from orchestration.warehouse import connect

FIRST = date(2025, 1, 20)
STEP = Decimal(1_000_000)
RULES = Rules(STEP, 99, lambda day: day.weekday() < 5, {})


def day(number: int) -> Moment:
    """The morning so many days after the first."""
    return Moment(FIRST + timedelta(number), datetime(2025, 1, 20, 4, 30) + timedelta(number), f"run-{number}")


def stale(mnkr: str = "4", action: str = "A1", severity: Severity = Severity.WARN) -> Sighting:
    return Sighting("F1", "action", action, severity, "Divisionschef", Decimal(mnkr) * 1_000_000, f"{action} är sen.")


def seen(*sightings: Sighting, unjudged: tuple[str, ...] = ()) -> Findings:
    return Findings(sightings, frozenset(unjudged))


def after(*mornings: Findings) -> tuple[Incident, list[list[str]]]:
    """The one incident after so many mornings in a row, and what each of them told of it."""
    incidents: list[Incident] = []
    told = []
    for number, found in enumerate(mornings):
        incidents, events = advance(incidents, found, day(number), RULES)
        told.append([str(event.change) for event in events])
    (incident,) = incidents
    return incident, told


# --- from opening to resolution -------------------------------------------------------------------------------------


def test_an_incident_opens_stays_and_is_resolved():
    incident, told = after(seen(stale()), seen(stale()), seen(stale()), seen())
    assert told == [["opened"], [], [], ["resolved"]]
    assert (incident.state, incident.opened_on, incident.age_days) == (State.RESOLVED, FIRST, 3)
    assert (incident.opened_at, incident.resolved_at) == (day(0).now, day(3).now)


def test_what_comes_back_is_the_same_incident_opened_anew():
    incident, told = after(seen(stale()), seen(), seen(), seen(stale("5")))
    assert told == [["opened"], ["resolved"], [], ["reopened"]]
    assert (incident.state, incident.openings, incident.resolved_at) == (State.OPEN, 2, None)
    assert (incident.opened_on, incident.age_days) == (day(3).as_of, 0)
    assert incident.incident_id == stale().incident_id


def test_a_resolved_incident_grows_no_older():
    incident, _ = after(seen(stale()), seen(stale()), seen(), seen(), seen())
    assert incident.age_days == 2


def test_incidents_are_told_apart_by_control_and_subject():
    others = [replace(stale(), check_id="F2"), replace(stale(), subject_id="A2"), replace(stale(), subject_type="unit")]
    assert len({sighting.incident_id for sighting in (stale(), *others)}) == 4
    assert stale("9", severity=Severity.STOP).incident_id == stale().incident_id


# --- worsening ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts", "told"),
    [
        (["4", "4.9"], [[], []]),
        (["4", "5"], [[], ["worsened"]]),
        (["4", "4.6", "5.2"], [[], [], ["worsened"]]),
        (["4", "5", "5.9", "6"], [[], ["worsened"], [], ["worsened"]]),
        (["4", "2", "4.5"], [[], [], []]),
        (["-4", "-5"], [[], ["worsened"]]),
        (["4", "-4"], [[], []]),
    ],
)
def test_it_worsens_when_it_has_grown_by_a_step_since_it_was_told(amounts: list[str], told: list[list[str]]):
    incident, events = after(*(seen(stale(amount)) for amount in amounts))
    assert [[change for change in changes if change != "opened"] for changes in events] == told
    assert incident.amount_sek == Decimal(amounts[-1]) * 1_000_000


def test_it_worsens_when_it_becomes_a_stop_but_not_when_it_eases():
    grave = seen(stale(severity=Severity.STOP))
    assert after(seen(stale()), grave, grave, seen(stale()))[1] == [["opened"], ["worsened"], [], []]


def test_an_amount_that_becomes_known_is_told_when_it_is_a_step():
    unknown = seen(replace(stale(), amount_sek=None))
    incident, told = after(unknown, unknown, seen(stale("3")), unknown)
    assert told == [["opened"], [], ["worsened"], []]
    assert (incident.amount_sek, incident.told_sek) == (None, 3 * STEP)


# --- acknowledged, snoozed ------------------------------------------------------------------------------------------


@pytest.fixture
def opened() -> Incident:
    return after(seen(stale()))[0]


def test_an_acknowledged_incident_stays_so_until_it_is_resolved(opened: Incident):
    known = acknowledge(opened, day(1))
    (still,), nothing = advance([known], seen(stale()), day(2), RULES)
    (gone,), resolved = advance([still], seen(), day(3), RULES)
    assert (still.state, still.acknowledged_at, nothing) == (State.ACKNOWLEDGED, day(1).now, [])
    assert ([event.change for event in resolved], gone.state) == (["resolved"], State.RESOLVED)


def test_a_snoozed_incident_wakes_on_its_day(opened: Incident):
    asleep = snooze(opened, day(3).as_of, day(1))
    (still,), nothing = advance([asleep], seen(stale()), day(2), RULES)
    (awake,), told = advance([still], seen(stale()), day(3), RULES)
    assert (still.state, nothing) == (State.SNOOZED, [])
    assert (awake.state, awake.snoozed_until, [event.change for event in told]) == (State.OPEN, None, ["snooze_ended"])


def test_what_worsens_is_told_even_while_it_sleeps(opened: Incident):
    asleep = snooze(opened, day(9).as_of, day(1))
    (still,), told = advance([asleep], seen(stale("6")), day(2), RULES)
    assert (still.state, [event.change for event in told]) == (State.SNOOZED, ["worsened"])


def test_what_is_mended_while_it_sleeps_is_resolved_and_comes_back_awake(opened: Incident):
    asleep = snooze(opened, day(9).as_of, day(1))
    (gone,), _ = advance([asleep], seen(), day(2), RULES)
    (back,), _ = advance([gone], seen(stale()), day(3), RULES)
    assert (gone.state, gone.snoozed_until) == (State.RESOLVED, None)
    assert (back.state, back.snoozed_until, back.acknowledged_at) == (State.OPEN, None, None)


def test_a_snooze_ends_on_a_day_to_come(opened: Incident):
    with pytest.raises(ValueError, match="2025-01-21 is not after 2025-01-21"):
        snooze(opened, day(1).as_of, day(1))


def test_what_is_resolved_can_be_neither_acknowledged_nor_snoozed():
    incident, _ = after(seen(stale()), seen())
    with pytest.raises(ValueError, match="it was resolved"):
        acknowledge(incident, day(2))
    with pytest.raises(ValueError, match="it was resolved"):
        snooze(incident, day(9).as_of, day(2))


# --- any order of mornings ------------------------------------------------------------------------------------------

SIGHTINGS = st.builds(stale, st.sampled_from(["0", "1", "2.5", "9"]), st.sampled_from(["A1", "A2", "A3"]))
MORNINGS = st.lists(
    st.tuples(st.lists(SIGHTINGS, max_size=4, unique_by=lambda s: s.incident_id), st.booleans()), max_size=8
)


@given(MORNINGS)
@settings(max_examples=200, deadline=None)
def test_whatever_the_mornings_nothing_is_lost_and_nothing_is_told_twice(mornings: list[tuple[list[Sighting], bool]]):
    incidents: list[Incident] = []
    history: dict[str, list[str]] = {}
    for number, (sightings, judged) in enumerate(mornings):
        found = seen(*(sightings if judged else []), unjudged=() if judged else ("F1",))
        open_before = {i.incident_id for i in incidents if i.state is not State.RESOLVED}
        incidents, events = advance(incidents, found, day(number), RULES)
        for event in events:
            history.setdefault(event.incident_id, []).append(event.change)

        still_open = {i.incident_id for i in incidents if i.state is not State.RESOLVED}
        assert still_open == ({s.incident_id for s in sightings} if judged else open_before)
        assert advance(incidents, found, day(number), RULES) == (incidents, []), "the same morning again"
    for incident in incidents:
        turns = [change for change in history[incident.incident_id] if change != "worsened"]
        assert turns == ["opened", *["resolved", "reopened"] * len(turns)][: len(turns)]
        assert incident.openings == len([change for change in turns if change != "resolved"])
        assert (turns[-1] == "resolved") == (incident.state is State.RESOLVED)


# --- what a judgement gives incidents of ----------------------------------------------------------------------------


def verdict(status: Status, check_id: str = "F1", table: str = "controls.control_f1", severity=Severity.WARN):
    return CheckResult(check_id, table, severity, status, "", 1, Decimal(7), "Text.")


def finding(subject: str, amount: int | None = 1, detail: str = "Sen.", owner: str | None = "Chef") -> Finding:
    return Finding("F1", "action", subject, owner, None if amount is None else Decimal(amount), detail)


def test_a_control_that_names_subjects_gives_one_incident_for_each():
    found = findings(Judgement((verdict(Status.FAILED),), (finding("A1"), finding("A2"))))
    assert [(s.subject_id, s.severity, s.owner_role) for s in found.sightings] == [
        ("A1", "warn", "Chef"),
        ("A2", "warn", "Chef"),
    ]


def test_a_control_of_a_whole_table_gives_one_incident_for_the_table():
    (found,) = findings(Judgement((verdict(Status.FAILED, "M1", "marts.dim_unit", Severity.STOP),))).sightings
    assert (found.subject_type, found.subject_id, found.severity) == ("table", "marts.dim_unit", "stop")
    assert (found.owner_role, found.amount_sek, found.detail) == (None, Decimal(7), "Text.")


def test_what_passed_gives_none():
    assert findings(Judgement((verdict(Status.PASSED), verdict(Status.PASSED, "M1", "marts.dim_unit")))) == seen()


def test_two_findings_on_one_subject_are_one_incident():
    twice = (finding("A1", 3, "Sen.", None), finding("A1", 4, "Oförändrad."), finding("A1", None, "Sen."))
    (found,) = findings(Judgement((verdict(Status.FAILED),), twice)).sightings
    assert (found.amount_sek, found.detail, found.owner_role) == (Decimal(7), "Sen. Oförändrad.", "Chef")


def test_a_control_that_could_not_be_judged_opens_one_of_its_own_and_closes_none():
    before, _ = advance([], findings(Judgement((verdict(Status.FAILED),), (finding("A1"),))), day(0), RULES)

    broken, events = advance(before, findings(Judgement((verdict(Status.ERROR),))), day(1), RULES)
    assert [(e.incident_id[:2], e.change) for e in events] == [("F1", "opened")]
    assert {(i.subject_type, i.state) for i in broken} == {("action", State.OPEN), ("table", State.OPEN)}

    mended, events = advance(broken, findings(Judgement((verdict(Status.PASSED),))), day(2), RULES)
    assert {i.state for i in mended} == {State.RESOLVED}
    assert [e.change for e in events] == ["resolved", "resolved"]


def test_an_incident_of_a_control_that_is_no_more_is_resolved():
    before, _ = advance([], seen(stale()), day(0), RULES)
    ((gone,), _) = advance(
        before, findings(Judgement((verdict(Status.PASSED, "N1", "controls.control_n1"),))), day(1), STEP
    )
    assert gone.state is State.RESOLVED


# --- in schema ops --------------------------------------------------------------------------------------------------


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with an empty schema ops and the one parameter."""
    with duckdb.connect() as connection:
        ops.create(connection)
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_reference__parameter as"
            " select 'worsens_step_sek' as parameter_name, '1000000' as parameter_value"
        )
        yield connection


def judged(*amounts: Decimal | int) -> Judgement:
    rows = tuple(
        Finding("F1", "action", f"A{n}", None, Decimal(amount), "Sen.") for n, amount in enumerate(amounts, start=1)
    )
    return Judgement((verdict(Status.FAILED if rows else Status.PASSED),), rows)


def test_incidents_and_their_history_come_back_as_they_were_written(connection: duckdb.DuckDBPyConnection):
    counts = [
        store.update(connection, findings(judgement), day(number), RULES)
        for number, judgement in enumerate([judged(Decimal("2.5E+6"), 7), judged(Decimal("4E+6"), 7), judged()])
    ]
    assert counts == [IncidentCount(2, 0, 0, 2), IncidentCount(0, 1, 0, 2), IncidentCount(0, 0, 2, 0)]
    first, second = sorted(store.read_incidents(connection), key=lambda incident: incident.subject_id)
    assert (first.state, first.severity, first.amount_sek, first.told_sek) == (
        State.RESOLVED,
        Severity.WARN,
        4 * STEP,
        4 * STEP,
    )
    history = connection.execute(
        "select event_number, change, on_date, run_id, amount_sek from ops.incident_event"
        " where incident_id = ? order by 1",
        [first.incident_id],
    ).fetchall()
    assert history == [
        (1, "opened", FIRST, "run-0", Decimal(2_500_000)),
        (2, "worsened", day(1).as_of, "run-1", Decimal(4_000_000)),
        (3, "resolved", day(2).as_of, "run-2", Decimal(4_000_000)),
    ]
    assert second.age_days == 2


def test_incidents_are_written_whole_or_not_at_all(connection: duckdb.DuckDBPyConnection):
    store.update(connection, findings(judged(1)), day(0), RULES)
    connection.execute("drop table ops.incident_event")
    with pytest.raises(duckdb.Error):
        store.update(connection, findings(judged()), day(1), RULES)
    assert [incident.state for incident in store.read_incidents(connection)] == [State.OPEN]


@pytest.mark.parametrize("value", ["'much'", "null"])
def test_a_step_that_is_no_number_is_named(connection: duckdb.DuckDBPyConnection, value: str):
    connection.execute(f"update intermediate.int_reference__parameter set parameter_value = {value}")
    with pytest.raises(ReferenceTableError, match="worsens_step_sek"):
        store.read_rules(connection, RULES.is_working_day, {})


def test_incidents_of_an_earlier_version_are_kept_by_it_and_by_a_rebuild(connection: duckdb.DuckDBPyConnection):
    """Schema ops cannot be made anew from landing, so a table that has fewer columns is widened."""
    connection.execute("alter table ops.incident drop column told_sek")
    connection.execute("drop table ops.incident_event")
    connection.execute("insert into ops.incident (incident_id, check_id) values ('F1-1', 'F1')")
    connection.execute("attach ':memory:' as new_build")
    connection.execute("use new_build")
    ops.create(connection)
    ops.copy_from(connection, "memory")
    assert connection.execute("select incident_id, told_sek from new_build.ops.incident").fetchall() == [("F1-1", None)]
    connection.execute("use memory")

    ops.create(connection)

    assert connection.execute("select incident_id, told_sek from ops.incident").fetchall() == [("F1-1", None)]
    assert connection.execute("select count(*) from ops.incident_event").fetchall() == [(0,)]


# --- what people do --------------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A build with one open incident."""
    workspace = Workspace(tmp_path / "build", tmp_path / "published")
    with connect(workspace.warehouse) as connection:
        ops.create(connection)
        store.update(connection, seen(stale()), day(0), RULES)
    return workspace


def test_what_a_person_did_is_kept_with_the_reason(workspace: Workspace):
    (incident,) = store.list_incidents(workspace)
    person = replace(day(1), run_id=None)
    asleep = store.touch(workspace, incident.incident_id, person, day(9).as_of, "Väntar på bokslutet")
    known = store.touch(workspace, incident.incident_id, person, None, "Vi vet")
    with connect(workspace.warehouse, read_only=True) as connection:
        history = connection.execute(
            "select change, on_date, run_id, because from ops.incident_event order by event_number"
        ).fetchall()
    assert (asleep.state, asleep.snoozed_until) == (State.SNOOZED, day(9).as_of)
    assert store.list_incidents(workspace) == [known]
    assert (known.state, known.snoozed_until) == (State.ACKNOWLEDGED, None)
    assert history == [
        ("opened", FIRST, "run-0", None),
        ("snoozed", day(1).as_of, None, "Väntar på bokslutet"),
        ("acknowledged", day(1).as_of, None, "Vi vet"),
    ]


def test_what_cannot_be_done_is_said_in_one_line_and_changes_nothing(workspace: Workspace):
    before = store.list_incidents(workspace)
    for incident_id, until, rule in [
        ("F9-0", None, "no such incident"),
        (before[0].incident_id, FIRST, "2025-01-20 is not after 2025-01-21"),
    ]:
        with pytest.raises(UsageError, match=rule):
            store.touch(workspace, incident_id, day(1), until, "Skäl")
    assert store.list_incidents(workspace) == before


def test_a_resolved_incident_is_listed_only_when_asked_for(workspace: Workspace):
    with connect(workspace.warehouse) as connection:
        store.update(connection, seen(), day(1), RULES)
    assert store.list_incidents(workspace) == []
    assert [incident.state for incident in store.list_incidents(workspace, include_resolved=True)] == ["resolved"]


# --- at the door -----------------------------------------------------------------------------------------------------


def test_a_refused_file_is_an_incident_of_its_sources_owner(connection: duckdb.DuckDBPyConnection):
    connection.execute("create schema raw")
    connection.execute(
        "create table raw.feed_source as select 'ledger' as feed, 'ekonomisystem' as source, 'Ekonom' as owner"
    )
    files = [("ledger/ekonomisystem/jan.csv", "header", "Rubriken saknas."), ("vader/smhi/regn.csv", "feed", "Okänt.")]
    known, unknown = store.refused_files(connection, files, lambda text: text.replace("regn", "[ord]"))
    assert unknown.subject_id == "vader/smhi/[ord].csv"
    assert (known.check_id, known.subject_type, known.severity) == ("D1", "file", Severity.REFUSE)
    assert (known.owner_role, unknown.owner_role) == ("Ekonom", None)
    assert known.detail == "Filen ledger/ekonomisystem/jan.csv togs inte emot (header). Rubriken saknas."

    found_first = findings(Judgement(), [known, unknown])
    before, _ = advance([], found_first, day(0), RULES)
    _, events = advance(before, findings(Judgement(), [unknown]), day(1), RULES)
    assert [(event.change, event.incident_id) for event in events] == [("resolved", known.incident_id)]
