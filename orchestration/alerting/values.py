"""The plain values of alerting: incidents and what happens to them. No I/O, no logic but keys."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from orchestration.model import Severity

TABLE = "table"  # the subject of a control that names none: the table it looks at
# Controls whose incidents are a delivery that is not there; the cause of others, and the higher of the lower.
REFUSED = "D1"
CHANNEL, TEMPLATE = "A1", "A2"
OF_SENDING = (CHANNEL, TEMPLATE)
MISSING = {REFUSED: 2, "L2": 1}
WEIGHT = (Severity.INFO, Severity.WARN, Severity.REFUSE, Severity.STOP)


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Change(StrEnum):
    """What can happen to an incident."""

    OPENED = "opened"
    REOPENED = "reopened"
    SURFACED = "surfaced"
    WORSENED = "worsened"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    SNOOZE_ENDED = "snooze_ended"
    REMINDED = "reminded"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Incident:
    """One row of ops.incident; the fields are its columns, in order. Amounts in SEK, `_at` in UTC, `_on` Stockholm.

    `told_sek` is the largest amount, whatever its sign, that the owner has been told since it opened: a step is taken
    from there. `told_on` is the day it was last told of by itself, or touched by its owner: a reminder is counted from
    there.
    """

    incident_id: str
    check_id: str
    subject_type: str
    subject_id: str
    severity: Severity
    owner_role: str | None
    state: State
    opened_at: datetime
    last_change_at: datetime
    resolved_at: datetime | None
    amount_sek: Decimal | None
    detail: str
    opened_on: date
    age_days: int
    openings: int
    acknowledged_at: datetime | None = None
    snoozed_until: date | None = None
    told_sek: Decimal | None = None
    told_on: date | None = None
    cause_incident_id: str | None = None

    @property
    def is_resolved(self) -> bool:
        return self.state is State.RESOLVED


@dataclass(frozen=True)
class Event:
    """One row of ops.incident_event: what happened to an incident, on which day and in which run.

    `told_in` names the messages that tell of it: None until they are written, empty if nobody is told.
    """

    incident_id: str
    event_number: int
    change: Change
    on_date: date
    happened_at: datetime
    run_id: str | None
    amount_sek: Decimal | None
    because: str | None = None
    told_in: str | None = None


@dataclass(frozen=True)
class Sighting:
    """A subject that a control points at today."""

    check_id: str
    subject_type: str
    subject_id: str
    severity: Severity
    owner_role: str | None
    amount_sek: Decimal | None
    detail: str

    @property
    def incident_id(self) -> str:
        """A key that is the same on any day and in any installation: the control, and ten digits of a hash."""
        key = "\0".join((self.check_id, self.subject_type, self.subject_id))
        return f"{self.check_id}-{hashlib.sha256(key.encode()).hexdigest()[:10]}"


@dataclass(frozen=True)
class Findings:
    """All that a run saw, one sighting per control and subject. `unjudged` are the controls that name subjects and
    could not be judged."""

    sightings: tuple[Sighting, ...]
    unjudged: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Moment:
    """When something happens: the day it is reckoned for, the time in UTC, and the run, if it is one."""

    as_of: date
    now: datetime
    run_id: str | None = None


@dataclass(frozen=True)
class Rules:
    """What varies between installations: the step by which an amount worsens, the Swedish working days between two
    reminders, and for each control the feeds whose absence explains what it finds."""

    worsens_step_sek: Decimal
    reminder_working_days: int
    is_working_day: Callable[[date], bool]
    follows_from: Mapping[str, frozenset[str]]
