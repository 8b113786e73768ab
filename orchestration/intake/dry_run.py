"""What a load would make of one file, for whoever writes a contract: the same readers and rules, nothing kept.

The file is parsed into a throw-away database with the tables of its feed alone. The data directory is neither locked
nor written to.
"""

import heapq
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.errors import RefusedFileError, UsageError
from orchestration.intake import door, quarantine, raw_schema
from orchestration.intake.contract import Contract, Source
from orchestration.intake.door import Arrival
from orchestration.intake.landing import Receipt
from orchestration.intake.load import record, require_past
from orchestration.intake.parse import Counts, Parsed, Setting, parse
from orchestration.intake.privacy import PersonKey
from orchestration.intake.tally import AsideRow, Tally, lent_functions
from orchestration.warehouse import connect, transaction

SHOWN_ACCEPTED = 3
SHOWN_ASIDE = 5
SHOWN_SLICES = 24
THROW_AWAY_KEY = "throw-away"


@dataclass(frozen=True)
class SliceLine:
    """A part of the feed that the file would replace. `amount_sum` is that of the control column, in its unit."""

    slice_key: str
    month: date | None
    row_count: int
    amount_sum: Decimal | None


@dataclass(frozen=True)
class AsideLine:
    """A row kept out, masked: `place` in the file in Swedish, and of a quarantined row the first column and rule that
    it breaks and all of them in Swedish."""

    place: str
    column: str | None
    rule: str | None
    reason: str | None
    text: str | None


@dataclass(frozen=True)
class DryRun:
    """What a load would make of a file: `status` is loaded or refused.

    `reason` tells why it is refused, or what to know of a file that is loaded. Of slices, accepted rows and rows kept
    out only the first are here, the counts are of all; of a refused file the counts are None. `accepted` has one entry
    per canonical column with a value: its name and its texts in the first rows, which are at `places`.
    """

    delivery_id: str
    feed: str
    source: str
    file_name: str
    status: str
    rule: str | None
    reason: str | None
    counts: Counts | None
    control_column: str | None
    known_from: date | None
    is_own_extract_date: bool
    slice_count: int
    slices: tuple[SliceLine, ...]
    places: tuple[str, ...]
    accepted: Mapping[str, tuple[str | None, ...]]
    columns_without_value: tuple[str, ...]
    quarantined: tuple[AsideLine, ...]
    left_out: tuple[AsideLine, ...]
    uses_throw_away_key: bool

    @property
    def is_refused(self) -> bool:
        return self.status == "refused"


def dry_run(
    contracts: Mapping[str, Contract],
    file: Path,
    feed: str,
    source_name: str | None,
    key: PersonKey | None,
    as_of: date,
    today: date,
) -> DryRun:
    """What a load on `today`, reckoned for `as_of`, would make of the file, if it had not been loaded before.

    Raises UsageError for a file, feed or source that is not there, or a source that must be said.
    """
    contract, source = _chosen(contracts, feed, source_name)
    arrival = Arrival(_found(file), feed, source.name)
    needs_key = contract.has_personal_data and key is None
    key = PersonKey(THROW_AWAY_KEY, secrets.token_bytes(32)) if needs_key else key
    with (
        tempfile.TemporaryDirectory(prefix="nettoeffekt-dry-run-") as folder,
        connect(Path(folder) / "dry_run.duckdb") as connection,
        lent_functions(connection, key) as lent,
    ):
        raw_schema.create(connection, {feed: contract})
        parsed, refusal = None, None
        setting = Setting(Path(folder), lent, as_of)
        try:
            receipt = _receipt(arrival, contract, key, as_of)
            with transaction(connection):
                parsed = parse(connection, arrival.path, contract, source, receipt.delivery_id, setting)
                require_past(parsed.extract_date, today)
                record(connection, receipt, contract, parsed)
        except RefusedFileError as error:
            parsed, refusal = None, error
        except OSError as error:
            raise UsageError(str(file), f"cannot be read ({error.strerror})", "Mend its rights") from error
        return _report(connection, receipt, contract, source, parsed, refusal, lent.tally, needs_key)


def _chosen(contracts: Mapping[str, Contract], feed: str, source_name: str | None) -> tuple[Contract, Source]:
    contract = contracts.get(feed)
    if contract is None:
        raise UsageError(f"--feed {feed}", "there is no such feed", f"Use one of {', '.join(contracts)}")
    known = ", ".join(contract.sources)
    if source_name is None and len(contract.sources) > 1:
        raise UsageError(f"--feed {feed}", "it has several sources", f"Say --source, one of {known}")
    source = next(iter(contract.sources.values())) if source_name is None else contract.sources.get(source_name)
    if source is None:
        raise UsageError(f"--source {source_name}", f"the feed {feed} has no such source", f"Use one of {known}")
    return contract, source


def _found(file: Path) -> Path:
    """The file itself: it need not lie in an inbox, so a link is followed."""
    if not file.is_file():
        raise UsageError(str(file), "there is no such file", "Give the path of a delivered file")
    return file.resolve()


def _receipt(arrival: Arrival, contract: Contract, key: PersonKey | None, as_of: date) -> Receipt:
    """A receipt that is never kept: the tables of schema raw are made from one."""
    return Receipt(
        delivery_id=door.digest(arrival.path),
        feed=arrival.feed,
        source=arrival.source,
        file_name=arrival.file_name,
        bytes=arrival.path.stat().st_size,
        received_at=datetime.combine(as_of, time()),
        known_from=as_of,
        sequence=1,
        contract_version=contract.version,
        contract_digest=contract.digest,
        key_id=key.key_id if contract.has_personal_data and key else None,
        status="loaded",
    )


def _report(
    connection: duckdb.DuckDBPyConnection,
    receipt: Receipt,
    contract: Contract,
    source: Source,
    parsed: Parsed | None,
    refusal: RefusedFileError | None,
    tally: Tally,
    uses_throw_away_key: bool,
) -> DryRun:
    warning = (parsed.reading.warning if parsed else None) or (None, None)
    rule, reason = (refusal.rule, refusal.reason) if refusal else warning
    extract_date = parsed.extract_date if parsed else None
    slices = connection.execute(
        "select slice_key, month, row_count, amount_sum from raw.delivery_slice order by slice_key limit ?",
        [SHOWN_SLICES],
    ).fetchall()
    ((slice_count,),) = connection.execute("select count(*) from raw.delivery_slice").fetchall()
    places, accepted, empty = _accepted(connection, contract, source)
    return DryRun(
        delivery_id=receipt.delivery_id,
        feed=receipt.feed,
        source=receipt.source,
        file_name=receipt.file_name,
        status="refused" if refusal else "loaded",
        rule=rule,
        reason=reason,
        counts=parsed.counts if parsed else None,
        control_column=contract.control_column,
        known_from=(extract_date or receipt.known_from) if parsed else None,
        is_own_extract_date=extract_date is not None,
        slice_count=slice_count,
        slices=tuple(SliceLine(*line) for line in slices),
        places=places,
        accepted=accepted,
        columns_without_value=empty,
        quarantined=_first(tally.quarantined, source),
        left_out=_first(tally.left_out, source),
        uses_throw_away_key=uses_throw_away_key,
    )


def _accepted(
    connection: duckdb.DuckDBPyConnection, contract: Contract, source: Source
) -> tuple[tuple[str, ...], dict[str, tuple[str | None, ...]], tuple[str, ...]]:
    """The first accepted rows: their places, the texts of each column with a value in any row, the other columns."""
    names = [column.name for column in contract.columns]
    filled, *first = connection.execute(
        f"""
        select null as _row_number, {", ".join(f"cast(count({name}) as varchar)" for name in names)}
        from raw.{contract.feed}
        union all
        select * from (
            select _row_number, {", ".join(f"cast({name} as varchar)" for name in names)} from raw.{contract.feed}
            order by _row_number limit {SHOWN_ACCEPTED}
        )
        order by _row_number nulls first
        """
    ).fetchall()
    if not first:
        return (), {}, ()
    has_value = {name: count != "0" for name, count in zip(names, filled[1:], strict=True)}
    texts = {name: tuple(row[place] for row in first) for place, name in enumerate(names, 1) if has_value[name]}
    empty = tuple(name for name in names if not has_value[name])
    return tuple(quarantine.row_sv(source, row[0]) for row in first), texts, empty


def _first(rows: Iterable[AsideRow], source: Source) -> tuple[AsideLine, ...]:
    first = heapq.nsmallest(SHOWN_ASIDE, rows, key=lambda row: row.row_number)
    told = [quarantine.verdict(row) if row.faults else (None, None, None) for row in first]
    return tuple(
        AsideLine(quarantine.row_sv(source, row.row_number), *verdict, row.text)
        for row, verdict in zip(first, told, strict=True)
    )
