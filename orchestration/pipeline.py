"""The order of a run: reference tables, load, dbt, judge, incidents, publish, report, send; the same for Dagster.

Each step opens the warehouse and closes it again; the run lock is held from the first to the last. After a stop nothing
is published, but incidents are opened, updated and closed, and who can act is told.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import fingerprint as prints
from orchestration import ops, telling
from orchestration.alerting import store as incident_store
from orchestration.alerting.channels import AlertSettings, check_channels, read_alert_settings
from orchestration.alerting.incidents import findings
from orchestration.alerting.values import Moment
from orchestration.errors import NettoeffektError, UsageError
from orchestration.model import IncidentCount, Judgement, LoadReport, Release, RunOutcome
from orchestration.publishing import release as publishing
from orchestration.publishing.hold import Hold, keep_hold, let_go, roll_back
from orchestration.settings import CHECKOUT, DataDirectory, Settings, Workspace
from orchestration.table_facts import TableFacts, table_facts
from orchestration.warehouse import connect, quoted, require_space, run_lock

if TYPE_CHECKING:  # importing it needs the contracts' libraries, which a run that finds nothing new can do without
    from orchestration.intake.load import Intake

DEMO_AS_OF = date(2025, 1, 31)
EXTRACTS = CHECKOUT / "seeds" / "extracts"
DBT_PROPERTIES = CHECKOUT / "dbt_project" / "models" / "reference" / "_reference.yml"

Progress = Callable[[str], None]
SHORTEST_ID = 8  # characters of a delivery's SHA-256 that may stand for the whole


@dataclass
class Run:
    """One run in progress, holding the lock. Call the steps in the order in which they stand."""

    settings: Settings
    verb: str
    as_of: date
    now: datetime
    workspace: Workspace
    progress: Progress
    is_past: bool
    inputs_hash: str
    code_version: str
    run_id: str
    load_report: LoadReport = field(default_factory=LoadReport)
    judgement: Judgement = field(default_factory=Judgement)
    incidents: IncidentCount = field(default_factory=IncidentCount)
    alert_settings: AlertSettings | None = None
    channels_down: tuple[str, ...] = ()
    report_fault: str | None = None
    accepted: Mapping[str, str] = field(default_factory=dict)
    is_new_key: bool = False
    release: Release | None = None
    is_new_release: bool = False
    is_held: bool = False
    is_finished: bool = False
    done: set[str] = field(default_factory=set)

    @property
    def directory(self) -> DataDirectory:
        return self.settings.directory

    def _require(self, *steps: str) -> None:
        """Raises UsageError if a step is asked for alone: nothing is judged or published of another run's making."""
        missing = [step for step in steps if step not in self.done]
        if missing:
            raise UsageError(self.verb, f"{' and '.join(missing)} did not run before", "Run the whole job daily_load")

    def check_reference(self) -> None:
        """Ends the run, before anything is touched, if a reference table, a suite or the channels break their rules."""
        from expectations.suites import load_suites
        from orchestration.reference import check_reference

        self.progress("Reference tables")
        check_reference(self.settings.reference, DBT_PROPERTIES)
        load_suites(self.settings.suites)
        self.alert_settings = read_alert_settings(self.settings.alerts)
        if self.alert_settings:
            check_channels(self.alert_settings)

    def load(self) -> LoadReport:
        """Takes in what is new; for a past date, builds anew from landing what was known by then."""
        from orchestration.intake import load as intake_load

        self.progress("Load")
        intake = _intake(self)
        with connect(self.workspace.warehouse) as connection:
            ops.create(connection)
            ops.begin_run(connection, self.run_id, self.as_of, self.now, self.code_version)
            if self.is_past:
                intake_load.replay(connection, intake, known_by=self.as_of)
            else:
                self.load_report = intake_load.load(connection, intake)
        self.done.add("load")
        return self.load_report

    def transform(self) -> tuple[object, ...]:
        """Runs dbt, if every effect rule finds something to measure; its nodes with their outcomes."""
        from orchestration import transform
        from orchestration.effect_rules import check_effect_rules

        self._require("load")
        check_effect_rules(self.workspace.warehouse, self.settings.reference, DBT_PROPERTIES, self.as_of)
        self.progress("dbt")
        nodes = transform.build(self.settings, self.workspace)
        with connect(self.workspace.warehouse) as connection:
            ops.refresh_data_status(connection)
        self.done.add("transform")
        return nodes

    def judge(self) -> Judgement:
        """Holds raw and marts against what is promised; verdicts and findings go to ops."""
        from expectations.runner import judge
        from expectations.suites import load_suites

        self._require("transform")
        self.progress("Judge")
        published = self._published_slices()
        with connect(self.workspace.warehouse, read_only=True) as connection:
            current = connection.execute("select slice_id from staging.stg_intake__current_slice").fetchall()
        new = sorted({slice_id for (slice_id,) in current} - published)
        self.judgement = judge(self.workspace.warehouse, load_suites(self.settings.suites), new)
        with connect(self.workspace.warehouse) as connection:
            ops.write_judgement(connection, self.run_id, self.as_of, self.now, self.judgement)
        self.done.add("judge")
        return self.judgement

    def update_incidents(self) -> IncidentCount:
        """Opens, updates and closes incidents by what was judged. A past date changes none of today's."""
        self._require("judge")
        if not self.is_past:
            with connect(self.workspace.warehouse) as connection:
                found = findings(self.judgement, telling.refused_files(connection, self.directory))
                rules = telling.rules(connection, self.settings)
                self.incidents = incident_store.update(connection, found, self._moment, rules)
        self.done.add("update_incidents")
        return self.incidents

    def publish(self) -> Release | None:
        """Swaps in a new release, unless a control says stop, publishing is held or nothing differs; the release that
        stands then."""
        self._require("update_incidents")
        self.release = keep_hold(self.workspace)
        self.is_held = self.release is not None
        if self.is_held or self.judgement.stops:
            self.release = self.release or publishing.current(self.workspace)
            return self.release
        self.progress("Publish")
        self.release, self.is_new_release = publishing.publish(
            *(self.workspace, self.run_id, self.as_of, self.now, self.code_version),
            *(self.judgement, self.settings.releases_kept),
        )
        return self.release

    def report(self) -> None:
        """Writes the monthly reports of a new release. What goes wrong there is told and takes nothing back."""
        from orchestration.reporting.report import write_reports

        if not self.is_new_release:
            return
        self.progress("Report")
        try:
            write_reports(self.workspace)
        except NettoeffektError as error:
            self.report_fault = str(error)
        except Exception as error:  # the release stands, and who can act must still be told
            self.report_fault = f"reports: unexpected {type(error).__name__}: {error}. Run nettoeffekt report"

    def send(self) -> None:
        """Tells who can act of what happened, by the channels that are configured. A past date tells nobody."""
        self._require("update_incidents")
        if self.is_past:
            return
        self.progress("Send")
        release_id = self.release.release_id if self.release else None
        told = telling.tell(
            *(self.settings, self.alert_settings, self.workspace.warehouse, self._moment, release_id, self._stops)
        )
        self.channels_down = tuple(sorted(told.faults))

    @property
    def _moment(self) -> Moment:
        return Moment(self.as_of, self.now, self.run_id)

    @property
    def _stops(self) -> tuple[str, ...]:
        """The controls that keep the run from publishing."""
        return tuple(dict.fromkeys(result.check_id for result in self.judgement.stops))

    def finish(self) -> RunOutcome:
        """Files the run and notes its fingerprint, so that the next one knows if anything is new."""
        stops = self._stops
        release_id = self.release.release_id if self.release else None
        with connect(self.workspace.warehouse) as connection:
            ops.end_run(connection, self.verb, datetime.now(UTC).replace(tzinfo=None), release_id, bool(stops))
        mark = prints.fingerprint(self.settings, self.inputs_hash)
        prints.write_last_run(
            self.workspace,
            prints.LastRun(mark, self.run_id, self.as_of.isoformat(), release_id, stops, self.channels_down),
        )
        self.is_finished = True
        return RunOutcome(
            *(self.run_id, self.as_of, self.load_report, self.judgement, self.release, self.is_new_release),
            unresolved=stops,
            incidents=self.incidents,
            channels_down=self.channels_down,
            report_fault=self.report_fault,
            is_held=self.is_held,
        )

    def finish_if_stopped(self) -> None:
        """Files a run that a blocking control ended before publishing."""
        if self.judgement.stops and "update_incidents" in self.done and not self.is_finished:
            self.release = publishing.current(self.workspace)
            self.send()
            self.finish()

    def facts(self, schema: str, table: str) -> TableFacts:
        """What can be said of one table of the build."""
        with connect(self.workspace.warehouse, read_only=True) as connection:
            return table_facts(connection, schema, table)

    def _published_slices(self) -> set[str]:
        """The slices that the published release rests on: judged before, and not again."""
        if not self.workspace.published_warehouse.exists():
            return set()
        with connect(self.workspace.published_warehouse, read_only=True) as connection:
            return {s for (s,) in connection.execute("select slice_id from marts.release_slice").fetchall()}


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
    """The order of a run."""
    from orchestration.transform import parsing_ahead

    with parsing_ahead(current.settings, current.workspace):
        current.load()
    current.transform()
    current.judge()
    current.update_incidents()
    current.publish()
    current.report()
    current.send()


def nothing_new(settings: Settings, as_of: date) -> tuple[prints.LastRun, Release | None] | None:
    """The last run, and what it published, if a run now could not come to anything else; else None."""
    workspace, is_past = choose_workspace(settings, as_of)
    publishing.tidy(workspace)
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
    with open_run(settings, as_of, "rebuild", progress) as current:
        current.is_new_key = is_new_key
        warehouse = current.workspace.warehouse
        old = warehouse.with_name(f"{warehouse.stem}_before_rebuild.duckdb")
        current.check_reference()
        if is_new_key and _intake(current).key is None:
            raise UsageError("rebuild --new-key", "no key is given", "Point NETTOEFFEKT_PERSON_KEY_FILE to the new one")
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
    intake = _intake(current)
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


def deliver_demo(settings: Settings) -> None:
    """Puts the demo's deliveries in the inbox, and marks the data directory as the demo's.

    Raises UsageError in a directory that holds anything else, or has published a later date than the demo's.
    """
    directory = settings.directory
    mark = _demo_mark(directory)
    held = (directory.landing, directory.inbox, directory.refused)
    if not mark.exists() and any(path.is_file() for folder in held for path in folder.rglob("*")):
        raise UsageError(str(directory.root), "the directory holds a real region", "Give the demo another: --data DIR")
    if choose_workspace(settings, DEMO_AS_OF)[1]:
        raise UsageError(
            str(directory.root), f"a later date than {DEMO_AS_OF} is published there", "Remove the directory"
        )
    directory.root.mkdir(parents=True, exist_ok=True)
    mark.write_text("This data directory holds the demo region: invented persons under a key that everybody knows.\n")
    for file in _demo_files():
        target = directory.inbox / file.relative_to(EXTRACTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}")  # hidden until it is whole
        shutil.copyfile(file, part)
        part.replace(target)


def _demo_mark(directory: DataDirectory) -> Path:
    return directory.root / "DEMO"


def _demo_files() -> list[Path]:
    return sorted(path for path in EXTRACTS.rglob("*") if path.is_file() and path.suffix in (".csv", ".gz"))


def _intake(current: Run) -> "Intake":
    """What the load needs to know, of the demo or of a real region."""
    from orchestration.intake import door, privacy
    from orchestration.intake.contracts import load_contracts
    from orchestration.intake.load import Intake

    settings, directory = current.settings, current.directory
    is_demo = _demo_mark(directory).exists()
    key = privacy.demo_key() if is_demo else privacy.read_key(settings.person_key_file, directory.root)
    own = frozenset(door.digest(file) for file in _demo_files()) if is_demo else None
    contracts = load_contracts(settings.contracts)
    return Intake(
        *(directory, contracts, key, own, current.as_of, current.now, current.progress),
        *(current.accepted, current.is_new_key),
    )


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
