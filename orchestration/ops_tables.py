"""The tables of schema ops: what the pipeline itself knows of its runs. Their DDL stands here alone.

ops is the only schema that cannot be rebuilt from landing. Six of its tables are copied into marts by the publisher.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class OpsColumn:
    """One column: its DuckDB type, Swedish label and English description."""

    name: str
    data_type: str
    label_sv: str
    description: str


@dataclass(frozen=True)
class OpsTable:
    """One table of schema ops. `is_published` tells whether it is copied into marts; `question_sv` what it answers."""

    name: str
    description: str
    question_sv: str
    is_published: bool
    columns: tuple[OpsColumn, ...]

    @property
    def ddl(self) -> str:
        columns = ", ".join(f"{column.name} {column.data_type}" for column in self.columns)
        return f"create table if not exists ops.{self.name} ({columns})"


_RUN_ID = OpsColumn("run_id", "varchar", "Körning", "The run that wrote the row.")
_AS_OF = OpsColumn("as_of", "date", "Per datum", "The date for which the run reckoned.")
_SUBJECT = (
    OpsColumn("subject_type", "varchar", "Slag av objekt", "What the control points at: action, node, delivery, ..."),
    OpsColumn("subject_id", "varchar", "Objekt", "The key of what the control points at."),
)
_CHECK_ID = OpsColumn("check_id", "varchar", "Kontroll", "The control, as F1 or L5.")
_SEVERITY = OpsColumn("severity", "varchar", "Allvar", "refuse, stop, warn or info: what a broken control does.")
_OWNER = OpsColumn("owner_role", "varchar", "Ansvarig roll", "The role that can act; NULL if nobody is named.")
_AMOUNT = OpsColumn(
    "amount_sek",
    "decimal(18,2)",
    "Belopp (kr)",
    "The money the finding touches, as the control defines it; NULL if none.",
)
_CODE = OpsColumn("code_version", "varchar", "Programversion", "The product's version and a hash of its code.")

TABLES = (
    OpsTable(
        "current_run",
        "The run in progress, one row. dbt reads as_of here.",
        "",
        False,
        (_RUN_ID, _AS_OF, OpsColumn("started_at", "timestamp", "Startad", "When the run started, UTC."), _CODE),
    ),
    OpsTable(
        "run",
        "One row per finished run.",
        "",
        False,
        (
            _RUN_ID,
            OpsColumn("verb", "varchar", "Kommando", "The verb or job that ran."),
            _AS_OF,
            OpsColumn("started_at", "timestamp", "Startad", "When the run started, UTC."),
            OpsColumn("finished_at", "timestamp", "Klar", "When the run ended, UTC."),
            OpsColumn("release_id", "varchar", "Utgåva", "The release published after the run; NULL if there is none."),
            OpsColumn("is_stopped", "boolean", "Stoppad", "True if a control kept the run from publishing."),
            _CODE,
        ),
    ),
    OpsTable(
        "check_result",
        "The verdict of every control on every table it looks at. Grain: check_id, table_name, run_id.",
        "Vilka kontroller höll, vilka inte, och vad gäller det i kronor?",
        True,
        (
            _CHECK_ID,
            OpsColumn("table_name", "varchar", "Tabell", "The table that was judged."),
            _RUN_ID,
            _SEVERITY,
            OpsColumn("status", "varchar", "Utfall", "passed, failed or error (could not be judged)."),
            OpsColumn("passed", "boolean", "Godkänd", "True if status is passed."),
            OpsColumn("observed", "varchar", "Iakttaget", "What was seen, in a few words."),
            OpsColumn("findings", "bigint", "Antal fynd", "How many subjects the control points at."),
            _AMOUNT,
            OpsColumn("detail", "varchar", "Förklaring", "What it means and what to do, in Swedish."),
            _AS_OF,
            OpsColumn("checked_at", "timestamp", "Kontrollerad", "When it was judged, UTC."),
        ),
    ),
    OpsTable(
        "finding",
        "One row per subject that a control points at. Grain: check_id, subject_type, subject_id, run_id.",
        "Exakt vilka åtgärder, enheter eller leveranser pekar kontrollerna på?",
        True,
        (
            _CHECK_ID,
            *_SUBJECT,
            _RUN_ID,
            _OWNER,
            _AMOUNT,
            OpsColumn("detail", "varchar", "Förklaring", "What, what it means and what to do, in Swedish."),
        ),
    ),
    OpsTable(
        "incident",
        "What is open towards an owner, from opening to resolution. Grain: incident_id.",
        "Vad är öppet hos vem, och sedan när?",
        True,
        (
            OpsColumn("incident_id", "varchar", "Ärende", "Stable key of the incident."),
            _CHECK_ID,
            *_SUBJECT,
            _SEVERITY,
            _OWNER,
            OpsColumn("state", "varchar", "Läge", "open, acknowledged, snoozed or resolved."),
            OpsColumn("opened_at", "timestamp", "Öppnad", "When it was opened, UTC."),
            OpsColumn("last_change_at", "timestamp", "Senast ändrad", "When its state last changed, UTC."),
            OpsColumn("resolved_at", "timestamp", "Löst", "When it was resolved, UTC; NULL while open."),
            _AMOUNT,
            OpsColumn("detail", "varchar", "Förklaring", "What, what it means and what to do, in Swedish."),
            OpsColumn("opened_on", "date", "Öppnad per datum", "The date for which the run reckoned that opened it."),
            OpsColumn(
                "age_days",
                "bigint",
                "Ålder (dagar)",
                "Days from opened_on to the date of the latest run, or of the run that resolved it.",
            ),
            OpsColumn("openings", "bigint", "Antal öppningar", "How often it was opened: 1, and 1 for each reopening."),
            OpsColumn(
                "acknowledged_at", "timestamp", "Kvitterad", "When the owner acknowledged it, UTC; NULL if never."
            ),
            OpsColumn("snoozed_until", "date", "Vilar till", "The day on which its snooze ends; NULL if it has none."),
            OpsColumn(
                "told_sek",
                "decimal(18,2)",
                "Meddelat belopp (kr)",
                "The largest amount told since it opened; it worsens by a step from there.",
            ),
            OpsColumn(
                "told_on", "date", "Senast meddelad", "The day it was last told of by itself, or touched by its owner."
            ),
            OpsColumn(
                "cause_incident_id",
                "varchar",
                "Orsak",
                "The incident that this one follows from, and that silences it; NULL if none.",
            ),
        ),
    ),
    OpsTable(
        "incident_event",
        "What happened to each incident, in order. Grain: incident_id, event_number.",
        "",
        False,
        (
            OpsColumn("incident_id", "varchar", "Ärende", "The incident."),
            OpsColumn("event_number", "bigint", "Händelse", "1 for its first event, and on."),
            OpsColumn(
                "change",
                "varchar",
                "Ändring",
                "opened, reopened, surfaced, worsened, acknowledged, snoozed, snooze_ended, reminded or resolved.",
            ),
            OpsColumn("on_date", "date", "Per datum", "The date for which it happened."),
            OpsColumn("happened_at", "timestamp", "Tidpunkt", "When it happened, UTC."),
            OpsColumn("run_id", "varchar", "Körning", "The run in which it happened; NULL if a person did it."),
            _AMOUNT,
            OpsColumn("because", "varchar", "Skäl", "Why, in the words of who did it; NULL if a run did."),
            OpsColumn(
                "told_in",
                "varchar",
                "Meddelad i",
                "The messages in ops.outbox that tell of it, comma-separated; empty if none does, NULL until then.",
            ),
        ),
    ),
    OpsTable(
        "outbox",
        "What is to be sent, and what was: committed before it is sent. Grain: event_id, channel, address.",
        "",
        False,
        (
            OpsColumn("event_id", "varchar", "Meddelande", "The same whenever the same is told of the same."),
            OpsColumn("channel", "varchar", "Kanal", "The channel, by its name in the installation's settings."),
            OpsColumn("kind", "varchar", "Slag", "opened, worsened, resolved, snooze_ended, stop or digest."),
            OpsColumn("role", "varchar", "Mottagare", "The role that the message is for."),
            OpsColumn("address", "varchar", "Adress", "A role's e-mail address; empty if the channel is one place."),
            OpsColumn("on_date", "date", "Per datum", "The date that it tells of."),
            OpsColumn("subject", "varchar", "Ämne", "The subject line, in Swedish."),
            OpsColumn("text", "varchar", "Text", "The message as plain text; NULL a month after it was sent."),
            OpsColumn("html", "varchar", "HTML", "The message as HTML; NULL a month after it was sent."),
            OpsColumn("created_at", "timestamp", "Skapat", "When it was written, UTC."),
            OpsColumn("status", "varchar", "Läge", "waiting, sent, or superseded: a digest that a later one replaced."),
            OpsColumn("attempts", "bigint", "Försök", "How often it was tried."),
            OpsColumn("sent_at", "timestamp", "Sänt", "When the channel took it, UTC; NULL while it waits."),
            OpsColumn("fault", "varchar", "Fel", "What the channel said the last time it did not take it."),
        ),
    ),
    OpsTable(
        "publication",
        "The release that this file is: one row.",
        "Vilken utgåva läser jag, per vilket datum, och hur gick kontrollerna?",
        True,
        (
            OpsColumn("release_id", "varchar", "Utgåva", "The release."),
            _RUN_ID,
            _AS_OF,
            OpsColumn("published_at", "timestamp", "Publicerad", "When it was published, UTC."),
            OpsColumn(
                "data_hash", "varchar", "Innehållets kontrollsumma", "Hash over the sorted rows of the dbt marts."
            ),
            _CODE,
            OpsColumn("checks_passed", "bigint", "Godkända kontroller", "How many checks passed."),
            OpsColumn("checks_warned", "bigint", "Varnande kontroller", "How many checks failed without stopping."),
        ),
    ),
    OpsTable(
        "release_slice",
        "The slices of raw data that the release rests on. Grain: feed, slice_id.",
        "Vilka leveranser bygger utgåvan på?",
        True,
        (
            OpsColumn("feed", "varchar", "Flöde", "The feed."),
            OpsColumn("slice_id", "varchar", "Delmängd", "The slice: one version of one part of a feed."),
            OpsColumn("delivery_id", "varchar", "Leverans", "SHA-256 of the delivered file."),
            OpsColumn("company", "varchar", "Bolag", "The company of the slice; NULL where the feed has none."),
            OpsColumn("month", "date", "Månad", "First day of the slice's month; NULL where the feed has none."),
        ),
    ),
    OpsTable(
        "data_status",
        "How fresh each feed is. Grain: feed.",
        "Hur färskt är varje flöde, och saknas något?",
        True,
        (
            OpsColumn("feed", "varchar", "Flöde", "The feed."),
            OpsColumn("last_delivery_at", "timestamp", "Senaste leverans", "When the latest loaded file came, UTC."),
            OpsColumn("row_count", "bigint", "Antal rader", "Rows that count at as_of."),
            OpsColumn("quarantined_row_count", "bigint", "Rader i karantän", "Rows of current deliveries kept out."),
            OpsColumn("latest_month", "date", "Senaste månad", "First day of the latest month delivered."),
            OpsColumn(
                "expected_month", "date", "Väntad månad", "The latest month whose due date has passed; NULL if none."
            ),
            OpsColumn("status", "varchar", "Läge", "not_expected, missing, late or current."),
        ),
    ),
)


def published_tables() -> tuple[OpsTable, ...]:
    """The tables that the publisher copies into marts."""
    return tuple(table for table in TABLES if table.is_published)


def table(name: str) -> OpsTable:
    """The table of that name."""
    return next(table for table in TABLES if table.name == name)
