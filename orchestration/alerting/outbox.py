"""The outbox in schema ops: messages are committed here before any is sent, and marked when a channel took them."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime, timedelta

import duckdb

from orchestration.alerting.channels import Audience, Channel, Letter
from orchestration.alerting.messages import Kind, Message, Told
from orchestration.alerting.rendering import Rendered
from orchestration.alerting.store import plain
from orchestration.warehouse import insert_rows

WAITING, SENT, SUPERSEDED = "waiting", "sent", "superseded"
WORDS_KEPT_DAYS = 30


@dataclass(frozen=True)
class Row:
    """One row of ops.outbox; the fields are its columns, in order. `address` is empty where a channel has one place."""

    event_id: str
    channel: str
    kind: Kind
    role: str
    address: str
    on_date: date
    subject: str
    text: str
    html: str
    created_at: datetime
    status: str = WAITING
    attempts: int = 0
    sent_at: datetime | None = None
    fault: str | None = None


def rows(message: Message, words: Rendered, channels: Iterable[Channel], created_at: datetime) -> list[Row]:
    """The message for each channel that reaches its recipient, and there for each address: one that does not answer
    must not have the others get theirs again."""
    recipient = message.recipient
    return [
        Row(
            *(message.event_id, channel.name, message.kind, recipient.role, address),
            *(message.on_date, words.subject, words.text, words.html, created_at),
        )
        for channel in channels
        if recipient.is_engineers or channel.audience is Audience.OWNERS
        for address in (recipient.addresses if channel.is_mail else ("",))
    ]


def enqueue(connection: duckdb.DuckDBPyConnection, written: Sequence[Row], told: Iterable[Told]) -> None:
    """Puts messages in the outbox, those that are not there, and notes which events they tell of. A digest replaces
    what still waits of earlier ones to the same role. Call it within a transaction."""
    there = set(connection.execute("select event_id, channel, address from ops.outbox").fetchall())
    new = [row for row in written if (row.event_id, row.channel, row.address) not in there]
    for row in new:
        if row.kind is Kind.DIGEST:
            connection.execute(
                "update ops.outbox set status = ? where status = ? and kind = ? and channel = ? and role = ?"
                " and address = ? and on_date < ?",
                [SUPERSEDED, WAITING, str(Kind.DIGEST), row.channel, row.role, row.address, row.on_date],
            )
    names = ", ".join(field.name for field in fields(Row))
    insert_rows(connection, f"ops.outbox ({names})", [plain(astuple(row)) for row in new])
    for event in told:
        connection.execute(
            "update ops.incident_event set told_in = ? where incident_id = ? and event_number = ?",
            [",".join(event.event_ids), event.incident_id, event.event_number],
        )


def forget_words(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Empties what was sent long ago of its text, which the incidents' history can tell; its id and subject stay."""
    connection.execute(
        "update ops.outbox set text = null, html = null where status <> ? and on_date < ? and html is not null",
        [WAITING, as_of - timedelta(days=WORDS_KEPT_DAYS)],
    )


def waiting(connection: duckdb.DuckDBPyConnection) -> list[Letter]:
    """What is to be sent, the least tried first, then in the order in which it was written."""
    found = connection.execute(
        "select event_id, channel, address, subject, text, html from ops.outbox where status = ?"
        " order by attempts, created_at, event_id, channel, address",
        [WAITING],
    ).fetchall()
    return [Letter(*row) for row in found]


def mark(connection: duckdb.DuckDBPyConnection, letter: Letter, fault: str | None, now: datetime) -> None:
    """Notes that a channel took a letter, or what it said instead."""
    connection.execute(
        "update ops.outbox set attempts = attempts + 1, fault = ?, status = ?, sent_at = ?"
        " where event_id = ? and channel = ? and address = ?",
        [fault, WAITING if fault else SENT, None if fault else now, letter.event_id, letter.channel, letter.address],
    )
