"""Who is told what: one message for what one owner is told of one control, digests on working days, nobody twice."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.alerting.incidents import acknowledge, advance, snooze
from orchestration.alerting.messages import AddressBook, ControlWords, Facts, Kind, Message, Recipient, Told, compose
from orchestration.alerting.rendering import render
from orchestration.alerting.values import Event, Findings, Incident, Moment, Rules, Sighting
from orchestration.model import Severity
from orchestration.swedish import mnkr

MONDAY = date(2025, 1, 20)
STEP = Decimal(1_000_000)
ENGINEERS = Recipient("Systemförvaltare", ("system@region.example",), is_engineers=True)
BOOK = AddressBook(ENGINEERS, {"Chef": ("chef@region.example",), "Ekonom": ("ekonom@region.example",)})
WORDS = {
    ("F1", "controls.control_f1"): ControlWords("Inaktuella prognoser", "Sen.", "Kronor.", "Lämna ny.", "I morgon."),
    ("M1", "marts.dim_unit"): ControlWords("Enheter", "Fel nyckel.", "Allt stannar.", "Rätta.", "Samma dag."),
}
RULES = Rules(STEP, 5, lambda day: day.weekday() < 5, {"N1": frozenset({"ledger"}), "H1": frozenset({"ledger"})})


class Office:
    """A row of days: what is found, and what each day's run tells."""

    def __init__(self, book: AddressBook = BOOK) -> None:
        self.book = book
        self.incidents: list[Incident] = []
        self.events: list[Event] = []
        self.sent: set[str] = set()

    def day(self, number: int, *sightings: Sighting) -> list[Message]:
        """What is told on the day so many days after the first Monday, of what is found that day."""
        today = MONDAY + timedelta(number)
        moment = Moment(today, datetime(2025, 1, 20, 4, 30) + timedelta(number), f"run-{number}")
        self.incidents, new = advance(self.incidents, Findings(sightings), moment, RULES)
        self.events += [replace(event, event_number=len(self.events) + n) for n, event in enumerate(new)]
        facts = Facts(
            *(today, RULES.is_working_day(today), self.incidents),
            [event for event in self.events if event.on_date == today or event.told_in is None],
            WORDS,
        )
        messages, told = compose(facts, self.book)
        self._note(told)
        fresh = [message for message in messages if message.event_id not in self.sent]
        self.sent |= {message.event_id for message in messages}
        return fresh

    def _note(self, told: list[Told]) -> None:
        by_key = {(t.incident_id, t.event_number): ",".join(t.event_ids) for t in told}
        self.events = [replace(e, told_in=by_key.get((e.incident_id, e.event_number), e.told_in)) for e in self.events]


def found(
    subject: str = "A1", mnkr: str = "4", owner: str | None = "Chef", check: str = "F1", severity=Severity.WARN
) -> Sighting:
    kind = "table" if check == "M1" else "feed" if check == "L2" else "file" if check == "D1" else "action"
    return Sighting(check, kind, subject, severity, owner, Decimal(mnkr) * 1_000_000, f"{subject} är sen.")


def said(messages: list[Message]) -> list[tuple[str, str, list[str]]]:
    """Role, kind and subjects of each message."""
    return [
        (m.recipient.role, str(m.kind), sorted(e.incident.subject_id for g in m.groups for e in g.entries))
        for m in messages
    ]


# --- ten days --------------------------------------------------------------------------------------------------------


def test_ten_days_of_one_action_growing_old_and_current_again():
    office = Office()
    stale = found()
    week = [
        office.day(0),
        office.day(1, stale),
        office.day(2, stale),
        office.day(3, found(mnkr="5")),
        office.day(4),
        office.day(5),  # Saturday
        office.day(6, stale),  # Sunday
        office.day(7, stale),
        office.day(8, stale),
        office.day(9),
    ]
    assert [[(kind, subjects) for _, kind, subjects in said(day)] for day in week] == [
        [],
        [("opened", ["A1"])],
        [("digest", ["A1"])],
        [("worsened", ["A1"])],
        [("resolved", ["A1"])],
        [],
        [("opened", ["A1"])],
        [("digest", ["A1"])],
        [("digest", ["A1"])],
        [("resolved", ["A1"])],
    ]


def test_no_digest_on_a_day_off():
    office = Office()
    office.day(4, found())
    assert [said(office.day(number, found())) for number in (5, 6)] == [[], []]
    assert said(office.day(7, found())) == [("Chef", "digest", ["A1"])]


def test_a_second_run_of_the_day_says_nothing_again():
    office = Office()
    assert len(office.day(0, found())) == 1
    assert office.day(0, found()) == []
    assert len(office.day(1, found())) == 1
    assert office.day(1, found()) == []


def test_what_one_owner_is_told_of_one_control_is_one_message():
    office = Office()
    many = [found("A1"), found("A2"), found("A3", owner="Ekonom"), found("A4", check="F2")]
    assert sorted(said(office.day(0, *many))) == [
        ("Chef", "opened", ["A1", "A2"]),
        ("Chef", "opened", ["A4"]),
        ("Ekonom", "opened", ["A3"]),
    ]
    assert sorted(said(office.day(1, *many))) == [
        ("Chef", "digest", ["A1", "A2", "A4"]),
        ("Ekonom", "digest", ["A3"]),
    ]


# --- stops, info, causes ---------------------------------------------------------------------------------------------


def test_a_stop_goes_at_once_to_those_who_look_after_the_system():
    office = Office()
    stop = found("marts.dim_unit", owner=None, check="M1", severity=Severity.STOP)
    assert said(office.day(0, stop)) == [("Systemförvaltare", "stop", ["marts.dim_unit"])]
    assert said(office.day(1)) == [("Systemförvaltare", "resolved", ["marts.dim_unit"])]


def test_a_stop_with_an_owner_goes_to_both():
    stop = found("A1", check="N4", severity=Severity.STOP)
    assert sorted(said(Office().day(0, stop))) == [("Chef", "opened", ["A1"]), ("Systemförvaltare", "stop", ["A1"])]


def test_information_is_in_the_digest_and_calls_for_one_only_when_it_is_new():
    office = Office()
    told = [said(office.day(number, found("HSF", check="H3", severity=Severity.INFO))) for number in range(4)]
    assert told == [[("Chef", "digest", ["HSF"])], [], [], []]
    both = office.day(4, found("HSF", check="H3", severity=Severity.INFO), found())
    assert said(both) == [("Chef", "opened", ["A1"])]
    both = office.day(7, found("HSF", check="H3", severity=Severity.INFO), found())
    assert said(both) == [("Chef", "digest", ["A1", "HSF"])]


def test_one_root_cause_is_one_message():
    office = Office()
    missing = found("ledger:1000", check="L2", owner="Ekonom")
    follows = [found("A1", check="N1"), found("HSF", check="H1")]
    (message,) = office.day(0, missing, *follows)
    (entry,) = message.groups[0].entries
    assert (message.recipient.role, entry.incident.subject_id) == ("Ekonom", "ledger:1000")
    assert sorted(incident.subject_id for incident in entry.following) == ["A1", "HSF"]
    assert said(office.day(1, missing, *follows)) == [("Ekonom", "digest", ["ledger:1000"])]
    assert said(office.day(2)) == [("Ekonom", "resolved", ["ledger:1000"])]


def test_what_is_left_when_its_cause_is_gone_is_told_of():
    office = Office()
    missing, follows = found("ledger:1000", check="L2", owner="Ekonom"), found("A1", check="N1")
    office.day(0, missing, follows)
    assert sorted(said(office.day(1, follows))) == [
        ("Chef", "opened", ["A1"]),
        ("Ekonom", "resolved", ["ledger:1000"]),
    ]
    assert said(office.day(2, follows)) == [("Chef", "digest", ["A1"])]


def test_what_was_there_before_does_not_follow_from_it():
    office = Office()
    before, other = found("A1", check="N1"), found("A2", check="F1")
    office.day(0, before)
    missing = found("ledger:1000", check="L2", owner="Ekonom")
    told = said(office.day(1, before, other, missing))
    assert ("Chef", "digest", ["A1"]) in told
    assert ("Chef", "opened", ["A2"]) in told, "a control that does not read the feed"


def test_a_stop_is_heard_whatever_it_follows_from_and_a_short_calendar_explains_nothing():
    missing = found("ledger:1000", check="L2", owner="Ekonom")
    stop = found("A1", check="N1", owner=None, severity=Severity.STOP)
    assert ("Systemförvaltare", "stop", ["A1"]) in said(Office().day(0, missing, stop))
    calendar = replace(found("ledger", check="L2", owner="Ekonom"), subject_type="calendar")
    assert ("Chef", "opened", ["A1"]) in said(Office().day(0, calendar, found("A1", check="N1")))


def test_a_refused_file_explains_that_its_feed_is_late_towards_the_same_owner():
    office = Office()
    refused = found("ledger/ekonomisystem/jan.csv", check="D1", owner="Ekonom", severity=Severity.REFUSE)
    late, other = found("ledger:1000", check="L2", owner="Ekonom"), found("ledger:2000", check="L2", owner="Chef")
    told = said(office.day(0, refused, late, other, found("A1", check="N1")))
    assert sorted(told) == [
        ("Chef", "opened", ["ledger:2000"]),
        ("Ekonom", "opened", ["ledger/ekonomisystem/jan.csv"]),
    ]


# --- acknowledged, snoozed, reminded ---------------------------------------------------------------------------------


def touch(office: Office, change: str, until: int = 0) -> None:
    moment = Moment(MONDAY + timedelta(1), datetime(2025, 1, 21, 9))
    (incident,) = office.incidents
    until_day = MONDAY + timedelta(until)
    office.incidents = [acknowledge(incident, moment) if change == "ack" else snooze(incident, until_day, moment)]


def test_an_acknowledged_incident_is_silent_until_a_reminder_after_five_working_days():
    office = Office()
    office.day(0, found())
    office.day(1, found())
    touch(office, "ack")
    told = {number: [kind for _, kind, _ in said(office.day(number, found()))] for number in range(2, 17)}
    assert {number: kinds for number, kinds in told.items() if kinds} == {8: ["digest"], 15: ["digest"]}


def test_a_reminder_is_marked_in_the_digest():
    office = Office()
    (first, *_), *others = [office.day(number, found()) for number in range(8)]
    reminders = [[e.is_reminder for m in day for g in m.groups for e in g.entries] for day in others]
    assert first.kind is Kind.OPENED
    assert reminders == [[False], [False], [False], [False], [], [], [True]]


def test_a_snoozed_incident_is_silent_until_its_day():
    office = Office()
    office.day(0, found())
    office.day(1, found())
    touch(office, "snooze", until=4)
    told = [[kind for _, kind, _ in said(office.day(number, found()))] for number in (2, 3, 4, 7)]
    assert told == [[], [], ["snooze_ended"], ["digest"]]


# --- addresses -------------------------------------------------------------------------------------------------------


def test_an_owner_without_address_reaches_those_who_can_add_it():
    (message,) = Office().day(0, found(owner="Okänd"))
    assert (message.recipient.is_engineers, message.recipient.addresses) == (True, ENGINEERS.addresses)
    assert "Okänd, som saknar adress" in message.recipient.note
    assert message.recipient.note in render(message).text


def test_what_has_no_owner_goes_to_those_who_look_after_the_system():
    (message,) = Office().day(0, found(owner=None))
    assert message.recipient == ENGINEERS


def test_the_address_of_the_plan_goes_before_that_of_the_role_for_that_action_alone():
    book = replace(BOOK, of_action={"A1": ("Chef", "a1@region.example"), "A2": ("Annan", "a2@region.example")})
    told = {
        m.groups[0].entries[0].incident.subject_id: m.recipient for m in Office(book).day(0, found("A1"), found("A2"))
    }
    assert told["A1"].addresses == ("a1@region.example",)
    assert told["A2"].addresses == ("chef@region.example",), "the plan names another role for it"


# --- words -----------------------------------------------------------------------------------------------------------


def only(*sightings: Sighting) -> Message:
    (message,) = Office().day(0, *sightings)
    return replace(message, release_id="20250120T043000-14c09658")


def test_a_message_says_what_it_means_what_to_do_by_when_and_where_it_comes_from():
    message = only(found())
    words = render(message)
    assert words.fault is None
    assert words.subject == "Nettoeffekt: Nytt: Inaktuella prognoser, 4,0 mnkr"
    wanted = ("A1 är sen.", "Kronor.", "Lämna ny.", "I morgon.", "4,0 mnkr", "20 januari 2025", message.release_id)
    for body in (words.text, words.html):
        assert [word for word in (*wanted, "kontroll F1", "F1-", message.event_id) if word not in body] == []


def test_what_comes_from_data_is_escaped_in_html_and_as_it_is_in_text():
    evil = '<script>alert("x")</script> & {{ title }}'
    words = render(only(replace(found(), detail=evil)))
    assert evil in words.text
    assert "<script>" not in words.html
    assert "&lt;script&gt;" in words.html


def test_a_subject_is_one_line():
    word = ControlWords("Rad ett\nrad två", "x", "x", "x", "x")
    message = only(found())
    message = replace(message, groups=(replace(message.groups[0], label=word.label, words=word),))
    assert render(message).subject == "Nettoeffekt: Nytt: Rad ett rad två, 4,0 mnkr"


def test_of_many_incidents_the_largest_are_shown_and_the_rest_counted():
    words = render(only(*(found(f"A{number:02}", str(number)) for number in range(1, 36))))
    assert words.subject == "Nettoeffekt: Nytt: Inaktuella prognoser, 35 ärenden, 630,0 mnkr"
    assert words.text.index("A35 är sen.") < words.text.index("A34 är sen.")
    assert "A05 är sen." not in words.text
    assert "och 5 till" in words.text
    assert "och 5 till" in words.html


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("10745000", "10,7 mnkr"),
        ("-125000", "−0,1 mnkr"),
        ("12500", "0,013 mnkr"),
        ("0", "0,0 mnkr"),
        ("1234500000", "1\xa0234,5 mnkr"),
        ("50000", "0,1 mnkr"),
    ],
)
def test_amounts_are_swedish_million_kronor(amount: str, words: str):
    assert mnkr(Decimal(amount)) == words


@pytest.mark.parametrize("template", ["{{ nonsense }}", "{% for %}", "{{ 1 / 0 }}"])
def test_a_broken_template_costs_its_form_and_not_the_message(tmp_path: Path, template: str):
    (tmp_path / "message.html.j2").write_text(template)
    words = render(only(found()), tmp_path)
    assert words.fault
    for body in (words.text, words.html):
        assert "A1 är sen." in body
        assert "Lämna ny." in body


def test_a_region_has_its_own_templates_where_it_wants(tmp_path: Path):
    (tmp_path / "message.txt.j2").write_text("{{ title }} till {{ groups | length }} kontroll")
    words = render(only(found()), tmp_path)
    assert (words.fault, words.text) == (None, "Nytt: Inaktuella prognoser, 4,0 mnkr till 1 kontroll")
    assert words.html == render(only(found())).html
