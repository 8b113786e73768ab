"""What becomes of an incident: a state machine on plain values. No I/O, no clock.

An incident is one control pointing at one subject, from opening to resolution; found again later, the same one is
reopened. What happened to it is told as events, in order, and everything that is sent is sent of an event.

| state | the subject is found | it is found no more | its day has come |
|---|---|---|---|
| (none) | open: opened | | |
| open, acknowledged | the same; worsened, if it grew by a step | resolved | the same: reminded |
| snoozed | the same; worsened, if it grew by a step | resolved | open: snooze_ended |
| resolved | open: reopened | the same | |

A control that could not be judged finds nothing and clears nothing: its incidents stay as they are.

What follows from another incident is grouped under that one, its cause, and is silent: no message, no reminder. When
the cause is gone and it is not, it has surfaced, and is told of as if it had opened.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from orchestration.alerting.causes import find_causes
from orchestration.alerting.values import (
    TABLE,
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
from orchestration.model import Judgement, Status

NAMING_SCHEMA = "controls."  # the tables whose rows are findings


def findings(judgement: Judgement, others: Iterable[Sighting] = ()) -> Findings:
    """What a judgement gives incidents of: the subjects of the controls that name some, else the table itself; and
    what was seen besides."""
    seen = {sighting.incident_id: sighting for sighting in others}
    unjudged = set()
    severity = {}
    for result in judgement.results:
        names_subjects = result.table_name.startswith(NAMING_SCHEMA)
        if result.status is Status.ERROR and names_subjects:
            unjudged.add(result.check_id)
        if result.status is Status.FAILED and names_subjects:
            severity[result.check_id] = result.severity
        elif result.status is not Status.PASSED:
            found = Sighting(
                *(result.check_id, TABLE, result.table_name, result.severity, None, result.amount_sek, result.detail)
            )
            seen[found.incident_id] = found
    for row in judgement.findings:
        found = Sighting(
            *(row.check_id, row.subject_type, row.subject_id, severity[row.check_id]),
            *(row.owner_role, row.amount_sek, row.detail),
        )
        before = seen.get(found.incident_id)
        seen[found.incident_id] = _together(before, found) if before else found
    return Findings(tuple(seen.values()), frozenset(unjudged))


def _together(one: Sighting, other: Sighting) -> Sighting:
    """Two findings of one control on one subject are one incident."""
    amounts = [found.amount_sek for found in (one, other) if found.amount_sek is not None]
    detail = one.detail if other.detail in one.detail else f"{one.detail} {other.detail}"
    owner = one.owner_role or other.owner_role
    return replace(one, owner_role=owner, amount_sek=sum(amounts) if amounts else None, detail=detail)


def advance(
    before: Iterable[Incident], found: Findings, moment: Moment, rules: Rules
) -> tuple[list[Incident], list[Event]]:
    """Every incident as it stands after a run, by id, and what happened in the run.

    Run twice with the same findings on the same day, the second time changes nothing and tells of nothing.
    """
    standing = {incident.incident_id: incident for incident in before}
    seen = {sighting.incident_id: sighting for sighting in found.sightings}
    after: dict[str, Incident] = {}
    happened: list[tuple[str, Change]] = []

    for incident_id in sorted(standing.keys() | seen.keys()):
        incident, sighting = standing.get(incident_id), seen.get(incident_id)
        if incident is None:
            incident, changes = _opened(sighting, moment), [Change.OPENED]
        elif sighting is not None:
            incident, changes = _found_again(incident, sighting, moment, rules.worsens_step_sek)
        elif incident.is_resolved:
            changes = []
        elif incident.subject_type != TABLE and incident.check_id in found.unjudged:
            incident, changes = _awake(incident, moment)
        else:
            incident = replace(
                incident, state=State.RESOLVED, resolved_at=moment.now, last_change_at=moment.now, snoozed_until=None
            )
            changes = [Change.RESOLVED]
        if not incident.is_resolved or changes:
            incident = replace(incident, age_days=(moment.as_of - incident.opened_on).days)
        after[incident_id] = incident
        happened += [(incident_id, change) for change in changes]

    causes = find_causes([incident for incident in after.values() if not incident.is_resolved], rules)
    for incident_id, incident in after.items():
        if not incident.is_resolved:
            after[incident_id], changes = _in_the_light_of(
                incident, causes.get(incident_id), any(incident_id == one for one, _ in happened), moment, rules
            )
            happened += [(incident_id, change) for change in changes]
    return list(after.values()), [event_of(after[incident_id], change, moment) for incident_id, change in happened]


def _in_the_light_of(
    incident: Incident, cause: str | None, is_told: bool, moment: Moment, rules: Rules
) -> tuple[Incident, list[Change]]:
    """The incident with its cause, and what comes of that and of time: it surfaces, or its owner is reminded."""
    changes = []
    if cause is None and incident.cause_incident_id and incident.state is State.OPEN:
        changes.append(Change.SURFACED)
    elif cause is None and not is_told and incident.state is not State.SNOOZED and _is_due(incident, moment, rules):
        changes.append(Change.REMINDED)
    told_on = moment.as_of if changes or is_told else incident.told_on
    return replace(incident, cause_incident_id=cause, told_on=told_on), changes


def _is_due(incident: Incident, moment: Moment, rules: Rules) -> bool:
    """True on a working day, so many working days after the incident was last told of."""
    since = incident.told_on or incident.opened_on
    days = (since + timedelta(n) for n in range(1, (moment.as_of - since).days + 1))
    return rules.is_working_day(moment.as_of) and sum(map(rules.is_working_day, days)) >= rules.reminder_working_days


def event_of(incident: Incident, change: Change, moment: Moment, because: str | None = None) -> Event:
    """The event of a change. The store numbers it among the incident's others."""
    return Event(
        *(incident.incident_id, 0, change, moment.as_of, moment.now, moment.run_id, incident.amount_sek, because)
    )


def _opened(sighting: Sighting, moment: Moment) -> Incident:
    return Incident(
        *(sighting.incident_id, sighting.check_id, sighting.subject_type, sighting.subject_id),
        *(sighting.severity, sighting.owner_role, State.OPEN, moment.now, moment.now, None),
        *(sighting.amount_sek, sighting.detail, moment.as_of, 0, 1),
        told_sek=sighting.amount_sek,
        told_on=moment.as_of,
    )


def _found_again(
    incident: Incident, sighting: Sighting, moment: Moment, step: Decimal
) -> tuple[Incident, list[Change]]:
    if incident.is_resolved:
        reopened = _opened(sighting, moment)
        return replace(reopened, openings=incident.openings + 1), [Change.REOPENED]
    now_so = replace(
        incident,
        severity=sighting.severity,
        owner_role=sighting.owner_role,
        amount_sek=sighting.amount_sek,
        detail=sighting.detail,
    )
    now_so, changes = _awake(now_so, moment)
    grew = _size(sighting.amount_sek) - _size(incident.told_sek) >= step
    graver = WEIGHT.index(sighting.severity) > WEIGHT.index(incident.severity)
    if grew or graver:
        changes.append(Change.WORSENED)
    if changes:  # whatever is told tells the amount, too
        told = max(sighting.amount_sek, incident.told_sek, key=_size)
        now_so = replace(now_so, told_sek=told, last_change_at=moment.now)
    return now_so, changes


def _size(amount: Decimal | None) -> Decimal:
    """How much is at stake: some controls count what is taken away as negative."""
    return abs(amount or Decimal(0))


def _awake(incident: Incident, moment: Moment) -> tuple[Incident, list[Change]]:
    """The incident, open again if it slept until today."""
    if incident.snoozed_until is None or moment.as_of < incident.snoozed_until:
        return incident, []
    awake = replace(incident, state=State.OPEN, snoozed_until=None, last_change_at=moment.now)
    return awake, [Change.SNOOZE_ENDED]


def acknowledge(incident: Incident, moment: Moment) -> Incident:
    """The incident as known to its owner: no reminders until it changes. Raises ValueError if it is resolved."""
    _require_unresolved(incident)
    return replace(
        incident,
        state=State.ACKNOWLEDGED,
        acknowledged_at=moment.now,
        snoozed_until=None,
        last_change_at=moment.now,
        told_on=moment.as_of,
    )


def snooze(incident: Incident, until: date, moment: Moment) -> Incident:
    """The incident, silent until a day. Raises ValueError if it is resolved, or the day is not to come."""
    _require_unresolved(incident)
    if until <= moment.as_of:
        raise ValueError(f"{until} is not after {moment.as_of}")
    return replace(incident, state=State.SNOOZED, snoozed_until=until, last_change_at=moment.now, told_on=moment.as_of)


def _require_unresolved(incident: Incident) -> None:
    if incident.is_resolved:
        raise ValueError(f"it was resolved at {incident.resolved_at} UTC")
