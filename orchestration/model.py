"""The plain values that pass between steps. No I/O here."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Severity(StrEnum):
    """What a broken control does: keeps a file out, stops publishing, flags, informs."""

    REFUSE = "refuse"
    STOP = "stop"
    WARN = "warn"
    INFO = "info"


class Status(StrEnum):
    """How a check ended. An expectation that could not run is an error, never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"


@dataclass(frozen=True)
class CheckResult:
    """The verdict of one control on one table in one run. `amount_sek` is NULL where the control weighs no money."""

    check_id: str
    table_name: str
    severity: Severity
    status: Status
    observed: str
    findings: int
    amount_sek: Decimal | None
    detail: str

    @property
    def stops(self) -> bool:
        """True if nothing may be published: a stop that failed, or one that could not be judged."""
        return self.severity is Severity.STOP and self.status is not Status.PASSED


@dataclass(frozen=True)
class Finding:
    """One subject that a control points at; the rows of a model controls.control_<id>."""

    check_id: str
    subject_type: str
    subject_id: str
    owner_role: str | None
    amount_sek: Decimal | None
    detail: str


@dataclass(frozen=True)
class Judgement:
    """All verdicts of a run and the subjects behind them."""

    results: tuple[CheckResult, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def stops(self) -> tuple[CheckResult, ...]:
        return tuple(result for result in self.results if result.stops)


@dataclass(frozen=True)
class Delivery:
    """One file that was seen in a load: what became of it, with the counts of raw.delivery."""

    delivery_id: str
    feed: str
    source: str
    file_name: str
    status: str
    rule: str | None
    reason: str | None
    rows_in: int
    rows_accepted: int
    rows_quarantined: int


@dataclass(frozen=True)
class LoadReport:
    """What a load did, file by file, in the order in which the files were taken."""

    deliveries: tuple[Delivery, ...] = ()

    @property
    def loaded(self) -> tuple[Delivery, ...]:
        return tuple(d for d in self.deliveries if d.status == "loaded")

    @property
    def refused(self) -> tuple[Delivery, ...]:
        return tuple(d for d in self.deliveries if d.status == "refused")


@dataclass(frozen=True)
class Release:
    """One published state of the marts. `data_hash` is over the sorted rows of the dbt marts."""

    release_id: str
    run_id: str
    as_of: date
    published_at: datetime
    data_hash: str
    code_version: str
    checks_passed: int
    checks_warned: int
    file: str


@dataclass(frozen=True)
class IncidentCount:
    """What a run made of the incidents: opened (or reopened), worsened, resolved; and how many are unresolved."""

    opened: int = 0
    worsened: int = 0
    resolved: int = 0
    unresolved: int = 0


@dataclass(frozen=True)
class RunOutcome:
    """What a run came to. `release` is the one now published, new or kept; None if there is none. `channels_down` are
    the channels on which messages wait, `report_fault` why the reports of a new release were not written,
    `is_held` that publishing is held at an earlier release."""

    run_id: str
    as_of: date
    load: LoadReport
    judgement: Judgement
    release: Release | None
    is_new_release: bool
    unresolved: tuple[str, ...] = field(default=())
    incidents: IncidentCount = field(default=IncidentCount())
    channels_down: tuple[str, ...] = field(default=())
    report_fault: str | None = field(default=None)
    is_held: bool = field(default=False)
