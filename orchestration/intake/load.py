"""The load: from inbox through landing to raw, one transaction per file.

A file replaces whole slices; what it replaces stays queryable. A refused file never keeps the others out. What landing
holds and the warehouse lacks is replayed first, which is also how a rebuild is made.
"""

import errno
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from orchestration.errors import ContractError, RefusedFileError, UsageError
from orchestration.intake import delimited, door, protect, raw_schema, refused, slices
from orchestration.intake.contracts import Contract, Source
from orchestration.intake.door import Arrival
from orchestration.intake.landing import ChangedFileError, Landing, Receipt
from orchestration.intake.privacy import PersonKey
from orchestration.model import Delivery, LoadReport
from orchestration.settings import DataDirectory
from orchestration.warehouse import space_guard

FULL = (errno.ENOSPC, errno.EDQUOT)
YEARS_BACK, YEARS_AHEAD = 20, 5  # months further off are taken for mistakes


@dataclass(frozen=True)
class Intake:
    """What a load needs to know. `own_deliveries` are the hashes a demo directory trusts with the demo's open key;
    None in a real one, which has a key of its own or none."""

    directory: DataDirectory
    contracts: Mapping[str, Contract]
    key: PersonKey | None
    own_deliveries: frozenset[str] | None
    as_of: date
    now: datetime
    progress: Callable[[str], None] = lambda _: None

    @property
    def landing(self) -> Landing:
        return Landing(self.directory.landing)


@dataclass(frozen=True)
class _Counts:
    """The counts of raw.delivery for one file; sums are those of the contract's control column."""

    rows_in: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_left_out: int = 0
    sum_in: str | None = None
    sum_accepted: str | None = None
    sum_quarantined: str | None = None
    sum_left_out: str | None = None
    rows_without_sum: int = 0
    masked_values: int = 0


def load(connection: duckdb.DuckDBPyConnection, intake: Intake) -> LoadReport:
    """Loads all that is new: what landing has and raw lacks, the inbox, refused files whose contract has changed."""
    _sweep(intake.directory.build)
    replay(connection, intake)
    taken = []
    arrivals = door.arrivals(intake.directory.inbox, intake.contracts) + _worth_another_try(intake)
    for arrival in arrivals:
        intake.progress(f"{arrival.feed}/{arrival.source}: {arrival.file_name}")
        try:
            taken.append(_take(connection, intake, arrival))
        except (FileNotFoundError, ChangedFileError):
            intake.progress(f"{arrival.file_name} is still being written, or is gone: left for the next load")
        except OSError as error:
            if error.errno in FULL:
                raise
            taken.append(_failed(arrival, error))
    return LoadReport(tuple(taken))


def _failed(arrival: Arrival, error: OSError) -> Delivery:
    """A file that the system will not let be read or moved: it stays where it is, and the others go on."""
    reason = f"Filen kan inte läsas eller flyttas ({error.strerror}). Rätta namn eller rättigheter; den ligger kvar."
    return Delivery("", arrival.feed, arrival.source, arrival.file_name, "refused", "system", reason, 0, 0, 0)


def _sweep(build: Path) -> None:
    """Removes the unpacked texts that a load which was killed has left."""
    build.mkdir(parents=True, exist_ok=True)
    for folder in build.glob("intake-*"):
        shutil.rmtree(folder)


def replay(connection: duckdb.DuckDBPyConnection, intake: Intake, known_by: date | None = None) -> None:
    """Repeats from landing, in the order of old, what this warehouse lacks; given `known_by`, what was known then.

    Raises ContractError if a file that was once loaded cannot be read by today's contract: left out it would be lost.
    """
    intake.directory.build.mkdir(parents=True, exist_ok=True)
    raw_schema.create(connection, intake.contracts)
    there = connection.execute("select sequence from raw.delivery").fetchall()
    for receipt in intake.landing.receipts(skip=frozenset(sequence for (sequence,) in there)):
        if known_by is not None and receipt.known_from > known_by:
            continue
        intake.progress(f"{receipt.feed}/{receipt.source}: {receipt.file_name}")
        if receipt.status != "loaded":
            _commit(connection, receipt, _Counts(), None)
            continue
        _require_the_key_of(receipt, intake)
        arrival = Arrival(intake.landing.file(receipt), receipt.feed, receipt.source)
        intake.landing.require(receipt)
        try:
            contract, source = door.recognise(arrival, intake.contracts)
            counts, _ = _parse(connection, intake, arrival.path, contract, source)
        except RefusedFileError as refusal:
            place = f"{receipt.feed}/{receipt.source}/{receipt.file_name} in landing"
            raise ContractError(place, refusal.reason, "It has been loaded before: mend the contract") from refusal
        _commit(connection, receipt, counts, contract)


def _require_the_key_of(receipt: Receipt, intake: Intake) -> None:
    """The same key as when it landed: under another, the same person would be two. Raises UsageError otherwise."""
    if receipt.key_id is not None and (intake.key is None or intake.key.key_id != receipt.key_id):
        place = "NETTOEFFEKT_PERSON_KEY_FILE"
        raise UsageError(place, f"landing was loaded under the key {receipt.key_id!r}", "Give the file with that key")


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
    if refused is None or (refused.rule == "no_key" and intake.key is not None):
        return True
    return refused.contract_digest != _digest_of(intake, arrival.feed)


def _known_feed(intake: Intake, arrival: Arrival) -> str:
    return arrival.feed if arrival.feed in intake.contracts else door.UNKNOWN


def _digest_of(intake: Intake, feed: str) -> str:
    contract = intake.contracts.get(feed)
    return contract.digest if contract else ""


def _take(connection: duckdb.DuckDBPyConnection, intake: Intake, arrival: Arrival) -> Delivery:
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
    counts = _Counts()
    try:
        contract, source = door.recognise(arrival, intake.contracts)
        loaded_as = _loaded_as(connection, delivery_id)
        if loaded_as == (arrival.feed, arrival.source):
            receipt = replace(receipt, status="duplicate", rule="same_bytes", reason="Samma innehåll är redan inläst.")
        elif loaded_as is not None:
            raise RefusedFileError(
                "loaded_elsewhere",
                f"Samma innehåll är redan inläst som {'/'.join(loaded_as)}. Lades det fel då, så be källsystemet om en"
                " ny fil; annars ta bort den här.",
            )
        else:
            _require_own_persons(intake, contract, delivery_id)
            counts, known_from = _parse(connection, intake, arrival.path, contract, source)
            _require_plausible_dates(connection, intake, contract, known_from)
            receipt = replace(receipt, known_from=known_from or intake.as_of)
    except RefusedFileError as refusal:
        receipt = replace(receipt, status="refused", rule=refusal.rule, reason=refusal.reason)
    intake.landing.keep(receipt, arrival.path if receipt.status == "loaded" else None)
    _commit(connection, receipt, counts, contract if receipt.status == "loaded" else None)
    refused.clear(intake.directory, arrival, receipt)
    return Delivery(
        *(receipt.delivery_id, receipt.feed, receipt.source, receipt.file_name, receipt.status),
        *(receipt.rule, receipt.reason, counts.rows_in, counts.rows_accepted, counts.rows_quarantined),
    )


def _loaded_as(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> tuple[str, str] | None:
    """The feed and source under which these bytes were loaded, if they were."""
    query = "select feed, source from raw.delivery where delivery_id = ? and status = 'loaded'"
    return next(iter(connection.execute(query, [delivery_id]).fetchall()), None)


def _require_own_persons(intake: Intake, contract: Contract, delivery_id: str) -> None:
    """No personal data but the demo's own under the demo's key, which everybody knows."""
    if contract.has_personal_data and intake.own_deliveries is not None and delivery_id not in intake.own_deliveries:
        raise RefusedFileError(
            "demo_directory",
            "Demons datakatalog tar inte emot andras personuppgifter: demons nyckel är känd av alla. Använd en egen"
            " datakatalog (--data) och en egen nyckel (NETTOEFFEKT_PERSON_KEY_FILE).",
        )


def _parse(
    connection: duckdb.DuckDBPyConnection, intake: Intake, file: Path, contract: Contract, source: Source
) -> tuple[_Counts, date | None]:
    """Fills `incoming` from the file and counts it; also the extract date that the file itself tells, if it does.

    Raises RefusedFileError if the file, or too large a share of its rows, cannot be taken.
    """
    build = intake.directory.build
    with tempfile.TemporaryDirectory(dir=build, prefix="intake-") as folder, space_guard(build):
        text = Path(folder) / "delivery.txt"
        lines = door.write_text(file, source, text)
        delimited.read(connection, text, door.header_of(text, source), contract, source)
        delimited.require_every_line(connection, text, lines, source)
    masked = protect.protect(connection, contract, intake.key)
    counts = _count(connection, contract, masked)
    if counts.rows_in == 0:
        raise RefusedFileError("no_rows", "Filen har en rubrikrad men inga rader. Beställ en ny fil av källsystemet.")
    _require_few_quarantined(connection, contract, counts)
    return counts, _extract_date(connection, contract, source)


def _require_plausible_dates(
    connection: duckdb.DuckDBPyConnection, intake: Intake, contract: Contract, known_from: date | None
) -> None:
    """Raises RefusedFileError for an extract date that has not come, which would win over all that do, and for months
    so far off that every month between would be emptied."""
    if known_from is not None and known_from > max(intake.as_of, intake.now.date()):
        raise RefusedFileError("extract_date", f"Uttagsdatumet {known_from} har inte varit än. Rätta filen.")
    for column in contract.columns:
        if not (column.is_month and column.name in contract.slice_key):
            continue
        ((first, last),) = connection.execute(
            f"select min({column.name}), max({column.name}) from {delimited.INCOMING} where len(faults) = 0"
        ).fetchall()
        for month in (first, last):
            if month is not None and not -YEARS_BACK <= month.year - intake.as_of.year <= YEARS_AHEAD:
                raise RefusedFileError(
                    "month_span", f"Månaden {month:%Y-%m} ligger för långt från {intake.as_of}. Rätta filen."
                )


def _count(connection: duckdb.DuckDBPyConnection, contract: Contract, masked: int) -> _Counts:
    control = contract.control_column or "cast(null as decimal(38,4))"
    ((rows_in, accepted, quarantined, sum_in, sum_accepted, sum_quarantined, without),) = connection.execute(
        f"""
        select count(*), count(*) filter (len(faults) = 0), count(*) filter (len(faults) > 0),
            sum({control}), sum({control}) filter (len(faults) = 0), sum({control}) filter (len(faults) > 0),
            count(*) - count({control})
        from {delimited.INCOMING}
        """
    ).fetchall()
    sums = [None if value is None else f"{value:f}" for value in (sum_in, sum_accepted, sum_quarantined)]
    return _Counts(rows_in, accepted, quarantined, 0, *sums, None, without if contract.control_column else 0, masked)


def _require_few_quarantined(connection: duckdb.DuckDBPyConnection, contract: Contract, counts: _Counts) -> None:
    share = 100 * counts.rows_quarantined / counts.rows_in
    if share <= contract.max_quarantined_share_pct:
        return
    ((row, fault),) = connection.execute(
        f"select row_number, faults[1] from {delimited.INCOMING} where len(faults) > 0 order by row_number limit 1"
    ).fetchall()
    column, _, rule = fault.partition("|")
    raise RefusedFileError(
        "quarantine_limit",
        f"{counts.rows_quarantined} av {counts.rows_in} rader kan inte läsas, mer än kontraktets gräns"
        f" {contract.max_quarantined_share_pct} %. Första felet: datarad {row}, {protect.reason_sv(column, rule)}."
        " Rätta filen och skicka den igen.",
    )


def _extract_date(connection: duckdb.DuckDBPyConnection, contract: Contract, source: Source) -> date | None:
    """The one date of the column that the contract names for it. Raises RefusedFileError unless there is just one."""
    if source.extract_date_header is None:
        return None
    texts = connection.execute(
        f"select distinct trim(extract_text) from {delimited.INCOMING} where extract_text is not null limit 3"
    ).fetchall()
    try:
        (only,) = [text for (text,) in texts]
        return datetime.strptime(only, source.date_format).date()
    except ValueError as error:
        raise RefusedFileError(
            "extract_date",
            f"Kolumnen {source.extract_date_header!r} ska ha ett och samma datum på alla rader, som"
            f" {_example(source)}. Rätta filen.",
        ) from error


def _example(source: Source) -> str:
    """A date as the source writes it."""
    return date(2024, 12, 31).strftime(source.date_format)


def _commit(
    connection: duckdb.DuckDBPyConnection, receipt: Receipt, counts: _Counts, contract: Contract | None
) -> None:
    """Rows, slices, quarantine and the delivery itself, all or nothing. Without a contract only the delivery."""
    connection.execute("begin")
    try:
        if contract is not None:
            slices.write(connection, receipt, contract)
            protect.write_quarantine(connection, receipt, contract)
        connection.execute(
            f"insert into raw.delivery values ({', '.join('?' * 23)})",
            [
                *(receipt.delivery_id, receipt.feed, receipt.source, receipt.file_name, receipt.bytes),
                *(receipt.received_at, receipt.known_from, receipt.sequence, receipt.contract_version, receipt.key_id),
                *(receipt.status, receipt.rule, receipt.reason),
                *(counts.rows_in, counts.rows_accepted, counts.rows_quarantined, counts.rows_left_out),
                *(counts.sum_in, counts.sum_accepted, counts.sum_quarantined, counts.sum_left_out),
                *(counts.rows_without_sum, counts.masked_values),
            ],
        )
        if contract is not None:
            slices.mark_superseded(connection, receipt.delivery_id)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
