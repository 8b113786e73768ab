"""The end of a run: what happened is written into the outbox, and what waits there is sent.

Each message is committed before it is tried and marked when it was taken, in transactions of their own: a run that is
killed between the two sends that one again, under the same id, and loses none. A channel that takes nothing after the
attempts of a run has an incident of its own, told through the others, until it has taken all that waits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.alerting import outbox
from orchestration.alerting.channels import AlertSettings, Channel, Letter, beat, send
from orchestration.alerting.messages import AddressBook, ControlWords, Facts, Recipient, compose
from orchestration.alerting.rendering import render
from orchestration.alerting.store import read_events, read_incidents, transaction, update
from orchestration.alerting.values import CHANNEL, TEMPLATE, Findings, Moment, Rules, Sighting
from orchestration.model import Severity
from orchestration.warehouse import connect

PAUSES_SECONDS = (1, 4)  # between the attempts of one run
GIVE_UP_AFTER = 3  # letters in a row that a channel did not take: the others wait, too

WORDS = {
    (CHANNEL, ""): ControlWords(
        "Meddelanden kommer inte fram",
        "En kanal för meddelanden tar inte emot det som skickas.",
        "De ansvariga får inte veta det som står i meddelandena. Inget är borta: de skickas när kanalen svarar.",
        "Systemförvaltaren kontrollerar kanalens adress, lösenord och nät.",
        "Samma dag.",
    ),
    (TEMPLATE, ""): ControlWords(
        "Meddelanden utan mall",
        "Mallen för meddelanden kan inte användas.",
        "Meddelandena skickas ändå, utan mallens form.",
        "Systemförvaltaren rättar mallen i mappen templates.",
        "Inom fem arbetsdagar.",
    ),
}


@dataclass(frozen=True)
class Sending:
    """What a run needs to know to send. `words` are those of the controls by (check_id, table)."""

    warehouse: Path
    settings: AlertSettings | None
    moment: Moment
    rules: Rules
    words: Mapping[tuple[str, str], ControlWords]
    release_id: str | None
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]


@dataclass(frozen=True)
class Sent:
    """What sending came to: how many messages were taken, and per channel that did not take all of them, why."""

    taken: int
    faults: Mapping[str, str]


def tell(sending: Sending, beating: Mapping[str, object]) -> Sent:
    """Writes and sends what is due, then tells that the run has ended. Without settings nobody is told of anything."""
    fault = _write(sending)
    if sending.settings is None:
        return Sent(0, {})
    settings = sending.settings
    taken, faults = send_waiting(sending.warehouse, settings, sending.clock, sending.sleep)
    if settings.heartbeat:
        unheard = beat(settings.heartbeat, beating)
        faults |= {"heartbeat": unheard} if unheard else {}
    with connect(sending.warehouse) as connection:
        found = [_channel_fault(connection, name, reason) for name, reason in sorted(faults.items())]
        if fault:
            detail = f"Mallen kunde inte användas: {fault}"
            found.append(Sighting(TEMPLATE, "template", "message", Severity.WARN, None, None, detail))
        changed = update(connection, Findings(tuple(found)), sending.moment, sending.rules, of_sending=True)
    if changed.opened or changed.worsened or changed.resolved:
        _write(sending)
        up = replace(settings, channels=tuple(c for c in settings.channels if c.name not in faults))
        more, _ = send_waiting(sending.warehouse, up, sending.clock, sending.sleep)
        taken += more
    return Sent(taken, faults)


def _channel_fault(connection: duckdb.DuckDBPyConnection, name: str, reason: str) -> Sighting:
    ((count, oldest),) = connection.execute(
        "select count(*), min(on_date) from ops.outbox where channel = ? and status = ?", [name, outbox.WAITING]
    ).fetchall()
    waits = f" {count} {'meddelande' if count == 1 else 'meddelanden'} väntar sedan {oldest}." if count else ""
    detail = f"Kanalen {name} tar inte emot: {reason}.{waits}"
    return Sighting(CHANNEL, "channel", name, Severity.WARN, None, None, detail)


def _write(sending: Sending) -> str | None:
    """Writes what is due into the outbox; why a template could not be used, if one could not."""
    settings = sending.settings
    with connect(sending.warehouse) as connection, transaction(connection):
        facts = _facts(connection, sending)
        if settings is None:  # nobody to tell, and none of it is news on the day that there is
            connection.execute("update ops.incident_event set told_in = '' where told_in is null")
            return None
        messages, told = compose(facts, _address_book(connection, settings))
        rendered = [(message, render(message, settings.templates)) for message in messages]
        written = [
            row
            for message, words in rendered
            for row in outbox.rows(message, words, settings.channels, sending.moment.now)
        ]
        outbox.enqueue(connection, written, told)
        outbox.forget_words(connection, sending.moment.as_of)
    return next((words.fault for _, words in rendered if words.fault), None)


def _facts(connection: duckdb.DuckDBPyConnection, sending: Sending) -> Facts:
    moment = sending.moment
    return Facts(
        *(moment.as_of, sending.rules.is_working_day(moment.as_of)),
        *(read_incidents(connection), read_events(connection, moment.as_of)),
        words={**WORDS, **sending.words},
        release_id=sending.release_id,
        files=dict(connection.execute("select delivery_id, file_name from raw.delivery").fetchall()),
    )


def _address_book(connection: duckdb.DuckDBPyConnection, settings: AlertSettings) -> AddressBook:
    planned = connection.execute(
        "select action_id, owner_role, owner_address from staging.stg_plan__action_year"
        " where owner_role is not null and owner_address is not null order by action_id, year"
    ).fetchall()
    return AddressBook(
        Recipient(settings.engineers_role, settings.engineers, is_engineers=True),
        settings.owners,
        {action_id: (role, address) for action_id, role, address in planned},
    )


def send_waiting(
    warehouse: Path, settings: AlertSettings, clock: Callable[[], datetime], sleep: Callable[[float], None]
) -> tuple[int, dict[str, str]]:
    """Sends what waits, channel by channel; how many were taken, and the channels that still have letters, with why."""
    with connect(warehouse) as connection:
        letters = outbox.waiting(connection)
        gone = {letter.channel for letter in letters} - {channel.name for channel in settings.channels}
        taken, faults = 0, dict.fromkeys(sorted(gone), "den finns inte längre i inställningarna")
        for channel in settings.channels:
            left = [letter for letter in letters if letter.channel == channel.name]
            fault = None
            for pause in (0, *PAUSES_SECONDS):
                if left:
                    if pause:
                        sleep(pause)
                    before = len(left)
                    left, fault = _try_all(connection, channel, left, clock)
                    taken += before - len(left)
            faults |= {channel.name: fault} if left else {}
    return taken, faults


def _try_all(
    connection: duckdb.DuckDBPyConnection, channel: Channel, letters: Sequence[Letter], clock: Callable[[], datetime]
) -> tuple[list[Letter], str | None]:
    """Tries each letter once; those that were not taken, and what the channel said last. A channel that takes none of
    several in a row is left alone, as each try may take its time."""
    left, fault, in_a_row = [], None, 0
    for letter in letters:
        if in_a_row == GIVE_UP_AFTER:
            left.append(letter)
            continue
        reason = send(channel, letter)
        outbox.mark(connection, letter, reason, clock())  # committed at once
        in_a_row = in_a_row + 1 if reason else 0
        if reason:
            fault = reason
            left.append(letter)
    return left, fault
