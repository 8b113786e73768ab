"""One run in progress: its steps, each of which opens the warehouse and closes it again.

After a stop nothing is published, but incidents are opened, updated and closed, and who can act is told.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from orchestration import demo, ops, telling
from orchestration import fingerprint as prints
from orchestration.alerting import store as incident_store
from orchestration.alerting.channels import AlertSettings, check_channels, read_alert_settings
from orchestration.alerting.incidents import findings
from orchestration.alerting.values import Moment
from orchestration.errors import NettoeffektError, UsageError
from orchestration.model import IncidentCount, Judgement, LoadReport, Release, RunOutcome
from orchestration.publishing import release as publishing
from orchestration.publishing.hold import keep_hold
from orchestration.settings import CHECKOUT, DataDirectory, Settings, Workspace
from orchestration.table_facts import TableFacts, table_facts
from orchestration.warehouse import connect, quoted
from orchestration.workers import ask

if TYPE_CHECKING:  # importing it needs the contracts' libraries, which a run that finds nothing new can do without
    from orchestration.intake.load import Intake
    from orchestration.transform import Dbt, Node

DBT_PROPERTIES = CHECKOUT / "dbt_project" / "models" / "reference" / "_reference.yml"

Progress = Callable[[str], None]


@dataclass
class Run:
    """One run in progress, holding the lock. Call the steps in the order in which they stand.

    `judges` and `writers` are processes that have made themselves ready for the controls and the reports; a run can do
    without.
    """

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
    judges: Executor | None = None
    writers: Executor | None = None
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
        intake = intake_of(self)
        with connect(self.workspace.warehouse) as connection:
            ops.create(connection)
            ops.begin_run(connection, self.run_id, self.as_of, self.now, self.code_version)
            if self.is_past:
                main_build = self.directory.main.warehouse
                if intake.landing.expired() and main_build.exists():
                    connection.execute(f"attach {quoted(main_build)} as main_build (read_only)")
                    intake_load.keep_expired(connection, intake, "main_build", known_by=self.as_of)
                    connection.execute("detach main_build")
                intake_load.replay(connection, intake, known_by=self.as_of)
            else:
                self.load_report = intake_load.load(connection, intake)
        self.done.add("load")
        return self.load_report

    def transform(self, dbt: "Dbt") -> "tuple[Node, ...]":
        """Runs dbt, if every effect rule finds something to measure; its nodes with their outcomes."""
        from orchestration.effect_rules import check_effect_rules

        self._require("load")
        check_effect_rules(self.workspace.warehouse, self.settings.reference, DBT_PROPERTIES, self.as_of)
        self.progress("dbt")
        with connect(self.workspace.warehouse, read_only=True) as connection:
            is_other_code = ops.last_code_version(connection) != self.code_version
        nodes = dbt.build(keeps_nothing=is_other_code)
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
        asked = (self.workspace.warehouse, load_suites(self.settings.suites), new)
        self.judgement = ask("the controls", self.judges, judge, *asked) if self.judges else judge(*asked)
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
            write_reports(self.workspace, executor=self.writers)
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


def intake_of(current: Run) -> "Intake":
    """What the load needs to know, of the demo or of a real region."""
    from orchestration.intake import door, privacy
    from orchestration.intake.contracts import load_contracts
    from orchestration.intake.load import Intake

    settings, directory = current.settings, current.directory
    is_demo = demo.is_demo(directory)
    key = privacy.demo_key() if is_demo else privacy.read_key(settings.person_key_file, directory.root)
    own = frozenset(door.digest(file) for file in demo.files()) if is_demo else None
    contracts = load_contracts(settings.contracts)
    return Intake(
        *(directory, contracts, key, own, current.as_of, current.now, current.progress),
        *(current.accepted, current.is_new_key, settings.clear_months),
    )
