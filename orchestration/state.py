"""How things stand, read without a lock: from the published file, landing's receipts and the refused folder."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime

from orchestration.model import Release
from orchestration.publishing import release as publishing
from orchestration.publishing.hold import held
from orchestration.settings import DataDirectory, Settings
from orchestration.warehouse import connect, lock_holder


@dataclass(frozen=True)
class FeedStatus:
    """One row of marts.data_status."""

    feed: str
    last_delivery_at: datetime | None
    row_count: int
    quarantined_row_count: int
    latest_month: date | None
    expected_month: date | None
    status: str


@dataclass(frozen=True)
class RefusedFile:
    """A file that waits in refused/: why, and since when."""

    path: str
    rule: str
    reason: str
    received_at: str
    delivery_id: str = ""


@dataclass(frozen=True)
class Flag:
    """A control that did not pass in the published release."""

    check_id: str
    severity: str
    status: str
    table_name: str
    findings: int
    amount_sek: str | None
    detail: str


@dataclass(frozen=True)
class StatusReport:
    """What `status` tells. `running` names who holds the run lock; `stops` what kept the last run from publishing,
    `channels_down` the channels on which messages wait, `held_at` the release at which publishing is held."""

    running: str | None
    release: Release | None
    stops: tuple[str, ...] = ()
    feeds: tuple[FeedStatus, ...] = ()
    refused: tuple[RefusedFile, ...] = ()
    flags: tuple[Flag, ...] = field(default=())
    channels_down: tuple[str, ...] = field(default=())
    held_at: str | None = None


def read_status(settings: Settings) -> StatusReport:
    """How the data directory stands now."""
    from orchestration.fingerprint import read_last_run

    directory = settings.directory
    release = publishing.current(directory.main)
    last = read_last_run(directory.main)
    feeds, flags = _published(directory) if release else ((), ())
    stops, channels_down = (last.stops, last.channels_down) if last else ((), ())
    hold = held(directory.main)
    return StatusReport(
        *(lock_holder(directory), release, stops, feeds, tuple(refused_files(directory)), flags, channels_down),
        hold.release_id if hold else None,
    )


def _published(directory: DataDirectory) -> tuple[tuple[FeedStatus, ...], tuple[Flag, ...]]:
    with connect(directory.main.published_warehouse, read_only=True) as connection:
        feeds = connection.execute(
            "select feed, last_delivery_at, row_count, quarantined_row_count, latest_month, expected_month, status"
            " from marts.data_status order by feed"
        ).fetchall()
        flags = connection.execute(
            "select check_id, severity, status, table_name, findings, cast(amount_sek as varchar), detail"
            " from marts.check_result where not passed and run_id = (select run_id from marts.publication)"
            " order by check_id, table_name"
        ).fetchall()
    return tuple(FeedStatus(*row) for row in feeds), tuple(Flag(*row) for row in flags)


def refused_files(directory: DataDirectory) -> list[RefusedFile]:
    """The files in refused/ with their reasons, from the receipts that landing keeps."""
    from orchestration.intake.door import UNKNOWN, Arrival

    files = [path for path in sorted(directory.refused.rglob("*")) if path.is_symlink() or path.is_file()]
    files = [path for path in files if not (path.suffix == ".txt" and path.with_suffix("") in files)]
    found = []
    for path in files:
        feed = path.relative_to(directory.refused).parts[0]
        judged = [
            receipt
            for folder in (feed, UNKNOWN)
            for receipt in directory.landing.glob(f"{folder}/{Arrival(path, '', '').identity}.*.json")
        ]
        receipts = sorted(judged, key=lambda receipt: receipt.name)
        receipt = json.loads(receipts[-1].read_text(encoding="utf-8")) if receipts else {}
        name = str(path.relative_to(directory.refused))
        found.append(
            RefusedFile(
                *(name, receipt.get("rule", ""), receipt.get("reason", ""), receipt.get("received_at", "")),
                receipt.get("delivery_id", ""),
            )
        )
    return found
