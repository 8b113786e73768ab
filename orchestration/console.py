"""What the verbs print: results to standard output, progress and errors to standard error."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from orchestration.fingerprint import LastRun
from orchestration.model import LoadReport, Release, RunOutcome, Status
from orchestration.settings import Settings
from orchestration.state import StatusReport

if TYPE_CHECKING:
    from orchestration.reporting.explanation import Explanation

MNKR = Decimal(1_000_000)


def say(line: str = "") -> None:
    print(line, flush=True)


def error(line: str) -> None:
    print(f"nettoeffekt: {line}", file=sys.stderr, flush=True)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Says each step on standard error, with the seconds since the start; on a terminal in one line that moves."""
    start = monotonic()
    if not sys.stderr.isatty():
        yield lambda step: print(f"{monotonic() - start:6.1f} s  {step}", file=sys.stderr, flush=True)
        return
    from rich.console import Console

    with Console(stderr=True).status("Start") as shown:
        yield lambda step: shown.update(f"{step} …")


def show_outcome(settings: Settings, outcome: RunOutcome, as_json: bool) -> None:
    """What a run came to: deliveries, flags, release."""
    if as_json:
        return _json(asdict(outcome))
    _deliveries(outcome.load)
    flags = [result for result in outcome.judgement.results if result.status is not Status.PASSED]
    say(f"Checks: {len(outcome.judgement.results) - len(flags)} passed, {len(flags)} flagged")
    for result in sorted(flags, key=lambda r: (not r.stops, r.check_id, r.table_name)):
        _flag(result.check_id, result.severity, result.status, result.findings, result.amount_sek, result.detail)
    if outcome.unresolved:
        say(f"Stopped by {', '.join(outcome.unresolved)}: nothing was published")
    _release(settings, outcome.release, "New release" if outcome.is_new_release else "Release unchanged")


def show_nothing_new(settings: Settings, last: LastRun, release: Release | None, as_json: bool) -> None:
    """That a run would change nothing, and what stands."""
    if as_json:
        return _json(
            {"is_nothing_new": True, "last_run": asdict(last), "release": asdict(release) if release else None}
        )
    say(f"Nothing new as of {last.as_of}")
    if last.stops:
        say(f"Still stopped by {', '.join(last.stops)}: nothing was published by run {last.run_id}")
    _release(settings, release, "Release")


def show_load(report: LoadReport, as_json: bool) -> None:
    """What became of each file."""
    if as_json:
        return _json(asdict(report))
    _deliveries(report)


def show_status(report: StatusReport, as_json: bool) -> None:
    """How the data directory stands."""
    if as_json:
        return _json(asdict(report))
    if report.running:
        say(f"Running: {report.running}")
    if report.release is None:
        say("Nothing is published")
    else:
        release = report.release
        say(f"Release {release.release_id}, as of {release.as_of}, published {release.published_at} UTC")
    if report.stops:
        say(f"The last run was stopped by {', '.join(report.stops)}")
    if report.feeds:
        say(f"{'Feed':20} {'Status':14} {'Rows':>10} {'Quarantined':>12} {'Latest':>8} {'Expected':>9}")
    for feed in report.feeds:
        months = [f"{month:%Y-%m}" if month else "-" for month in (feed.latest_month, feed.expected_month)]
        counts = f"{feed.row_count:>10} {feed.quarantined_row_count:>12}"
        say(f"{feed.feed:20} {feed.status:14} {counts} {months[0]:>8} {months[1]:>9}")
    for refused in report.refused:
        say(f"Refused {refused.path} [{refused.rule}] {refused.reason}")
    for flag in report.flags:
        amount = Decimal(flag.amount_sek) if flag.amount_sek else None
        _flag(flag.check_id, flag.severity, flag.status, flag.findings, amount, flag.detail)


def show_releases(releases: list[Release], current: Release | None, as_json: bool) -> None:
    """The kept releases, newest first; the one that BI reads is marked."""
    if as_json:
        return _json([asdict(release) for release in releases])
    if not releases:
        say("Nothing is published")
    for release in releases:
        checks = f"{release.checks_passed} checks passed, {release.checks_warned} flagged"
        mark = "*" if current and release.release_id == current.release_id else " "
        say(f"{mark} {release.release_id}  as of {release.as_of}  published {release.published_at} UTC  {checks}")


def show_explanation(explanation: "Explanation", as_json: bool) -> None:
    """Where a net effect comes from."""
    from orchestration.reporting.explain_text import explanation_lines

    if as_json:
        return _json(asdict(explanation))
    for line in explanation_lines(explanation):
        say(line)


def _deliveries(report: LoadReport) -> None:
    if report.deliveries:
        quarantined = sum(delivery.rows_quarantined for delivery in report.loaded)
        rows = sum(delivery.rows_accepted for delivery in report.loaded)
        known = sum(delivery.status == "duplicate" for delivery in report.deliveries)
        again = f"; {known} files were loaded before" if known else ""
        say(f"Loaded {len(report.loaded)} files, {rows} rows; {quarantined} rows quarantined{again}")
    for delivery in report.refused:
        say(f"Refused {delivery.feed}/{delivery.source}/{delivery.file_name} [{delivery.rule}] {delivery.reason}")


def _flag(check_id: str, severity: str, status: str, findings: int, amount: Decimal | None, detail: str) -> None:
    money = f", {amount / MNKR:.1f} mnkr" if amount is not None else ""
    word = severity if status == Status.FAILED else status
    say(f"  {check_id:3} {word:5} {findings} findings{money}: {detail}")


def _release(settings: Settings, release: Release | None, words: str) -> None:
    if release is None:
        say("Nothing is published")
        return
    say(f"{words} {release.release_id}, as of {release.as_of}")
    directory = settings.directory
    workspace = directory.main
    if not (workspace.releases / release.release_id).exists():
        workspace = directory.scratch(release.as_of)
    say(f"Published {_near(workspace.published_warehouse)}")


def _near(path: Path) -> str:
    """A path as seen from the working directory where that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


def _json(document: object) -> None:
    say(json.dumps(document, ensure_ascii=False, indent=2, default=str))
