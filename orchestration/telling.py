"""What alerting needs of the rest, brought to it: words from the suites, working days, refused files, and the clock."""

import time
from collections.abc import Sequence
from dataclasses import astuple, replace
from datetime import UTC, date, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from orchestration import fingerprint as prints
from orchestration.alerting import sending, store
from orchestration.alerting.channels import AlertSettings, beat, read_alert_settings
from orchestration.alerting.messages import ControlWords
from orchestration.alerting.values import Incident, Moment, Rules, Sighting
from orchestration.errors import UsageError
from orchestration.model import Release
from orchestration.settings import DataDirectory, Settings
from orchestration.warehouse import connect, run_lock


def rules(connection: DuckDBPyConnection, settings: Settings) -> Rules:
    """The rules by which incidents move."""
    from expectations.suites import load_suites
    from orchestration.intake.calendar import is_working_day

    follows: dict[str, frozenset[str]] = {}
    for suite in load_suites(settings.suites):
        for check in suite.checks:
            follows[check.check_id] = follows.get(check.check_id, frozenset()) | suite.follows_from
    return store.read_rules(connection, is_working_day, follows)


def refused_files(connection: DuckDBPyConnection, directory: DataDirectory) -> list[Sighting]:
    """What the files in refused/ give incidents of."""
    from orchestration import state
    from orchestration.intake.privacy import mask

    files = [(file.path, file.rule, file.reason) for file in state.refused_files(directory)]
    return store.refused_files(connection, files, lambda text: mask(text)[0])


def tell(
    settings: Settings,
    alert_settings: AlertSettings | None,
    warehouse: Path,
    moment: Moment,
    release_id: str | None,
    stops: Sequence[str],
) -> sending.Sent:
    """Tells who can act of what happened in a run, and whoever listens that it ended."""
    with connect(warehouse) as connection:
        in_force = rules(connection, settings)
    words = _words(settings)
    beating = {"run_id": moment.run_id, "as_of": str(moment.as_of), "release_id": release_id, "stops": stops}
    return sending.tell(
        sending.Sending(warehouse, alert_settings, moment, in_force, words, release_id, _utc_now, time.sleep), beating
    )


def tell_again(settings: Settings, last: prints.LastRun, release: Release | None) -> prints.LastRun:
    """Where a run finds nothing new: tells that it ended, and tries again what waits; the note of the last run, with
    the channels that still have some. Reads no suites and no contracts, so that it stays quick."""
    alert_settings = read_alert_settings(settings.alerts)
    if alert_settings is None:
        return last
    if alert_settings.heartbeat:
        release_id = release.release_id if release else None
        beat(
            alert_settings.heartbeat,
            {"run_id": last.run_id, "as_of": last.as_of, "release_id": release_id, "stops": last.stops},
        )
    if not last.channels_down:
        return last
    with run_lock(settings.directory, "run"):
        workspace = settings.directory.main
        _, faults = sending.send_waiting(workspace.warehouse, alert_settings, _utc_now, time.sleep)
        last = replace(last, channels_down=tuple(sorted(faults)))
        prints.write_last_run(workspace, last)
    return last


def touch(settings: Settings, incident_id: str, until: date | None, because: str) -> Incident:
    """Acknowledges an incident, or snoozes it until a day, as of the day of the last run; why is kept, masked. Waits
    for no run: raises LockError while one goes on."""
    from orchestration.intake.privacy import mask

    workspace = settings.directory.main
    with run_lock(settings.directory, "incidents"):
        last = prints.read_last_run(workspace)
        if last is None:
            raise UsageError(incident_id, "there are no incidents", "Run first")
        moment = Moment(date.fromisoformat(last.as_of), _utc_now().replace(microsecond=0))
        return store.touch(workspace, incident_id, moment, until, mask(because)[0])


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _words(settings: Settings) -> dict[tuple[str, str], ControlWords]:
    """The words of every control, by its id and the table it looks at."""
    from expectations.suites import load_suites

    return {
        (expectation.control, suite.table): ControlWords(suite.label_sv, *astuple(expectation.text))
        for suite in load_suites(settings.suites)
        for expectation in reversed(suite.expectations)  # of several the first, which is what the control is about
    }
