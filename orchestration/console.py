"""What the verbs print: results to standard output, progress and errors to standard error."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from orchestration.alerting.values import Incident
from orchestration.fingerprint import LastRun
from orchestration.model import LoadReport, Release, RunOutcome, Status
from orchestration.settings import Settings
from orchestration.state import StatusReport

if TYPE_CHECKING:  # importing them needs the contracts' libraries, which most verbs can do without
    from orchestration.intake.dry_run import DryRun
    from orchestration.intake.parse import Counts
    from orchestration.reporting.explanation import Explanation

MNKR = Decimal(1_000_000)
CELL = 24  # characters of a value in the table of accepted rows


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
    said = outcome.incidents
    say(f"Incidents: {said.opened} opened, {said.worsened} worsened, {said.resolved} resolved, {said.unresolved} open")
    _channels(outcome.channels_down)
    if outcome.unresolved:
        say(f"Stopped by {', '.join(outcome.unresolved)}: nothing was published")
    _release(settings, outcome.release, "New release" if outcome.is_new_release else "Release unchanged")
    if outcome.is_held:
        _held(outcome.release.release_id)
    if outcome.report_fault:
        say(f"Reports not written: {outcome.report_fault}")


def show_nothing_new(settings: Settings, last: LastRun, release: Release | None, as_json: bool) -> None:
    """That a run would change nothing, and what stands."""
    if as_json:
        return _json(
            {"is_nothing_new": True, "last_run": asdict(last), "release": asdict(release) if release else None}
        )
    say(f"Nothing new as of {last.as_of}")
    if last.stops:
        say(f"Still stopped by {', '.join(last.stops)}: nothing was published by run {last.run_id}")
    _channels(last.channels_down)
    _release(settings, release, "Release")


def show_load(report: LoadReport, as_json: bool) -> None:
    """What became of each file."""
    if as_json:
        return _json(asdict(report))
    _deliveries(report)


def show_dry_run(report: "DryRun", as_json: bool) -> None:
    """What a load would make of one file."""
    if as_json:
        return _json(asdict(report))
    say(f"{report.feed}/{report.source}: {report.file_name} would be {report.status}")
    if report.reason:
        say(f"{'Refused' if report.is_refused else 'Note'} [{report.rule}] {report.reason}")
    if report.uses_throw_away_key:
        say("No person key is set: pseudonyms are made with a throw-away key, and a real load would refuse the file")
    if report.counts is not None:
        _counts(report, report.counts)
        origin = "the file's own extract date" if report.is_own_extract_date else "the day of the load"
        say(f"Known from {report.known_from}, {origin}")
        _slices(report)
        _accepted(report)
    for word, lines in (("Quarantined", report.quarantined), ("Left out", report.left_out)):
        if lines:
            say(f"{word}, the first rows:")
        for line in lines:
            say(f"  {line.place}" + (f" [{line.rule}] {line.reason}" if line.rule else ""))
            say(f"      {line.text}")


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
    if report.held_at:
        _held(report.held_at)
    if report.stops:
        say(f"The last run was stopped by {', '.join(report.stops)}")
    _channels(report.channels_down)
    if report.feeds:
        say(f"{'Feed':20} {'Status':14} {'Rows':>10} {'Quarantined':>12} {'Latest':>8} {'Expected':>9}")
    for feed in report.feeds:
        months = [f"{month:%Y-%m}" if month else "-" for month in (feed.latest_month, feed.expected_month)]
        counts = f"{feed.row_count:>10} {feed.quarantined_row_count:>12}"
        say(f"{feed.feed:20} {feed.status:14} {counts} {months[0]:>8} {months[1]:>9}")
    for refused in report.refused:
        say(f"Refused {refused.path} ({refused.delivery_id[:12]}) [{refused.rule}] {refused.reason}")
    for flag in report.flags:
        amount = Decimal(flag.amount_sek) if flag.amount_sek else None
        _flag(flag.check_id, flag.severity, flag.status, flag.findings, amount, flag.detail)


def show_incidents(incidents: Sequence[Incident], as_json: bool) -> None:
    """One line per incident: what, whose, how old, how much; and what it says."""
    if as_json:
        return _json([asdict(incident) for incident in incidents])
    if not incidents:
        say("No incidents are open")
    for incident in incidents:
        money = f", {incident.amount_sek / MNKR:.1f} mnkr" if incident.amount_sek is not None else ""
        until = f" until {incident.snoozed_until}" if incident.snoozed_until else ""
        since = f"since {incident.opened_on} ({incident.age_days} days)"
        owner = incident.owner_role or "no owner"
        say(f"{incident.incident_id:14} {incident.severity:5} {incident.state}{until} {since}{money}, {owner}")
        say(f"    {incident.subject_type} {incident.subject_id}: {incident.detail}")


def show_files(files: Sequence[Path], as_json: bool) -> None:
    """The files that were written, one a line."""
    if as_json:
        return _json(files)
    for file in files:
        say(_near(file))


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


def _channels(down: Sequence[str]) -> None:
    for name in down:
        say(f"Messages wait: the channel {name} does not take them. See nettoeffekt incidents")


def show_rollback(release: Release) -> None:
    """That an earlier release is published again."""
    say(f"Published again: {release.release_id}, as of {release.as_of}")
    _held(release.release_id)


def show_explanation(explanation: "Explanation", as_json: bool) -> None:
    """Where a net effect comes from."""
    from orchestration.reporting.explain_text import explanation_lines

    if as_json:
        return _json(asdict(explanation))
    for line in explanation_lines(explanation):
        say(line)


def _held(release_id: str) -> None:
    say(f"Publishing is held at {release_id}: runs publish nothing until nettoeffekt rollback --release")


def _deliveries(report: LoadReport) -> None:
    if report.deliveries:
        quarantined = sum(delivery.rows_quarantined for delivery in report.loaded)
        rows = sum(delivery.rows_accepted for delivery in report.loaded)
        known = sum(delivery.status == "duplicate" for delivery in report.deliveries)
        again = f"; {known} files were loaded before" if known else ""
        say(f"Loaded {len(report.loaded)} files, {rows} rows; {quarantined} rows quarantined{again}")
    for delivery in report.refused:
        say(f"Refused {delivery.feed}/{delivery.source}/{delivery.file_name} [{delivery.rule}] {delivery.reason}")


def _counts(report: "DryRun", counts: "Counts") -> None:
    """One line of rows and, where the contract has a control column, one of its sums, added up in the same way."""
    rows = (counts.rows_in, counts.rows_accepted, counts.rows_quarantined, counts.rows_left_out)
    sums = (counts.sum_in, counts.sum_accepted, counts.sum_quarantined, counts.sum_left_out)
    say(f"{'':24} {'in the file':>18} {'accepted':>18} {'quarantined':>18} {'left out':>18}")
    say(f"{'rows':24} {' '.join(f'{number:>18}' for number in rows)}")
    if report.control_column:
        say(f"{'sum of ' + report.control_column:24} {' '.join(f'{_amount(amount):>18}' for amount in sums)}")


def _slices(report: "DryRun") -> None:
    first = f", the first {len(report.slices)}" if report.slice_count > len(report.slices) else ""
    say(f"Slices: {report.slice_count}{first}")
    for part in report.slices:
        money = f", sum {_amount(part.amount_sum)}" if part.amount_sum is not None else ""
        month = f" ({part.month:%Y-%m})" if part.month else ""
        key = part.slice_key.replace(report.delivery_id, "(this file)")
        say(f"  {key}{month}: {part.row_count} rows{money}")


def _accepted(report: "DryRun") -> None:
    """The first accepted rows side by side, a line per column: rows of twenty columns fit no terminal."""
    if not report.places:
        return
    say("Accepted, the first rows:")
    for name, texts in {"": report.places, **report.accepted}.items():
        shown = [("-" if text is None else text)[:CELL] for text in texts]
        say(f"  {name:24} {' '.join(f'{text:{CELL}}' for text in shown)}".rstrip())
    if report.columns_without_value:
        say(f"Without any value: {', '.join(report.columns_without_value)}")


def _amount(amount: Decimal | None) -> str:
    return "-" if amount is None else f"{amount:.2f}"


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
