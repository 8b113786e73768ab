"""What is said to whom: incidents and what happened to them become messages. No I/O, no words, no clock.

| what happened | who is told, and how |
|---|---|
| opened, reopened, surfaced (its cause is gone, it is not) | its owner, at once |
| worsened, snooze_ended, resolved | its owner, at once |
| the same of a stop | those who look after the system too; its opening under the heading of a stop |
| reminded | its owner, in the day's digest |
| acknowledged, snoozed | nobody: somebody did it |
| anything of severity info, or that follows from another incident | nobody at once |

What one owner is told of one control on one day is one message. What is open and was not told today is in the owner's
digest of the day, if it is a Swedish working day. Severity info is in a digest, and calls for none but on the day it
opens or is reminded of.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from orchestration.alerting.values import OF_SENDING, WEIGHT, Change, Event, Incident, State
from orchestration.model import Severity


class Kind(StrEnum):
    """What a message is of."""

    OPENED = "opened"
    WORSENED = "worsened"
    RESOLVED = "resolved"
    SNOOZE_ENDED = "snooze_ended"
    STOP = "stop"
    DIGEST = "digest"


TOLD_AT_ONCE = {
    Change.OPENED: Kind.OPENED,
    Change.REOPENED: Kind.OPENED,
    Change.SURFACED: Kind.OPENED,
    Change.WORSENED: Kind.WORSENED,
    Change.SNOOZE_ENDED: Kind.SNOOZE_ENDED,
    Change.RESOLVED: Kind.RESOLVED,
}
OPENINGS = (Change.OPENED, Change.REOPENED, Change.SURFACED)


@dataclass(frozen=True)
class ControlWords:
    """A control in Swedish: its heading, what is wrong, what it means in kronor, what to do, by when."""

    label: str
    what: str
    means: str
    do: str
    by: str


@dataclass(frozen=True)
class Recipient:
    """Who a message is for. Without `addresses` no e-mail can reach them. `note` says why it came to somebody else."""

    role: str
    addresses: tuple[str, ...]
    is_engineers: bool = False
    note: str = ""


@dataclass(frozen=True)
class AddressBook:
    """Who answers for what. `owners`: addresses by role; `of_action`: role and address of an action, as planned."""

    engineers: Recipient
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    of_action: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def owner_of(self, incident: Incident) -> Recipient:
        """The owner, with the address that the plan has for the action, else the one that is configured for the role.

        Those who look after the system get what has no owner, or an owner without address, and are told so.
        """
        role = incident.owner_role
        if role is None:
            return self.engineers
        if role == self.engineers.role:
            return self.engineers
        planned_role, planned_address = self.of_action.get(incident.subject_id, ("", ""))
        if incident.subject_type == "action" and planned_role == role and planned_address:
            return Recipient(role, (planned_address,))
        if addresses := self.owners.get(role):
            return Recipient(role, addresses)
        note = f"Meddelandet är till {role}, som saknar adress. Skicka det vidare, och lägg till adressen."
        return replace(self.engineers, note=note)


@dataclass(frozen=True)
class Entry:
    """One incident in a message, with the incidents that follow from it and the delivered file it is about."""

    incident: Incident
    following: tuple[Incident, ...] = ()
    file: str | None = None
    is_reminder: bool = False


@dataclass(frozen=True)
class Group:
    """The incidents of one control. `words` is None where the control is no more."""

    label: str
    words: ControlWords | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Message:
    """One message to one recipient. `event_id` is the same whenever the same is told of the same; `engineers_role` is
    who helps."""

    event_id: str
    kind: Kind
    on_date: date
    recipient: Recipient
    groups: tuple[Group, ...]
    release_id: str | None
    engineers_role: str


@dataclass(frozen=True)
class Told:
    """That an event is dealt with: in which messages; none where nobody is told."""

    incident_id: str
    event_number: int
    event_ids: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What messages are made of, as of one day: every incident; the events of the day and those of earlier days that
    were never dealt with; the words of the controls by (check_id, table); the names of delivered files by id."""

    as_of: date
    is_working_day: bool
    incidents: Sequence[Incident]
    events: Sequence[Event]
    words: Mapping[tuple[str, str], ControlWords]
    release_id: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)


def compose(facts: Facts, book: AddressBook) -> tuple[list[Message], list[Told]]:
    """The messages that are due, at once and in digests, and what of the untold events is dealt with by them."""
    by_id = {incident.incident_id: incident for incident in facts.incidents}
    due: dict[tuple[Recipient, Kind, str, date], list[Event]] = {}
    for event in facts.events:
        if event.told_in is None:
            for recipient, kind in _due(event, by_id[event.incident_id], book):
                key = (recipient, kind, by_id[event.incident_id].check_id, event.on_date)
                due.setdefault(key, []).append(event)
    messages = []
    told: dict[tuple[str, int], list[str]] = {
        (event.incident_id, event.event_number): [] for event in facts.events if event.told_in is None
    }
    for (recipient, kind, _, on_date), events in due.items():
        keys = sorted(f"{event.incident_id}#{event.event_number}" for event in events)
        event_id = _event_id(kind, recipient, on_date, *keys)
        incidents = list({event.incident_id: by_id[event.incident_id] for event in events}.values())
        groups = _groups(facts, incidents, {})
        messages.append(Message(event_id, kind, on_date, recipient, groups, facts.release_id, book.engineers.role))
        for event in events:
            told[event.incident_id, event.event_number].append(event_id)
    if facts.is_working_day:
        messages += _digests(facts, book)
    return messages, [Told(*key, tuple(event_ids)) for key, event_ids in told.items()]


def _due(event: Event, incident: Incident, book: AddressBook) -> Iterable[tuple[Recipient, Kind]]:
    """Who is told of an event at once, and under which heading."""
    kind = TOLD_AT_ONCE.get(Change(event.change))
    if kind is None or incident.cause_incident_id or incident.severity is Severity.INFO:
        return
    owner = book.owner_of(incident)
    if incident.severity is Severity.STOP:
        yield book.engineers, Kind.STOP if event.change in OPENINGS else kind
        if owner.is_engineers:
            return
    yield owner, kind


def _digests(facts: Facts, book: AddressBook) -> Iterable[Message]:
    """One message for each owner that has something open which was not told today."""
    today = [event for event in facts.events if event.on_date == facts.as_of]
    at_once = {event.incident_id for event in today if event.change in TOLD_AT_ONCE}
    opened = {event.incident_id for event in today if event.change in OPENINGS}
    reminded = {event.incident_id for event in today if event.change == Change.REMINDED}
    listed: dict[Recipient, list[Incident]] = {}
    called_for = set()
    for incident in facts.incidents:
        is_info = incident.severity is Severity.INFO
        is_reminder = incident.incident_id in reminded
        if incident.cause_incident_id or (incident.incident_id in at_once and not is_info):
            continue
        if incident.check_id in OF_SENDING:  # whether the channel still is down shows only when the digest is sent
            continue
        if incident.state is State.OPEN or is_reminder:
            owner = book.owner_of(incident)
            listed.setdefault(owner, []).append(incident)
            if not is_info or is_reminder or incident.incident_id in opened:
                called_for.add(owner)
    for owner, incidents in listed.items():
        if owner in called_for:
            event_id = _event_id(Kind.DIGEST, owner, facts.as_of)
            groups = _groups(facts, incidents, reminded)
            yield Message(event_id, Kind.DIGEST, facts.as_of, owner, groups, facts.release_id, book.engineers.role)


def _groups(facts: Facts, incidents: Sequence[Incident], reminded: Iterable[str]) -> tuple[Group, ...]:
    """The incidents by control, the gravest first."""
    following: dict[str, list[Incident]] = {}
    for incident in facts.incidents:
        if incident.cause_incident_id and incident.state is not State.RESOLVED:
            following.setdefault(incident.cause_incident_id, []).append(incident)
    by_words: dict[tuple[int, str, ControlWords | None], list[Entry]] = {}
    for incident in incidents:
        entry = Entry(
            incident,
            tuple(following.get(incident.incident_id, ())),
            facts.files.get(incident.subject_id) if incident.subject_type == "delivery" else None,
            incident.incident_id in reminded,
        )
        key = (-WEIGHT.index(incident.severity), incident.check_id, _words(facts, incident))
        by_words.setdefault(key, []).append(entry)
    ordered = sorted(by_words.items(), key=lambda item: item[0][:2])
    return tuple(
        Group(words.label if words else f"Kontroll {check_id}", words, tuple(entries))
        for (_, check_id, words), entries in ordered
    )


def _words(facts: Facts, incident: Incident) -> ControlWords | None:
    """The words of the incident's control on its table; of a control that names subjects there is but one table."""
    exact = facts.words.get((incident.check_id, incident.subject_id))
    any_table = (words for (check_id, _), words in facts.words.items() if check_id == incident.check_id)
    return exact or next(any_table, None)


def _event_id(kind: Kind, recipient: Recipient, on_date: date, *keys: str) -> str:
    parts = (kind, recipient.role, recipient.note, *recipient.addresses, on_date.isoformat(), *keys)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
