"""Sending for real: an SMTP server, an HTTP endpoint and a card receiver on loopback get exactly what they should."""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import duckdb
import pytest
from aiosmtpd.controller import Controller

from orchestration import ops
from orchestration.alerting import store
from orchestration.alerting.channels import read_alert_settings
from orchestration.alerting.messages import ControlWords
from orchestration.alerting.sending import Sending, Sent, tell
from orchestration.alerting.values import Findings, Moment, Rules, Sighting
from orchestration.model import Severity
from orchestration.settings import CHECKOUT
from tests.pipeline.conftest import Ended, LongWork, Stage, verb

MONDAY = date(2025, 1, 20)
RULES = Rules(Decimal(1_000_000), 5, lambda day: day.weekday() < 5, {"N1": frozenset({"ledger"})})
WORDS = {("F1", "controls.control_f1"): ControlWords("Inaktuella prognoser", "Sen.", "Kronor.", "Lämna ny.", "Snart.")}


class Mailbox:
    """An SMTP server's handler: keeps what it takes, which is nothing while it refuses, or to an unknown address."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.is_refusing = False
        self.unknown = ""
        self.spoke_tls: list[bool] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802, aiosmtpd's own name
        if self.is_refusing or self.unknown in envelope.rcpt_tos:
            return "451 try again later"
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients.append(envelope.rcpt_tos)
        self.spoke_tls.append(session.ssl is not None)
        return "250 taken"

    @property
    def subjects(self) -> list[str]:
        return [letter["Subject"].removeprefix("Nettoeffekt: ") for letter in self.letters]

    @property
    def ids(self) -> list[str]:
        return [letter["X-Nettoeffekt-Event"] for letter in self.letters]


@dataclass
class Endpoint:
    """An HTTP server: what was posted to it, path by path; answers `status`."""

    port: int = 0
    status: int = 200
    posted: list[tuple[str, dict, dict]] = field(default_factory=list)

    def of(self, path: str) -> list[dict]:
        return [body for at, _, body in self.posted if at == path]


def serve(endpoint: Endpoint, context: ssl.SSLContext | None = None) -> HTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if endpoint.status < 300:
                path = self.path.partition("?")[0]
                endpoint.posted.append((path, dict(self.headers), json.loads(body)))
            self.send_response(endpoint.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    endpoint.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def free_port() -> int:
    """A port that nobody listens on; aiosmtpd cannot choose one itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that nobody vouches for."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file.write_bytes(
        made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    handler = Mailbox()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield handler, controller.port
    controller.stop()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    server = serve(endpoint)
    yield endpoint
    server.shutdown()


class Region:
    """A warehouse with schema ops and what sending reads, and mornings on it with given findings."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.warehouse = folder / "warehouse.duckdb"
        self.file = folder / "alerts.yaml"
        self.slept: list[float] = []
        self.configure(settings)
        with duckdb.connect(str(self.warehouse)) as connection:
            ops.create(connection)
            for schema in ("raw", "staging", "intermediate"):
                connection.execute(f"create schema {schema}")
            connection.execute("create table raw.delivery (delivery_id varchar, file_name varchar)")
            connection.execute(
                "create table staging.stg_plan__action_year"
                " (action_id varchar, year bigint, owner_role varchar, owner_address varchar)"
            )

    def configure(self, settings: str) -> None:
        self.file.write_text(settings, encoding="utf-8")
        self.file.chmod(0o600)

    def sending(self, number: int) -> Sending:
        moment = Moment(MONDAY + timedelta(number), datetime(2025, 1, 20, 4, 30) + timedelta(number), f"run-{number}")
        return Sending(
            *(self.warehouse, read_alert_settings(self.file), moment, RULES, WORDS, "20250120T043000-14c09658"),
            *(lambda: moment.now, self.slept.append),
        )

    def find(self, number: int, *sightings: Sighting) -> None:
        with duckdb.connect(str(self.warehouse)) as connection:
            store.update(connection, Findings(sightings), self.sending(number).moment, RULES)

    def morning(self, number: int, *sightings: Sighting) -> Sent:
        self.find(number, *sightings)
        return tell(self.sending(number), {"run_id": f"run-{number}", "stops": []})

    def rows(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def stale(subject: str = "A1", mnkr: int = 4, owner: str = "Chef") -> Sighting:
    return Sighting("F1", "action", subject, Severity.WARN, owner, Decimal(mnkr * 1_000_000), f"{subject} är sen.")


def settings(mail: int, web: int | None = None, **more: str) -> str:
    lines = [
        "engineers: {role: Systemförvaltare, address: system@region.example}",
        "owners: {Chef: chef@region.example, Ekonom: [ekonom@region.example, controller@region.example]}",
        *(f"{key}: {value}" for key, value in more.items()),
        "channels:",
        f"  - {{name: e-post, url: 'mailto://127.0.0.1:{mail}?from=nettoeffekt@region.example'}}",
    ]
    if web:
        lines.append(f"  - {{name: webbkrok, url: 'json://127.0.0.1:{web}/krok'}}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def region(tmp_path: Path, mailbox: tuple[Mailbox, int], endpoint: Endpoint) -> Region:
    return Region(tmp_path, settings(mailbox[1], endpoint.port))


@pytest.fixture
def letters(mailbox: tuple[Mailbox, int]) -> Mailbox:
    return mailbox[0]


# --- ten days --------------------------------------------------------------------------------------------------------

TEN_DAYS = [
    # what is found                                          what the owner of A1 is sent
    ([], []),
    ([stale()], ["Nytt: Inaktuella prognoser, 4,0 mnkr"]),
    ([stale()], ["Öppet 22 januari 2025, 1 ärende, 4,0 mnkr"]),
    ([stale(mnkr=5)], ["Förvärrat: Inaktuella prognoser, 5,0 mnkr"]),
    ([], ["Löst: Inaktuella prognoser, 5,0 mnkr"]),
    ([], []),  # Saturday
    ([stale(mnkr=2)], ["Nytt: Inaktuella prognoser, 2,0 mnkr"]),  # Sunday
    ([stale(mnkr=2)], ["Öppet 27 januari 2025, 1 ärende, 2,0 mnkr"]),
    (
        [stale(mnkr=2), stale("A2", 3)],
        ["Nytt: Inaktuella prognoser, 3,0 mnkr", "Öppet 28 januari 2025, 1 ärende, 2,0 mnkr"],
    ),
    ([], ["Löst: Inaktuella prognoser, 2 ärenden, 5,0 mnkr"]),
]


def test_ten_days_of_staleness_coming_and_going_send_what_the_table_says(
    region: Region, letters: Mailbox, endpoint: Endpoint
):
    sent = []
    for number, (found, _) in enumerate(TEN_DAYS):
        before = len(letters.letters)
        region.morning(number, *found)
        sent.append(sorted(letters.subjects[before:]))

    assert sent == [wanted for _, wanted in TEN_DAYS]
    assert {tuple(to) for to in letters.recipients} == {("chef@region.example",)}
    assert [f"Nettoeffekt: {subject}" for subject in letters.subjects] == [b["title"] for b in endpoint.of("/krok")]
    assert letters.ids == [headers["X-Nettoeffekt-Event"] for _, headers, _ in endpoint.posted]
    assert len(set(letters.ids)) == len(letters.ids)
    assert region.rows("select distinct status from ops.outbox") == [("sent",)]
    assert region.rows("select count(*) from ops.incident_event where told_in is null") == [(0,)]


def test_a_letter_is_swedish_as_text_and_as_html_and_names_its_source(region: Region, letters: Mailbox):
    region.morning(0, stale())
    (letter,) = letters.letters
    text = letter.get_body(("plain",)).get_content()
    html = letter.get_body(("html",)).get_content()
    assert (letter["From"], letter["To"]) == ("nettoeffekt@region.example", "chef@region.example")
    wanted = ["A1 är sen.", "Kronor.", "Lämna ny.", "Snart.", "4,0 mnkr", "utgåva 20250120T043000-14c09658"]
    assert [word for word in wanted if word not in text or word not in html] == []
    assert '<html lang="sv">' in html
    assert "<" not in text


def test_each_owner_gets_its_own_at_all_its_addresses(region: Region, letters: Mailbox):
    region.morning(0, stale(), stale("B1", owner="Ekonom"), stale("C1", owner="Okänd"))
    to = {letter.get_body(("plain",)).get_content().split(" är sen")[0][-2:]: set() for letter in letters.letters}
    for letter, recipients in zip(letters.letters, letters.recipients, strict=True):
        to[letter.get_body(("plain",)).get_content().split(" är sen")[0][-2:]] |= set(recipients)
    assert to == {
        "A1": {"chef@region.example"},
        "B1": {"ekonom@region.example", "controller@region.example"},
        "C1": {"system@region.example"},
    }


def test_a_refused_file_reaches_its_sources_owner_with_what_to_do(region: Region, letters: Mailbox):
    refused = Sighting("D1", "file", "ledger/a/jan.csv", Severity.REFUSE, "Ekonom", None, "Filen togs inte emot.")
    region.morning(0, refused)
    assert letters.subjects == ["Nytt: Filer som inte togs emot"] * 2
    assert "levererar den på nytt" in letters.letters[0].get_body(("plain",)).get_content()


# --- nothing is lost -------------------------------------------------------------------------------------------------

KILLED_AFTER_TWO = """
import os, sys
from pathlib import Path
from orchestration.alerting import outbox
from tests.pipeline.test_sending import Region, tell

mark, sent = outbox.mark, []

def killed(connection, letter, *rest):
    sent.append(letter)
    if len(sent) == 2:
        os._exit(9)
    mark(connection, letter, *rest)

outbox.mark = killed
region = Region.__new__(Region)
region.warehouse, region.file, region.slept = Path(sys.argv[1]), Path(sys.argv[2]), []
tell(region.sending(0), {})
"""


def test_a_kill_between_sending_and_marking_repeats_that_one_under_the_same_id(
    tmp_path: Path, mailbox: tuple[Mailbox, int]
):
    letters, port = mailbox
    region = Region(tmp_path, settings(port))
    region.find(0, *(stale(f"A{n}", owner=role) for n, role in enumerate(["Chef", "Okänd", "Okänd också"])))
    command = [sys.executable, "-c", KILLED_AFTER_TWO, str(region.warehouse), str(region.file)]
    killed = subprocess.run(command, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, check=False)
    first, second = letters.ids
    assert killed.returncode == 9

    tell(region.sending(0), {})

    *again, third = sorted(letters.ids[2:], key=lambda event_id: event_id != second)
    assert again == [second], "sent, and not marked"
    assert len({first, second, third}) == 3
    assert region.rows("select count(*) from ops.outbox where status = 'sent'") == [(3,)]


def test_what_a_channel_does_not_take_waits_is_tried_again_and_is_an_incident(
    region: Region, letters: Mailbox, endpoint: Endpoint
):
    letters.is_refusing = True
    sent = region.morning(0, stale())
    assert sent.faults.keys() == {"e-post"}
    assert region.slept == [1, 4], "back-off between the attempts"
    (incident,) = region.rows("select subject_id, state, detail from ops.incident where check_id = 'A1'")
    assert incident[:2] == ("e-post", "open")
    assert "1 meddelande väntar sedan 2025-01-20" in incident[2]
    assert [body["title"] for body in endpoint.of("/krok")] == [
        "Nettoeffekt: Nytt: Inaktuella prognoser, 4,0 mnkr",
        "Nettoeffekt: Nytt: Meddelanden kommer inte fram",
    ]

    letters.is_refusing = False
    sent = region.morning(1, stale())
    assert sent.faults == {}
    assert sorted(letters.subjects) == [
        "Löst: Meddelanden kommer inte fram",
        "Nytt: Inaktuella prognoser, 4,0 mnkr",
        "Nytt: Meddelanden kommer inte fram",
        "Öppet 21 januari 2025, 1 ärende, 4,0 mnkr",
    ]
    assert region.rows("select state from ops.incident where check_id = 'A1'") == [("resolved",)]


def test_an_address_that_is_not_taken_does_not_have_the_other_get_it_again(region: Region, letters: Mailbox):
    letters.unknown = "controller@region.example"
    region.morning(0, stale(owner="Ekonom"))
    letters.unknown = ""
    region.morning(1, stale(owner="Ekonom"))
    opened = [to for to, subject in zip(letters.recipients, letters.subjects, strict=True) if "prognoser" in subject]
    assert sorted(opened) == [["controller@region.example"], ["ekonom@region.example"]]


def test_what_was_sent_long_ago_keeps_its_id_and_loses_its_words(region: Region, letters: Mailbox):
    region.morning(0, stale())
    region.morning(45)
    kept = region.rows(
        "select on_date, event_id is not null, html is not null from ops.outbox order by on_date, channel"
    )
    assert [row[1:] for row in kept] == [(True, False)] * 2 + [(True, True)] * 2


def test_a_channel_that_is_not_there_keeps_no_other_waiting(tmp_path: Path, endpoint: Endpoint):
    region = Region(tmp_path, settings(1, endpoint.port))
    sent = region.morning(0, *(stale(f"A{n}", owner=f"Roll {n}") for n in range(9)))
    assert sent.faults.keys() == {"e-post"}
    assert len(endpoint.of("/krok")) == 10, "nine messages, and that the channel is down"
    assert region.rows("select sum(attempts) from ops.outbox where channel = 'e-post'") == [(9,)], "three, three times"


def test_of_digests_that_wait_only_the_last_is_sent(region: Region, letters: Mailbox):
    region.morning(0, stale())
    letters.is_refusing = True
    for number in (1, 2, 3):
        region.morning(number, stale())
    letters.is_refusing = False
    region.morning(4, stale())
    digests = [subject for subject in letters.subjects if subject.startswith("Öppet")]
    assert digests == ["Öppet 24 januari 2025, 1 ärende, 4,0 mnkr"]
    assert region.rows(
        "select count(*) from ops.outbox where channel = 'e-post' and kind = 'digest' and role = 'Chef'"
        " and status = 'superseded'"
    ) == [(3,)]


def test_messages_of_a_channel_that_was_taken_away_are_missed(region: Region, mailbox: tuple[Mailbox, int]):
    region.configure(settings(mailbox[1], 1))
    region.morning(0, stale())
    region.configure(settings(mailbox[1]))
    assert region.morning(1, stale()).faults == {"webbkrok": "den finns inte längre i inställningarna"}


def test_without_channels_nobody_is_told_and_nothing_of_it_is_news_later(
    tmp_path: Path, region: Region, letters: Mailbox
):
    with_channels = region.sending
    region.sending = lambda number: Sending(**{**vars(with_channels(number)), "settings": None})
    region.morning(0, stale())
    region.sending = with_channels
    region.morning(1, stale())
    assert letters.subjects == ["Öppet 21 januari 2025, 1 ärende, 4,0 mnkr"]


def test_a_broken_template_is_told_of_and_the_message_comes_all_the_same(tmp_path: Path, mailbox: tuple[Mailbox, int]):
    letters, port = mailbox
    (tmp_path / "mallar").mkdir()
    (tmp_path / "mallar" / "message.html.j2").write_text("{{ nonsense }}")
    region = Region(tmp_path, settings(port, templates="mallar"))
    region.morning(0, stale())
    assert letters.subjects == ["Nytt: Inaktuella prognoser, 4,0 mnkr", "Nytt: Meddelanden utan mall"]
    assert all(
        "är sen" in x or "nonsense" in x for x in (m.get_body(("plain",)).get_content() for m in letters.letters)
    )


# --- heartbeat, TLS, card --------------------------------------------------------------------------------------------


def test_a_run_that_ends_is_heard_of(tmp_path: Path, mailbox: tuple[Mailbox, int], endpoint: Endpoint):
    beats = f"http://127.0.0.1:{endpoint.port}/puls"
    region = Region(tmp_path, settings(mailbox[1], heartbeat=beats))
    region.morning(0)
    assert endpoint.of("/puls") == [{"run_id": "run-0", "stops": []}]
    endpoint.status = 500
    assert region.morning(1).faults.keys() == {"heartbeat"}


def test_mail_is_encrypted_where_the_channel_says_so(tmp_path: Path, certificate: ssl.SSLContext):
    handler = Mailbox()
    controller = Controller(
        handler, hostname="127.0.0.1", port=free_port(), tls_context=certificate, require_starttls=True
    )
    controller.start()
    try:
        port = controller.port
        secure = settings(port).replace("mailto://", "mailtos://").replace("?from=", "?mode=starttls&verify=no&from=")
        region = Region(tmp_path, secure)
        region.morning(0, stale())
        assert (handler.spoke_tls, len(handler.letters)) == ([True], 1)

        region.configure(secure.replace("verify=no&", ""))
        assert region.morning(1, stale()).faults.keys() == {"e-post"}, "nobody vouches for the certificate"
        assert len(handler.letters) == 1
    finally:
        controller.stop()


def test_a_card_comes_to_the_teams_channel(tmp_path: Path, certificate: ssl.SSLContext, mailbox: tuple[Mailbox, int]):
    cards = Endpoint()
    server = serve(cards, certificate)
    url = f"workflows://127.0.0.1:{cards.port}/abc123/sig456?verify=no&image=no"
    region = Region(tmp_path, settings(mailbox[1]) + f"  - {{name: teams, url: '{url}', for: engineers}}\n")
    stop = Sighting("M1", "table", "marts.dim_unit", Severity.STOP, None, None, "Nyckeln håller inte.")
    region.morning(0, stale(), stop)
    server.shutdown()
    ((path, _, body),) = cards.posted
    card = body["attachments"][0]["content"]
    texts = [block["text"] for block in card["body"]]
    assert path == "/workflows/abc123/triggers/manual/paths/invoke"
    assert card["type"] == "AdaptiveCard"
    assert texts[0] == "Nettoeffekt: Stopp, ingenting publicerades: Kontroll M1"
    assert "Nyckeln håller inte." in texts[1]


# --- a whole morning -------------------------------------------------------------------------------------------------

TUESDAY = "2025-02-04"


@dataclass(frozen=True)
class Told:
    """A morning of the demo region with a channel that does not answer, `status` after it, the same morning once more
    when it does, and what an acknowledgement then leaves."""

    silent: Ended
    status: Ended
    again: Ended
    status_again: Ended
    letters: Mailbox
    acknowledged: Ended


def run_with_a_channel(stage: Stage) -> Told:
    directory = stage.copy_of_demo()
    letters, port = Mailbox(), free_port()
    file = stage.folder / "alerts.yaml"
    file.write_text(
        "engineers: {role: Systemförvaltare, address: system@region.example}\n"
        "owners: {Regiondirektör: direktor@region.example}\n"
        f"channels: [{{name: e-post, url: 'mailto://127.0.0.1:{port}?from=nettoeffekt@region.example'}}]\n"
    )
    file.chmod(0o600)
    run = partial(verb, directory, "run", "--as-of", TUESDAY, alerts=file)
    silent, status = run(), verb(directory, "status")
    server = Controller(letters, hostname="127.0.0.1", port=port)
    server.start()
    again, status_again = run(), verb(directory, "status")
    server.stop()
    (stale,) = (row for row in json.loads(verb(directory, "incidents", "--json").out) if row["check_id"] == "F3")
    acknowledged = verb(directory, "incidents", "ack", stale["incident_id"], "--because", "Rättas i nästa rapport")
    return Told(silent, status, again, status_again, letters, acknowledged)


LONG_WORK = [LongWork("told", 60, run_with_a_channel)]


@pytest.fixture
def told(long_work: Callable[[str], Any]) -> Told:
    return long_work("told")


def test_a_warning_of_an_otherwise_green_run_reaches_its_owner(told: Told):
    assert told.silent.code == told.again.code == 0
    (letter,) = (
        letter
        for letter, to in zip(told.letters.letters, told.letters.recipients, strict=True)
        if to == ["direktor@region.example"]
    )
    text = letter.get_body(("plain",)).get_content()
    assert "avvikelsen −175,0 mnkr för HSF, uträknat −146,6 mnkr" in text
    assert re.search(r"kontroll(er)? [^\n]*\bF3\b", text)


def test_a_channel_that_does_not_answer_costs_no_run_and_is_seen_until_it_does(told: Told):
    waits = "Messages wait: the channel e-post does not take them"
    assert waits in told.silent.out
    assert waits in told.status.out
    assert "New release" in told.silent.out
    assert told.again.out.startswith(f"Nothing new as of {TUESDAY}\n")
    assert waits not in told.again.out + told.status_again.out
    assert len(told.letters.ids) == len(set(told.letters.ids)) > 3


def test_an_acknowledgement_is_said_and_kept(told: Told):
    assert told.acknowledged.code == 0
    assert re.match(
        r"F3-\w+ +warn  acknowledged since 2025-\d\d-\d\d .*, Regiondirektör$", told.acknowledged.out, re.MULTILINE
    )
