"""Whatever is delivered, in whatever order, and wherever a load is cut off: nothing is lost and nothing counts twice.

Sequences of deliveries, corrections, repetitions, refused files, crashes and lost builds are drawn. After every load
that comes to its end, raw is held against what was delivered; at the end also against a build made anew from landing.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from orchestration.intake import landing, parse, quarantine, refused, slices
from orchestration.intake import load as intake_load
from orchestration.intake.load import Intake
from orchestration.settings import DataDirectory
from orchestration.warehouse import connect
from tests.conftest import AS_OF, NOW
from tests.unit.deliveries import forecast, forecast_row, ledger, ledger_row

MONTHS = [f"2024-{month:02d}" for month in range(1, 7)]
FIRST_DAY = AS_OF - timedelta(days=2)  # so few that extracts of one day meet

# Between these a load may end: before and after each, a crash is tried.
STEPS: list[tuple[Any, str]] = [
    (landing, "_write_once"),
    (landing, "_write_whole"),
    (landing, "_sync_folder"),
    (parse, "_count"),
    (slices, "write"),
    (quarantine, "write"),
    (slices, "mark_superseded"),
    (refused, "clear"),
]


class CrashError(BaseException):
    """The load ends here, as by a kill."""


@contextmanager
def crash_at(step: int) -> Iterator[None]:
    """Ends a load before or after one of its steps: the even numbers before, the odd ones after."""
    left = step

    def broken(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            nonlocal left
            if left == 0:
                raise CrashError
            outcome = function(*given, **named)
            if left == 1:
                raise CrashError
            left -= 2
            return outcome

        return run

    with pytest.MonkeyPatch.context() as patch:
        for module, name in STEPS:
            patch.setattr(module, name, broken(getattr(module, name)))
        yield


@dataclass(frozen=True)
class LedgerFile:
    """One ledger delivery: when it was extracted, and the amounts of each month, in whole kronor."""

    known: date
    amounts: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def text(self) -> str:
        return ledger(
            *(
                ledger_row(month, f"{amount},00", line=line, known=f"{self.known}")
                for month, amounts in self.amounts
                for line, amount in enumerate(amounts, 1)
            )
        )

    @property
    def months(self) -> dict[str, tuple[int, ...]]:
        """Every month from the first to the last: a month without rows is emptied."""
        given = dict(self.amounts)
        return {month: given.get(month, ()) for month in MONTHS if min(given) <= month <= max(given)}


@st.composite
def ledger_files(draw: st.DrawFn) -> LedgerFile:
    months = draw(st.lists(st.sampled_from(MONTHS), min_size=1, max_size=3, unique=True))
    amounts = st.lists(st.integers(50, 150), min_size=1, max_size=2).map(tuple)
    known = draw(st.dates(FIRST_DAY, AS_OF))
    return LedgerFile(known, tuple((month, draw(amounts)) for month in sorted(months)))


class History(RuleBasedStateMachine):
    """A data directory, and what ought to stand in it. Files are taken in the order of their names, which count up."""

    intake: ClassVar[Intake]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.directory = DataDirectory(Path(self.folder.name) / "data")
        self.given = replace(self.intake, directory=self.directory)
        self.names = 0
        self.waiting: list[LedgerFile | str | None] = []  # a ledger file, a forecast's action, None: refused
        self.ledgers: list[LedgerFile] = []
        self.actions: list[str] = []
        self.is_whole = True

    def teardown(self) -> None:
        """A rebuild comes to what the many loads came to."""
        try:
            if self.names:
                self.load_whole()
                self.raw_is_what_was_delivered()
                before = self.content()
                self.lose_the_build()
                self.load_whole()
                assert self.content() == before
        finally:
            self.folder.cleanup()

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        with connect(self.directory.main.warehouse, read_only=True) as connection:
            return {
                table: connection.execute(f"select * from raw.{table} order by all").fetchall()
                for table in ("ledger", "forecast", "delivery_slice", "quarantine")
            }

    def put(self, what: LedgerFile | str | None, place: str, text: str) -> None:
        self.names += 1
        path = self.directory.inbox / place / f"{self.names:04d}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="cp1252" if place.startswith("ledger") else "utf-8", newline="")
        self.waiting.append(what)
        self.is_whole = False

    @rule(file=ledger_files())
    def deliver_ledger(self, file: LedgerFile) -> None:
        self.put(file, "ledger/ekonomisystem", file.text)

    @precondition(lambda self: self.ledgers)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        file = data.draw(st.sampled_from(self.ledgers))
        self.put(file, "ledger/ekonomisystem", file.text)

    @rule()
    def deliver_forecast(self) -> None:
        action = f"A{self.names}"
        self.put(action, "forecast/ledningsportalen", forecast(forecast_row(action, "2,5")))

    @rule()
    def deliver_broken(self) -> None:
        self.put(None, "ledger/ekonomisystem", f"inga rubriker;{self.names}\r\n1;2\r\n")

    @precondition(lambda self: not self.is_whole)
    @rule(step=st.integers(0, 40))
    def load_and_crash(self, step: int) -> None:
        try:
            with crash_at(step):
                self.load()
        except CrashError:
            return
        self.settle()

    @precondition(lambda self: not self.is_whole)
    @rule()
    def load_whole(self) -> None:
        self.load()
        self.settle()

    @precondition(lambda self: self.ledgers or self.actions)
    @rule()
    def lose_the_build(self) -> None:
        shutil.rmtree(self.directory.build, ignore_errors=True)  # twice in a row there is none
        self.is_whole = False

    def load(self) -> None:
        with connect(self.directory.main.warehouse) as connection:
            intake_load.load(connection, self.given)

    def settle(self) -> None:
        """What was waiting has been taken: the same bytes count once."""
        for what in self.waiting:
            if isinstance(what, LedgerFile) and what.text not in {file.text for file in self.ledgers}:
                self.ledgers.append(what)
            elif isinstance(what, str):
                self.actions.append(what)
        self.waiting.clear()
        self.is_whole = True

    @invariant()
    def raw_is_what_was_delivered(self) -> None:
        if not self.is_whole or not (self.ledgers or self.actions):
            return
        with connect(self.directory.main.warehouse, read_only=True) as connection:

            def rows(query: str) -> list[tuple[Any, ...]]:
                return sorted(connection.execute(query).fetchall(), key=str)

            current = "select strftime(month, '%Y-%m'), row_count, coalesce(amount_sum, 0) from raw.delivery_slice"
            assert rows(f"{current} where feed = 'ledger' and superseded_by is null") == self.current()
            all_rows = [a for file in self.ledgers for _, amounts in file.amounts for a in amounts]
            assert rows("select count(*), coalesce(sum(amount_sek), 0) from raw.ledger") == [
                (len(all_rows), sum(all_rows))
            ]
            assert rows("select action_id from raw.forecast") == sorted((action,) for action in self.actions)
            assert rows("select 1 from raw.ledger group by _slice_id, _row_number having count(*) > 1") == []
            assert rows("select 1 from raw.delivery where rows_in <> rows_accepted + rows_quarantined") == []
            assert rows("select count(*) from raw.delivery where status = 'loaded'") == [
                (len(self.ledgers) + len(self.actions),)
            ]
        assert [path for path in self.directory.inbox.rglob("*") if path.is_file()] == []
        assert [*self.directory.build.glob("intake-*"), *self.directory.landing.rglob("*.part")] == []

    def current(self) -> list[tuple[str, int, int]]:
        """Per month the version that was known last; of two of the same day the one that came last."""
        latest: dict[str, tuple[int, ...]] = {}
        for file in sorted(self.ledgers, key=lambda file: file.known):
            latest |= file.months
        return sorted(((month, len(amounts), sum(amounts)) for month, amounts in latest.items()), key=str)


def test_no_history_of_deliveries_and_crashes_loses_or_doubles_anything(intake: Intake):
    History.intake = replace(
        intake, contracts={feed: intake.contracts[feed] for feed in ("forecast", "ledger")}, now=NOW
    )
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=15,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
