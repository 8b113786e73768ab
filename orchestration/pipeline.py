"""The order of a run: reference tables, load, dbt, judge, incidents, publish, report, send; the same for Dagster.

The run lock is held from the first step to the last.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime

from orchestration import fingerprint as prints
from orchestration import ops
from orchestration.errors import UsageError
from orchestration.model import LoadReport, Release, RunOutcome
from orchestration.publishing import release as publishing
from orchestration.publishing.hold import Hold, let_go, roll_back
from orchestration.run import Progress, Run, intake_of
from orchestration.settings import DataDirectory, Settings, Workspace
from orchestration.warehouse import connect, quoted, require_space, run_lock
from orchestration.workers import prepared

SHORTEST_ID = 8  # characters of a delivery's SHA-256 that may stand for the whole


@contextmanager
def open_run(settings: Settings, as_of: date, verb: str, progress: Progress = lambda _: None) -> Iterator[Run]:
    """A run that holds the lock until the block ends.

    A date before that of the published release builds in a scratch folder and replaces nothing.
    """
    directory = settings.directory
    with run_lock(directory, verb):
        require_space(directory, settings.min_free_mb)
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        workspace, is_past = choose_workspace(settings, as_of)
        if is_past:
            shutil.rmtree(workspace.build, ignore_errors=True)
        run_id = f"{now:%Y%m%dT%H%M%S}-{os.getpid()}"
        inputs_hash, version = prints.inputs_hash(settings, as_of), prints.code_version()
        yield Run(settings, verb, as_of, now, workspace, progress, is_past, inputs_hash, version, run_id)


def choose_workspace(settings: Settings, as_of: date) -> tuple[Workspace, bool]:
    """Where a date is built, and whether it lies before the published release's."""
    directory = settings.directory
    published = publishing.current(directory.main)
    if published is not None and as_of < published.as_of:
        return directory.scratch(as_of), True
    return directory.main, False


def run(settings: Settings, as_of: date, verb: str = "run", progress: Progress = lambda _: None) -> RunOutcome:
    """Everything new, to published. The whole morning."""
    with open_run(settings, as_of, verb, progress) as current:
        current.check_reference()
        _steps(current)
        return current.finish()


def _steps(current: Run) -> None:
    """The order of a run. dbt, the controls and the reports have processes of their own, which begin with the load."""
    from expectations.runner import import_library
    from orchestration.reporting import report
    from orchestration.transform import dbt

    with prepared(import_library) as current.judges, prepared(report.prepare, report.PROCESSES) as current.writers:
        with dbt(current.settings, current.workspace) as project:
            current.load()
            current.transform(project)
        current.judge()
        current.update_incidents()
        current.publish()
        current.report()
        current.send()


def nothing_new(settings: Settings, as_of: date) -> tuple[prints.LastRun, Release | None] | None:
    """The last run, and what it published, if a run now could not come to anything else; else None."""
    workspace, is_past = choose_workspace(settings, as_of)
    publishing.drop_stray_wal(workspace)
    last = prints.read_last_run(workspace)
    if last is None or last.fingerprint != prints.fingerprint(settings, prints.inputs_hash(settings, as_of)):
        return None
    if not is_past and prints.has_unseen_files(settings):
        return None
    release = publishing.current(workspace)
    if release is None and not last.stops:
        return None
    return last, release


def load_only(
    settings: Settings, as_of: date, progress: Progress = lambda _: None, accepted: Mapping[str, str] | None = None
) -> LoadReport:
    """Takes in what is new, and no more; also refused files that are `accepted`, by the beginning of their SHA-256, for
    a reason. Raises UsageError for a date before the published release's, and if no refused file is meant."""
    with open_run(settings, as_of, "load", progress) as current:
        if current.is_past:
            raise UsageError(f"--as-of {as_of}", "the published release is later", "Load takes what is new as of today")
        current.check_reference()
        current.accepted = _whole_ids(settings.directory, accepted or {})
        return current.load()


def rebuild(
    settings: Settings, as_of: date, progress: Progress = lambda _: None, is_new_key: bool = False
) -> RunOutcome:
    """Makes the build anew from landing, keeping schema ops, and publishes. If that fails, the old build stands.

    With `is_new_key` all persons get the pseudonyms of the key that is given now, in all months alike.
    """
    from orchestration.intake.load import keep_expired

    with open_run(settings, as_of, "rebuild", progress) as current:
        current.is_new_key = is_new_key
        warehouse = current.workspace.warehouse
        old = warehouse.with_name(f"{warehouse.stem}_before_rebuild.duckdb")
        current.check_reference()
        if is_new_key and intake_of(current).key is None:
            raise UsageError("rebuild --new-key", "no key is given", "Point NETTOEFFEKT_PERSON_KEY_FILE to the new one")
        expired = intake_of(current).landing.expired() if is_new_key else ()
        if expired:
            rule = f"{len(expired)} deliveries are no longer in clear, and their persons cannot get another key"
            raise UsageError("rebuild --new-key", rule, "Keep the key, or begin a new data directory with the new one")
        if old.exists():  # a rebuild was killed
            old.replace(warehouse)
        if warehouse.exists():
            with connect(warehouse):  # takes in what a killed run left in the .wal, which does not follow a rename
                pass
            warehouse.replace(old)
        try:
            with connect(warehouse) as connection:
                ops.create(connection)
                if old.exists():
                    connection.execute(f"attach {quoted(old)} as old_build (read_only)")
                    ops.copy_from(connection, "old_build")
                    keep_expired(connection, intake_of(current), "old_build")
            _steps(current)
        except BaseException:
            if old.exists():
                old.replace(warehouse)
            raise
        old.unlink(missing_ok=True)
        if is_new_key:
            _note_new_key(current)
        return current.finish()


def _note_new_key(current: Run) -> None:
    """Has landing know the key that all its deliveries stand under from now on."""
    intake = intake_of(current)
    assert intake.key is not None
    intake.landing.note_new_key(intake.key.key_id)


def rollback(settings: Settings, release_id: str) -> Release:
    """Publishes a kept release again and holds it: runs go on, and publish nothing until the hold is let go."""
    with run_lock(settings.directory, "rollback"):
        return roll_back(settings.directory.main, release_id, datetime.now(UTC).replace(tzinfo=None, microsecond=0))


def end_rollback(settings: Settings) -> Hold:
    """Lets the hold go: the next run publishes."""
    with run_lock(settings.directory, "rollback"):
        return let_go(settings.directory.main)


def _whole_ids(directory: DataDirectory, accepted: Mapping[str, str]) -> dict[str, str]:
    """The whole SHA-256 of each refused file that is meant. Raises UsageError unless there is one of each."""
    from orchestration.intake.door import digest

    refused = {digest(path) for path in directory.refused.rglob("*") if path.is_file() and not path.is_symlink()}
    whole = {}
    for beginning, because in accepted.items():
        meant = [identity for identity in refused if identity.startswith(beginning.lower())]
        if len(meant) != 1 or len(beginning) < SHORTEST_ID:
            fault = "no refused file has that SHA-256" if not meant else "several refused files may be meant"
            raise UsageError(
                f"load --accept {beginning}", fault, "Give more of the SHA-256 that nettoeffekt status shows"
            )
        whole[meant[0]] = because
    return whole
