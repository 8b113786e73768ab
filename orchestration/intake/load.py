"""The load: from inbox through landing to raw, one transaction per file.

A file replaces whole slices; what it replaces stays queryable. A refused file never keeps the others out. What landing
holds and the warehouse lacks is replayed first, which is also how a rebuild is made.
"""

import errno
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import duckdb

from orchestration.errors import ContractError, RefusedFileError, UsageError
from orchestration.intake import door, quarantine, raw_schema, refused, retention, slices
from orchestration.intake.contract import Contract
from orchestration.intake.door import Arrival
from orchestration.intake.landing import ChangedFileError, Landing, Receipt
from orchestration.intake.parse import Counts, Parsed, Setting, parse
from orchestration.intake.plausible import require_plausible
from orchestration.intake.privacy import PersonKey, mask
from orchestration.intake.tally import lent_functions
from orchestration.model import Delivery, LoadReport
from orchestration.settings import DataDirectory
from orchestration.warehouse import transaction

SMALL = 1 << 20  # bytes, as delivered
FULL = (errno.ENOSPC, errno.EDQUOT)
KEY_SETTING = "NETTOEFFEKT_PERSON_KEY_FILE"
KEY_REMEDY = "Give the file with that key, or change keys with nettoeffekt rebuild --new-key"


@dataclass(frozen=True)
class Intake:
    """What a load needs to know. `own_deliveries` are the hashes a demo directory trusts with the demo's open key;
    None in a real one, which has a key of its own or none. `accepted` are deliveries that a person has looked at and
    found right though their amounts are not plausible, with the reason. With `is_new_key` what landed under another key
    is replayed under this one. Deliveries with personal data leave landing after `clear_months`; None keeps them."""

    directory: DataDirectory
    contracts: Mapping[str, Contract]
    key: PersonKey | None
    own_deliveries: frozenset[str] | None
    as_of: date
    now: datetime
    progress: Callable[[str], None] = lambda _: None
    accepted: Mapping[str, str] = field(default_factory=dict)
    is_new_key: bool = False
    clear_months: int | None = None

    @cached_property
    def landing(self) -> Landing:
        return Landing(self.directory.landing)


def load(connection: duckdb.DuckDBPyConnection, intake: Intake) -> LoadReport:
    """Loads all that is new: what landing has and raw lacks, the inbox, refused files whose contract has changed."""
    _sweep(intake.directory.build)
    replay(connection, intake)
    _require_the_key_of_the_build(connection, intake)
    with lent_functions(connection, intake.key) as lent, _one_thread(connection):
        report = _load_arrivals(connection, intake, Setting(intake.directory.build, lent, intake.as_of))
    gone = retention.expire(connection, intake.landing, intake.clear_months, intake.now)
    if gone:
        intake.progress(f"{gone} deliveries with persons have left landing: their time in clear is over")
    return report


def _load_arrivals(connection: duckdb.DuckDBPyConnection, intake: Intake, setting: Setting) -> LoadReport:
    taken = []
    arrivals = door.arrivals(intake.directory.inbox, intake.contracts) + _worth_another_try(intake)
    for arrival in arrivals:
        intake.progress(f"{arrival.feed}/{arrival.source}: {arrival.file_name}")
        try:
            with _threads_for(connection, arrival.path):
                taken.append(_take(connection, intake, setting, arrival))
        except (FileNotFoundError, ChangedFileError):
            intake.progress(f"{arrival.file_name} is still being written, or is gone: left for the next load")
        except OSError as error:
            if error.errno in FULL:
                raise
            taken.append(_failed(arrival, error))
    return LoadReport(tuple(taken))


@contextmanager
def _one_thread(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One thread for a load of many small files: with more they wait for each other longer than they work."""
    connection.execute("set threads = 1")
    try:
        yield
    finally:
        connection.execute("reset threads")


@contextmanager
def _threads_for(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """All threads for a large file, within `_one_thread`. They are not set for every file: that costs what it saves."""
    if path.lstat().st_size <= SMALL:
        yield
        return
    connection.execute("reset threads")
    try:
        yield
    finally:
        connection.execute("set threads = 1")


def _failed(arrival: Arrival, error: OSError) -> Delivery:
    """A file that the system will not let be read or moved: it stays where it is, and the others go on."""
    reason = f"Filen kan inte läsas eller flyttas ({error.strerror}). Rätta namn eller rättigheter; den ligger kvar."
    return Delivery("", arrival.feed, arrival.source, arrival.file_name, "refused", "system", reason, 0, 0, 0)


def _sweep(build: Path) -> None:
    """Removes the unpacked texts that a load which was killed has left."""
    build.mkdir(parents=True, exist_ok=True)
    for folder in build.glob("intake-*"):
        shutil.rmtree(folder)


def keep_expired(
    connection: duckdb.DuckDBPyConnection, intake: Intake, attached: str, known_by: date | None = None
) -> None:
    """Takes over from another build, attached under that name, what landing no longer has the bytes of."""
    raw_schema.create(connection, intake.contracts)
    with transaction(connection):
        retention.copy_from(connection, attached, intake.landing, known_by)


def replay(connection: duckdb.DuckDBPyConnection, intake: Intake, known_by: date | None = None) -> None:
    """Repeats from landing, in the order of old, what this warehouse lacks; given `known_by`, what was known then.

    Raises ContractError if a file that was once loaded cannot be read by today's contract: left out it would be lost.
    """
    intake.directory.build.mkdir(parents=True, exist_ok=True)
    raw_schema.create(connection, intake.contracts)
    there = connection.execute("select sequence from raw.delivery").fetchall()
    with lent_functions(connection, intake.key) as lent, _one_thread(connection):
        setting = Setting(intake.directory.build, lent, intake.as_of)
        for receipt in intake.landing.receipts(skip=frozenset(sequence for (sequence,) in there)):
            if known_by is None or receipt.known_from <= known_by:
                intake.progress(f"{receipt.feed}/{receipt.source}: {receipt.file_name}")
                _repeat(connection, intake, setting, receipt)


def _repeat(connection: duckdb.DuckDBPyConnection, intake: Intake, setting: Setting, receipt: Receipt) -> None:
    """Does once more what a receipt tells."""
    if receipt.status != "loaded":
        with transaction(connection):
            record(connection, receipt)
        return
    _require_the_key_of(receipt, intake)
    if receipt.key_id is not None and intake.key is not None:
        receipt = replace(receipt, key_id=intake.key.key_id)
    arrival = Arrival(intake.landing.file(receipt), receipt.feed, receipt.source)
    intake.landing.require(receipt)
    try:
        with _threads_for(connection, arrival.path), transaction(connection):
            contract, source = door.recognise(arrival, intake.contracts)
            parsed = parse(connection, arrival.path, contract, source, receipt.delivery_id, setting)
            record(connection, receipt, contract, parsed)
    except RefusedFileError as refusal:
        place = f"{receipt.feed}/{receipt.source}/{receipt.file_name} in landing"
        raise ContractError(place, refusal.reason, "It has been loaded before: mend the contract") from refusal


def _require_the_key_of(receipt: Receipt, intake: Intake) -> None:
    """The same key as when it landed: under another, the same person would be two. Raises UsageError otherwise."""
    if receipt.key_id is None or (intake.is_new_key and intake.key is not None):
        return
    wanted = intake.landing.key_now(receipt.key_id)
    if intake.key is None or intake.key.key_id != wanted:
        raise UsageError(KEY_SETTING, f"landing was loaded under the key {wanted!r}", KEY_REMEDY)


def _require_the_key_of_the_build(connection: duckdb.DuckDBPyConnection, intake: Intake) -> None:
    """Nothing new under another key than what is there: its persons would be strangers. Raises UsageError."""
    if intake.key is None:
        return
    query = "select distinct key_id from raw.delivery where status = 'loaded' and key_id is not null and key_id <> ?"
    for (key_id,) in connection.execute(query, [intake.key.key_id]).fetchall():
        raise UsageError(KEY_SETTING, f"the build stands under the key {key_id!r}", KEY_REMEDY)


def _worth_another_try(intake: Intake) -> list[Arrival]:
    """Refused files that may pass now."""
    refused = door.arrivals(intake.directory.refused, intake.contracts)
    names = {arrival.path for arrival in refused}
    files = [a for a in refused if not (a.path.suffix == ".txt" and a.path.with_suffix("") in names)]
    if not files:
        return []
    last = {(r.feed, r.delivery_id): r for r in intake.landing.receipts() if r.status == "refused"}
    return [a for a in files if _may_pass_now(intake, a, last.get((_known_feed(intake, a), a.identity)))]


def _may_pass_now(intake: Intake, arrival: Arrival, refused: Receipt | None) -> bool:
    """True if what refused the file has changed since: its contract, or a key that was lacking."""
    if refused is None or (refused.rule == "no_key" and intake.key is not None) or arrival.identity in intake.accepted:
        return True
    return refused.contract_digest != _digest_of(intake, arrival.feed)


def _known_feed(intake: Intake, arrival: Arrival) -> str:
    return arrival.feed if arrival.feed in intake.contracts else door.UNKNOWN


def _digest_of(intake: Intake, feed: str) -> str:
    contract = intake.contracts.get(feed)
    return contract.digest if contract else ""


def _take(connection: duckdb.DuckDBPyConnection, intake: Intake, setting: Setting, arrival: Arrival) -> Delivery:
    """Takes one file through the door, into landing and raw, or keeps it out. The file leaves where it lay.

    Raises ChangedFileError if someone writes to it meanwhile: then nothing has happened.
    """
    delivery_id = arrival.identity
    contract = intake.contracts.get(arrival.feed)
    receipt = Receipt(
        delivery_id=delivery_id,
        feed=_known_feed(intake, arrival),
        source=arrival.source,
        file_name=arrival.file_name,
        bytes=arrival.path.lstat().st_size,
        received_at=intake.now,
        known_from=intake.as_of,
        sequence=intake.landing.next_sequence(),
        contract_version=contract.version if contract else "",
        contract_digest=_digest_of(intake, arrival.feed),
        key_id=intake.key.key_id if contract and contract.has_personal_data and intake.key else None,
        status="loaded",
    )
    parsed = None
    try:
        with transaction(connection):
            contract, source = door.recognise(arrival, intake.contracts)
            loaded_as = _loaded_as(connection, delivery_id)
            if loaded_as == (arrival.feed, arrival.source):
                receipt = replace(receipt, status="duplicate", **_seen_before(connection, delivery_id))
            elif loaded_as is not None:
                raise RefusedFileError(
                    "loaded_elsewhere",
                    f"Samma innehåll är redan inläst som {'/'.join(loaded_as)}. Lades det fel då, så be källsystemet om"
                    " en ny fil; annars ta bort den här.",
                )
            else:
                _require_own_persons(intake, contract, delivery_id)
                parsed = parse(connection, arrival.path, contract, source, delivery_id, setting)
                require_past(parsed.extract_date, max(intake.as_of, intake.now.date()))
                rule, reason = parsed.reading.warning or (None, None)
                if delivery_id in intake.accepted:
                    because, _ = mask(intake.accepted[delivery_id])
                    rule, reason = "accepted", f"Godtagen trots belopp som avviker: {because}"
                else:
                    require_plausible(connection, contract, parsed.tally.first_row_id, delivery_id)
                receipt = replace(receipt, known_from=parsed.extract_date or intake.as_of, rule=rule, reason=reason)
            # First the bytes and the receipt, then the rows: a load that is killed between is mended by a replay.
            intake.landing.keep(receipt, arrival.path if parsed else None)
            record(connection, receipt, contract, parsed)
    except RefusedFileError as refusal:
        parsed = None
        receipt = replace(receipt, status="refused", rule=refusal.rule, reason=refusal.reason)
        intake.landing.keep(receipt, None)
        with transaction(connection):
            record(connection, receipt)
    refused.clear(intake.directory, arrival, receipt)
    counts = parsed.counts if parsed else Counts()
    return Delivery(
        *(receipt.delivery_id, receipt.feed, receipt.source, receipt.file_name, receipt.status),
        *(receipt.rule, receipt.reason, counts.rows_in, counts.rows_accepted, counts.rows_quarantined),
    )


def _loaded_as(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> tuple[str, str] | None:
    """The feed and source under which these bytes were loaded, if they were."""
    query = "select feed, source from raw.delivery where delivery_id = ? and status = 'loaded'"
    return next(iter(connection.execute(query, [delivery_id]).fetchall()), None)


def _seen_before(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> dict[str, str]:
    """Rule and reason of bytes that come once more: harmless, unless they were replaced since and someone believes that
    they count again."""
    ((versions, replaced),) = connection.execute(
        "select count(*), count(superseded_by) from raw.delivery_slice where delivery_id = ?", [delivery_id]
    ).fetchall()
    if versions and replaced == versions:
        reason = (
            "Samma innehåll är inläst tidigare och har ersatts sedan dess: den nyare versionen gäller. Ska den gamla"
        )
        return {"rule": "superseded_again", "reason": f"{reason} gälla igen, så be källsystemet om ett nytt uttag."}
    return {"rule": "same_bytes", "reason": "Samma innehåll är redan inläst."}


def _require_own_persons(intake: Intake, contract: Contract, delivery_id: str) -> None:
    """No personal data but the demo's own under the demo's key, which everybody knows."""
    if contract.has_personal_data and intake.own_deliveries is not None and delivery_id not in intake.own_deliveries:
        raise RefusedFileError(
            "demo_directory",
            "Demons datakatalog tar inte emot andras personuppgifter: demons nyckel är känd av alla. Använd en egen"
            " datakatalog (--data) och en egen nyckel (NETTOEFFEKT_PERSON_KEY_FILE).",
        )


def require_past(extract_date: date | None, today: date) -> None:
    """Raises RefusedFileError for an extract date that has not come: it would win over all that do."""
    if extract_date is not None and extract_date > today:
        raise RefusedFileError("extract_date", f"Uttagsdatumet {extract_date} har inte varit än. Rätta filen.")


def record(
    connection: duckdb.DuckDBPyConnection,
    receipt: Receipt,
    contract: Contract | None = None,
    parsed: Parsed | None = None,
) -> None:
    """Writes raw.delivery and, of a file whose rows stand in raw, their slices and the quarantine."""
    counts = parsed.counts if parsed else Counts()
    sums = (counts.sum_in, counts.sum_accepted, counts.sum_quarantined, counts.sum_left_out)
    if parsed is not None and contract is not None:
        of_quarantined = [row.slice_id for row in parsed.tally.quarantined if row.slice_id is not None]
        slices.write(connection, receipt, contract, parsed.tally.first_row_id, of_quarantined, parsed.reading.span)
        quarantine.write(connection, receipt, contract, parsed.tally)
    connection.execute(
        f"insert into raw.delivery values ({', '.join('?' * 23)})",
        [
            *(receipt.delivery_id, receipt.feed, receipt.source, receipt.file_name, receipt.bytes),
            *(receipt.received_at, receipt.known_from, receipt.sequence, receipt.contract_version, receipt.key_id),
            *(receipt.status, receipt.rule, receipt.reason),
            *(counts.rows_in, counts.rows_accepted, counts.rows_quarantined, counts.rows_left_out),
            *(None if value is None else f"{value:f}" for value in sums),
            *(counts.rows_without_sum, counts.masked_values),
        ],
    )
    if parsed is not None:
        slices.mark_superseded(connection, receipt.delivery_id)
