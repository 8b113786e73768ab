"""The words of a message: Swedish, as plain text and as HTML, by Jinja templates; amounts and dates by Babel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

from orchestration.alerting.messages import Entry, Group, Kind, Message
from orchestration.swedish import mnkr, swedish_date

TEMPLATES = Path(__file__).parent / "templates"
NAME = "message"
SHOWN = 30  # entries of one group; the rest are counted

COLOURS = {Kind.STOP: "#a3261f", Kind.RESOLVED: "#2c6b3f", Kind.DIGEST: "#28527a"}
OTHER_COLOUR = "#9a5b00"
LABELS = {
    Kind.OPENED: "nytt ärende",
    Kind.WORSENED: "ärende som förvärrats",
    Kind.RESOLVED: "löst ärende",
    Kind.SNOOZE_ENDED: "ärende vars vila är slut",
    Kind.STOP: "stopp",
    Kind.DIGEST: "dagens öppna ärenden",
}
STATES = {"acknowledged": "kvitterat", "snoozed": "vilar"}


@dataclass(frozen=True)
class Rendered:
    """A message in words. `fault` tells why the templates could not be used; the words are then plain, and whole."""

    subject: str
    text: str
    html: str
    fault: str | None = None


def render(message: Message, folder: Path | None = None) -> Rendered:
    """The message by the templates of the folder, or the product's own. Never raises for what a template does."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    values = _values(message)
    subject = " ".join(f"Nettoeffekt: {values['title']}".split())
    environment = Environment(
        loader=FileSystemLoader([*([folder] if folder else []), TEMPLATES]),
        autoescape=select_autoescape(("html", "html.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    try:
        text, html = (environment.get_template(f"{NAME}.{kind}.j2").render(values) for kind in ("txt", "html"))
    except Exception as error:  # a region's own template may do anything, and the message must reach its reader
        text = _plain(values)
        fault = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Rendered(subject, text, f'<html lang="sv"><body><pre>{escape(text)}</pre></body></html>', fault)
    return Rendered(subject, text, html)


def _values(message: Message) -> dict[str, Any]:
    """What the templates may use."""
    entries = [entry for group in message.groups for entry in group.entries]
    return {
        "title": _title(message, entries),
        "lead": _lead(message),
        "kind_label": LABELS[message.kind],
        "role": message.recipient.role,
        "engineers_role": message.engineers_role,
        "is_resolved": message.kind is Kind.RESOLVED,
        "is_digest": message.kind is Kind.DIGEST,
        "colour": COLOURS.get(message.kind, OTHER_COLOUR),
        "recipient_note": message.recipient.note,
        "groups": [_group(group, message.on_date) for group in message.groups],
        "source": _source(message),
        "event_id": message.event_id,
    }


def _title(message: Message, entries: Sequence[Entry]) -> str:
    money = _total(entries)
    count = f"{len(entries)} {'ärende' if len(entries) == 1 else 'ärenden'}"
    if message.kind is Kind.DIGEST:
        return ", ".join(filter(None, [f"Öppet {swedish_date(message.on_date)}", count, money]))
    beginning = {
        Kind.OPENED: "Nytt",
        Kind.WORSENED: "Förvärrat",
        Kind.RESOLVED: "Löst",
        Kind.SNOOZE_ENDED: "Vilan slut",
        Kind.STOP: "Stopp, ingenting publicerades",
    }[message.kind]
    counted = count if len(entries) > 1 else ""
    return ", ".join(filter(None, [f"{beginning}: {message.groups[0].label}", counted, money]))


def _total(entries: Sequence[Entry]) -> str:
    """What is at stake, if anything is known: the sum of sizes, as some controls count what is taken away."""
    amounts = [abs(e.incident.amount_sek) for e in entries if e.incident.amount_sek is not None]
    return mnkr(sum(amounts, Decimal(0))) if any(amounts) else ""


def _lead(message: Message) -> str:
    return {
        Kind.OPENED: f"Öppnat {swedish_date(message.on_date)}.",
        Kind.WORSENED: "Beloppet eller allvaret har ökat sedan du senast fick veta.",
        Kind.RESOLVED: f"Löst {swedish_date(message.on_date)}. Du behöver inte göra något.",
        Kind.SNOOZE_ENDED: "Vilan som bestämdes är slut, och felet finns kvar.",
        Kind.STOP: "Den förra utgåvan gäller tills felet är rättat. Ingen ser dagens siffror.",
        Kind.DIGEST: "Detta är öppet och väntar på åtgärd. Det som är nytt i dag har fått egna meddelanden.",
    }[message.kind]


def _group(group: Group, today: date) -> dict[str, Any]:
    by_weight = sorted(group.entries, key=lambda e: (-abs(e.incident.amount_sek or 0), e.incident.subject_id))
    return {
        "heading": group.label,
        "words": group.words,
        "entries": [
            {
                "detail": entry.incident.detail,
                "facts": _facts(entry, today),
                "incident_id": entry.incident.incident_id,
                "following": [f"{i.check_id} {i.subject_id}" for i in entry.following],
            }
            for entry in by_weight[:SHOWN]
        ],
        "left_out": max(0, len(group.entries) - SHOWN),
    }


def _facts(entry: Entry, today: date) -> list[str]:
    """Amount, age, state and the file it comes from, as far as there is any."""
    incident = entry.incident
    age = (today - incident.opened_on).days
    since = f"sedan {swedish_date(incident.opened_on)}, {age} {'dag' if age == 1 else 'dagar'}" if age else ""
    return [
        fact
        for fact in (
            mnkr(incident.amount_sek) if incident.amount_sek is not None else "",
            since,
            "påminnelse" if entry.is_reminder else "",
            STATES.get(incident.state, ""),
            f"fil {entry.file}" if entry.file else "",
        )
        if fact
    ]


def _source(message: Message) -> str:
    release = f"utgåva {message.release_id}" if message.release_id else "ingen utgåva"
    controls = ", ".join(dict.fromkeys(e.incident.check_id for group in message.groups for e in group.entries))
    return f"kontroll {controls}, {release}, per {swedish_date(message.on_date)}"


def _plain(values: dict[str, Any]) -> str:
    """The message without templates."""
    lines = [values["title"], values["lead"], values["recipient_note"] or ""]
    for group in values["groups"]:
        lines += ["", group["heading"]]
        for entry in group["entries"]:
            facts = [*entry["facts"], entry["incident_id"]]
            lines += [f"* {entry['detail']}", f"  {' · '.join(facts)}"]
        if group["words"]:
            words = group["words"]
            lines += [words.means, words.do, words.by]
    return "\n".join([*lines, "", f"Källa: {values['source']}", f"Meddelande {values['event_id']}"]) + "\n"
