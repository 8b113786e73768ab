"""Mornings of the demo region: what they publish, what a past date shows, and that only what is new changes them."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import pipeline
from orchestration.demo import DEMO_AS_OF, deliver
from orchestration.errors import UsageError
from orchestration.intake.door import digest
from orchestration.model import Delivery, LoadReport
from orchestration.ops_tables import published_tables
from orchestration.publishing.release import current
from orchestration.settings import CHECKOUT, DataDirectory, Settings, Workspace
from orchestration.warehouse import run_lock
from tests.contract.test_marts import CONTRACT
from tests.pipeline.conftest import Ended, LongWork, Morning, Stage, Tables, differing, morning, tables, verb
from tests.unit.deliveries import forecast, forecast_row

pytestmark = pytest.mark.pipeline

BOARD_DAY = date(2024, 12, 9)
IN_TIME = date(2024, 9, 17)  # the day after the forecasts of July were submitted; on BOARD_DAY they had grown old
MONEY = ("requirement_sek", "target_sek", "forecast_sek", "deviation_sek")


# --- long work -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """The demo's directory after a run for the day of the board's meeting in December."""

    after: Morning
    workspace: Workspace
    marts: Tables


def run_for_the_board_day(stage: Stage) -> Past:
    directory = stage.copy_of_demo()
    after = morning(directory, "run", "--as-of", str(BOARD_DAY))
    workspace = directory.scratch(BOARD_DAY)
    return Past(after, workspace, tables(workspace.published_warehouse))


@dataclass(frozen=True)
class Autumn:
    """One data directory through an autumn, to the day of the board's meeting: the demo's files as `deliveries` tells,
    run after run with a reader open through one of them, the same files once more, a rebuild."""

    deliveries: tuple[Delivery, ...]
    in_time: Morning
    stopped: Morning
    stopped_again: Ended
    reader_before: str
    mended: Morning
    reader_after: str
    delivered_again: LoadReport
    before_rebuild: Tables
    rebuilt: Morning


def run_through_an_autumn(stage: Stage) -> Autumn:
    directory = stage.directory
    settings = Settings(data=directory.root)
    board_day = ("--as-of", str(BOARD_DAY))
    deliveries = _load_in_disorder(settings, stage.folder / "post")
    in_time = morning(directory, "run", "--as-of", str(IN_TIME))
    suites = stage.suites(is_broken=True)
    stopped = morning(directory, "run", *board_day, suites=suites)
    stopped_again = verb(directory, "run", *board_day, suites=suites)
    stage.suites(is_broken=False)
    with _reader(directory.main.published_warehouse) as look:
        reader_before, mended, reader_after = look(), morning(directory, "run", *board_day, suites=suites), look()
    deliver(settings)
    return Autumn(
        *(deliveries, in_time, stopped, stopped_again, reader_before, mended, reader_after),
        delivered_again=pipeline.load_only(settings, BOARD_DAY),
        before_rebuild=tables(directory.main.warehouse),
        rebuilt=morning(directory, "rebuild", *board_day),
    )


def _load_in_disorder(settings: Settings, post: Path) -> tuple[Delivery, ...]:
    """Loads the demo's files in five goes, every fifth file from the last in each, so that feeds and months come mixed.
    Then an older version of the plan, a file that is refused, and a file for the second time."""
    inbox = settings.directory.inbox
    deliver(settings)
    shutil.move(inbox, post)
    files = sorted((path for path in post.rglob("*") if path.is_file()), reverse=True)
    (plan,) = (path for path in files if path.match("plan/ledningsportalen/*"))
    older, refused = plan.with_name("older.csv"), plan.with_name("refused.csv")
    text = plan.read_text(encoding="utf-8")
    older.write_text(text.replace("\n2023-06-13;", "\n2023-06-12;").replace(";500;", ";400;"), encoding="utf-8")
    refused.write_text("helt;andra;rubriker\n1;2;3\n", encoding="utf-8")
    taken: list[Delivery] = []
    for batch in (*(files[start::5] for start in range(5)), [older], [refused], [plan]):
        for file in batch:
            target = inbox / file.relative_to(post)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        taken += pipeline.load_only(settings, IN_TIME).deliveries
    return tuple(taken)


@contextlib.contextmanager
def _reader(file: Path) -> Iterator[Callable[[], str]]:
    """A program that has the file open; what it sees whenever it looks: the release, and a hash over all rows.

    A process of its own: within one, DuckDB gives whoever opens the path the file that is open already.
    """
    code = (
        "import hashlib, sys, duckdb; from tests.pipeline.conftest import read_tables\n"
        "with duckdb.connect(sys.argv[1], read_only=True) as reader:\n"
        "    for _ in sys.stdin:\n"
        "        seen = read_tables(reader)\n"
        "        everything = hashlib.sha256(repr(seen).encode()).hexdigest()\n"
        "        print(seen['marts.publication'].rows[0]['release_id'], everything, flush=True)"
    )
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code, str(file)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=pipe, stdout=pipe, text=True) as program:

        def look() -> str:
            program.stdin.write("look\n")
            program.stdin.flush()
            return program.stdout.readline()

        yield look


LONG_WORK = [
    LongWork("autumn", 150, run_through_an_autumn),
    LongWork("past", 30, run_for_the_board_day),
]


@pytest.fixture
def past(long_work: Callable[[str], Any]) -> Past:
    return long_work("past")


@pytest.fixture
def autumn(long_work: Callable[[str], Any]) -> Autumn:
    return long_work("autumn")


# --- what tests ask of tables --------------------------------------------------------------------------------------


def mnkr(amount: Decimal | None) -> float | None:
    """Million kronor, as the documents print them."""
    return None if amount is None else float(amount / 1_000_000)


def rows(built: Tables, table: str, **wanted: object) -> list[dict[str, Any]]:
    """The rows of a table whose columns have the values wanted."""
    return [row for row in built[table].rows if all(row[column] == value for column, value in wanted.items())]


def total(built: Tables, node_id: str, month: date, hierarchy: str = "organisation") -> dict[str, Any]:
    """One row of marts.fct_follow_up_total, money in mnkr."""
    wanted = {"node_id": node_id, "month": month, "hierarchy": hierarchy}
    (row,) = rows(built, "marts.fct_follow_up_total", **wanted)
    return row | {column: mnkr(row[column]) for column in MONEY}


def latest_month(built: Tables, table: str) -> date:
    return max(row["month"] for row in rows(built, table))


def manifest(workspace: Workspace) -> dict[str, Any]:
    """The manifest of the release that stands: what it is, and rows and hash of every mart."""
    folder = workspace.releases / current(workspace).release_id
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


# --- the demo ------------------------------------------------------------------------------------------------------


def test_the_demo_ends_by_naming_release_file_and_flags(demo: Morning):
    assert (demo.ended.code, demo.ended.errors) == (0, [])
    assert f"New release {demo.release.release_id}, as of {DEMO_AS_OF}" in demo.ended.out
    assert re.search(r"Published \S*published/warehouse\.duckdb", demo.ended.out)
    named = re.findall(r"^  (\w\d) +(\w+)", demo.ended.out, re.MULTILINE)
    assert named == sorted(
        (row["check_id"], row["severity"]) for row in rows(demo.build, "ops.check_result", passed=False)
    )
    assert {("F1", "warn"), ("F3", "warn")} <= set(named)
    assert re.search(r"\d s  dbt", demo.ended.err), "long work shows progress"


@pytest.mark.parametrize(
    ("node_id", "requirement", "forecasted"),
    [("RD", 500, 337), ("HSF", 343.6, 226)],
)
def test_requirement_and_forecast_come_out_as_printed(demo: Morning, node_id: str, requirement: float, forecasted):
    row = total(demo.build, node_id, date(2024, 12, 1))
    assert (row["requirement_sek"], row["forecast_sek"]) == (requirement, forecasted)


@pytest.mark.parametrize("hierarchy", ["organisation", "plan"])
def test_two_regions_are_two_roots_and_in_no_total_together(demo: Morning, hierarchy: str):
    december = rows(demo.build, "marts.fct_follow_up_total", month=date(2024, 12, 1), hierarchy=hierarchy)
    roots = {
        row["node_id"]: (mnkr(row["target_sek"]), row["actions"]) for row in december if row["node_type"] == "region"
    }
    assert roots == {"RD": (500, 10), "RJH": (10.745, 10)}
    assert max(mnkr(row["action_target_sek"]) or 0 for row in december) == 500


def test_the_published_file_holds_every_mart_as_a_commented_table_and_nothing_else(demo: Morning):
    wanted = {*CONTRACT, *(table.name for table in published_tables())}
    with duckdb.connect(str(demo.directory.main.published_warehouse), read_only=True) as reader:
        found = reader.execute("select schema_name, table_name, comment from duckdb_tables()").fetchall()
        bare = reader.execute("select table_name, column_name from duckdb_columns() where comment is null").fetchall()
        views = reader.execute("select view_name from duckdb_views() where not internal").fetchall()
        types = reader.execute("select distinct data_type from duckdb_columns() where schema_name = 'marts'").fetchall()
    assert {(schema, name) for schema, name, _ in found} == {("marts", name) for name in wanted}
    assert [name for _, name, comment in found if not comment] == []
    assert [f"{table}.{column}" for table, column in bare if table in wanted] == []
    assert views == []
    assert {kind for (kind,) in types if kind in ("HUGEINT", "DOUBLE", "FLOAT")} == set()


def test_the_published_file_is_read_only_and_stands_alone(demo: Morning):
    published = demo.directory.main.published_warehouse
    assert published.stat().st_mode & 0o777 == 0o444
    beside = sorted(path.name for path in published.parent.iterdir() if path.is_file())
    assert beside == ["dictionary.html", "warehouse.duckdb"]


def test_every_finding_of_the_demo_is_an_incident_towards_its_owner(demo: Morning):
    with duckdb.connect(str(demo.directory.main.published_warehouse), read_only=True) as reader:
        told = reader.execute(
            "select check_id, subject_type, subject_id, owner_role, amount_sek, detail from marts.incident"
            " where subject_type <> 'table' order by all"
        ).fetchall()
        found = reader.execute(
            "select check_id, subject_type, subject_id, owner_role, amount_sek, detail from marts.finding order by all"
        ).fetchall()
    incidents = demo.build["ops.incident"].rows
    assert told == found
    assert {(row["state"], row["opened_on"], row["age_days"]) for row in incidents} == {("open", DEMO_AS_OF, 0)}
    assert f"Incidents: {len(incidents)} opened, 0 worsened, 0 resolved, {len(incidents)} open" in demo.ended.out
    assert [row["change"] for row in demo.build["ops.incident_event"].rows] == ["opened"] * len(incidents)


def test_incidents_are_listed_with_owner_age_and_money(region: DataDirectory, demo: Morning):
    ended = verb(region, "incidents")
    listed = json.loads(verb(region, "incidents", "--json").out)
    assert ended.code == 0
    assert {row["incident_id"] for row in listed} == {row["incident_id"] for row in demo.build["ops.incident"].rows}
    assert re.search(r"^F3-\w+ +warn  open since 2025-01-31 \(0 days\), 28\.4 mnkr, Regiondirektör$", ended.out, re.M)


# --- a past date ---------------------------------------------------------------------------------------------------


def test_a_past_date_shows_the_figures_of_that_days_sentence(past: Past):
    month = latest_month(past.marts, "marts.fct_follow_up_total")
    row = total(past.marts, "HSF", month)
    (action,) = rows(past.marts, "marts.fct_action_follow_up", action_id="RD-HP-HSF", month=month)
    (shown,) = rows(past.marts, "marts.fct_board_report", meeting_date=BOARD_DAY, scope_id="HSF")

    assert past.after.ended.code == 0
    assert (row["forecast_sek"], row["requirement_sek"], row["not_current_share_pct"]) == (197, 343.6, 100)
    assert (action["forecast_as_of_month"], mnkr(action["forecast_sek"])) == (date(2024, 7, 1), 197)
    assert (mnkr(shown["reported_deviation_sek"]), mnkr(shown["recomputed_deviation_sek"])) == (-175, -146.6)


def test_a_past_date_replaces_nothing(past: Past, demo: Morning):
    assert past.after.published_digest == demo.published_digest
    assert past.after.release == demo.release
    assert differing(past.after.build, demo.build) == []
    assert past.workspace.published == past.after.directory.published / "as_of" / str(BOARD_DAY)
    assert current(past.workspace).as_of == BOARD_DAY
    assert f"published/as_of/{BOARD_DAY}/warehouse.duckdb" in past.after.ended.out


def test_a_past_date_opens_no_incident(past: Past):
    assert [row for row in past.marts["marts.check_result"].rows if not row["passed"]] != []
    assert past.marts["marts.incident"].count == 0


def test_a_past_date_knows_no_delivery_that_came_later(past: Past, demo: Morning):
    later = {row["delivery_id"] for row in rows(demo.build, "raw.delivery") if row["known_from"] > BOARD_DAY}
    assert later & {row["delivery_id"] for row in rows(demo.build, "ops.release_slice")} == later
    assert later & {row["delivery_id"] for row in rows(past.marts, "marts.release_slice")} == set()


# --- nothing new ---------------------------------------------------------------------------------------------------


def test_nothing_new_names_the_release_and_imports_nothing_heavy(region: DataDirectory, demo: Morning):
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        "from orchestration.cli import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "run", "--as-of", str(DEMO_AS_OF), "--data", str(region.root)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    imported = {module.split(".")[0] for module in ended.stderr.split()}

    assert ended.returncode == 0
    assert ended.stdout.startswith(f"Nothing new as of {DEMO_AS_OF}\nRelease {demo.release.release_id}")
    assert "orchestration" in imported
    assert imported & {"dagster", "dbt", "great_expectations"} == set()


def test_what_load_took_in_is_new_to_the_next_run(region: DataDirectory, demo: Morning, tmp_path: Path):
    directory = own_copy(region, tmp_path)
    settings = Settings(data=directory.root)
    deliver_correction(directory)
    assert pipeline.nothing_new(settings, DEMO_AS_OF) is None, "an unseen file"

    (delivery,) = pipeline.load_only(settings, DEMO_AS_OF).loaded

    assert delivery.rows_accepted == 1
    assert pipeline.nothing_new(settings, DEMO_AS_OF) is None, "a seen one that no release rests on"


def test_what_landed_since_is_new_to_a_past_date(past: Past, tmp_path: Path):
    directory = own_copy(past.after.directory, tmp_path)
    settings = Settings(data=directory.root)
    last, release = pipeline.nothing_new(settings, BOARD_DAY)
    assert (last.as_of, release.release_id) == (BOARD_DAY.isoformat(), last.release_id)
    deliver_correction(directory)

    pipeline.load_only(settings, DEMO_AS_OF)

    assert pipeline.nothing_new(settings, BOARD_DAY) is None


def own_copy(origin: DataDirectory, folder: Path) -> DataDirectory:
    """A copy that a single test may change."""
    shutil.copytree(origin.root, folder / "data", ignore=shutil.ignore_patterns("dbt"))
    return DataDirectory(folder / "data")


def deliver_correction(directory: DataDirectory) -> None:
    """A forecast known since the autumn, of which nobody has heard."""
    file = directory.inbox / "forecast" / "ledningsportalen" / "correction.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(forecast(forecast_row(known="2024-10-01")), encoding="utf-8")


# --- two at once ---------------------------------------------------------------------------------------------------


def test_the_second_of_two_runs_says_who_holds_the_lock(region: DataDirectory, demo: Morning):
    with run_lock(region, "rebuild"):
        ended = verb(region, "run", "--as-of", "2025-02-03")
        looked = verb(region, "status")
    (line,) = ended.errors

    assert ended.code == 2
    assert line.startswith("nettoeffekt: ")
    assert f"`rebuild` with PID {os.getpid()}" in line
    assert digest(region.main.published_warehouse) == demo.published_digest
    assert (looked.code, f"PID {os.getpid()}" in looked.out) == (0, True), "status needs no lock"


# --- an autumn -----------------------------------------------------------------------------------------------------


def test_an_as_of_alone_is_a_run_without_a_load_and_statuses_age(autumn: Autumn):
    before, after = autumn.in_time, autumn.mended
    months = [latest_month(run.build, "marts.fct_follow_up_total") for run in (before, after)]
    hsf = [total(run.build, "HSF", month) for run, month in zip((before, after), months, strict=True)]
    statuses = [
        rows(run.build, "marts.fct_action_follow_up", action_id="RD-HP-HSF", month=month)[0]["forecast_status"]
        for run, month in zip((before, after), months, strict=True)
    ]

    assert (before.ended.code, after.ended.code) == (0, 0)
    assert "Loaded" not in after.ended.out
    assert [name for name in differing(before.build, after.build) if name.startswith("raw.")] == []
    assert [row["forecast_sek"] for row in hsf] == [197, 197]
    assert statuses == ["current", "stale"]
    assert [row["not_current_share_pct"] for row in hsf] == [0, 100]
    assert after.release.as_of == BOARD_DAY
    assert after.release.release_id != before.release.release_id


def test_a_stop_publishes_nothing_and_is_kept_in_ops(autumn: Autumn):
    before, after = autumn.in_time, autumn.stopped
    (run,) = rows(after.build, "ops.run", as_of=BOARD_DAY)
    (check,) = rows(after.build, "ops.check_result", run_id=run["run_id"], table_name="marts.dim_unit", check_id="M1")

    assert after.ended.code == 1
    assert "Stopped by M1: nothing was published" in after.ended.out
    assert (after.release, after.published_digest) == (before.release, before.published_digest)
    assert (run["is_stopped"], run["release_id"]) == (True, before.release.release_id)
    assert (check["severity"], check["status"], check["passed"]) == ("stop", "failed", False)


def test_a_stop_is_repeated_until_it_is_mended(autumn: Autumn):
    assert autumn.stopped_again.code == 1
    assert "Still stopped by M1" in autumn.stopped_again.out
    assert autumn.in_time.release.release_id in autumn.stopped_again.out
    assert autumn.stopped_again.err == "", "nothing was done"
    assert (autumn.mended.ended.code, autumn.mended.release.as_of) == (0, BOARD_DAY)


def test_a_stop_is_an_incident_until_it_is_mended(autumn: Autumn):
    (stop,) = rows(autumn.stopped.build, "ops.incident", check_id="M1")
    (mended,) = rows(autumn.mended.build, "ops.incident", check_id="M1")

    assert (stop["subject_id"], stop["severity"], stop["state"]) == ("marts.dim_unit", "stop", "open")
    assert (mended["incident_id"], mended["state"]) == (stop["incident_id"], "resolved")
    assert mended["resolved_at"] >= mended["opened_at"] == stop["opened_at"]
    assert rows(autumn.mended.build, "ops.incident", incident_id=stop["incident_id"]) == [mended]


def test_forecasts_that_grow_old_open_incidents_and_those_that_were_missing_stay_open(autumn: Autumn):
    before, after = (rows(run.build, "ops.incident", check_id="F1") for run in (autumn.in_time, autumn.stopped))
    missing = {row["incident_id"]: row["opened_at"] for row in before}
    opened = {row["subject_id"] for row in after if row["opened_on"] == BOARD_DAY}

    assert [row["subject_id"] for row in before if row["subject_id"].startswith("RD-")] == []
    assert [subject for subject in opened if subject.startswith("RD-")] != []
    assert {row["incident_id"]: row["opened_at"] for row in after if row["opened_on"] != BOARD_DAY} == missing
    assert {row["state"] for row in after} == {"open"}


def test_a_reader_sees_one_release_through_a_whole_run(autumn: Autumn):
    assert autumn.reader_before.startswith(f"{autumn.in_time.release.release_id} ")
    assert autumn.reader_after == autumn.reader_before
    assert autumn.mended.release.release_id != autumn.in_time.release.release_id, "a new reader sees the new one"


def test_files_are_known_again_by_their_bytes(autumn: Autumn, demo: Morning):
    *_, older, refused, twice = autumn.deliveries
    again = {delivery.delivery_id: delivery.status for delivery in autumn.delivered_again.deliveries}

    assert (older.status, refused.status, twice.status) == ("loaded", "refused", "duplicate")
    assert {delivery.status for delivery in autumn.deliveries[:-3]} == {"loaded"}
    assert again == {row["delivery_id"]: "duplicate" for row in rows(demo.build, "raw.delivery")}
    assert differing(autumn.mended.build, autumn.before_rebuild, "ops") == ["raw.delivery"]


def test_the_same_slices_give_the_same_marts_whatever_the_order_they_came_in(autumn: Autumn, past: Past):
    by_day, looked_back = manifest(autumn.mended.directory.main), manifest(past.workspace)
    assert by_day["tables"].keys() == looked_back["tables"].keys()
    hashes = [{name: told["content_hash"] for name, told in one["tables"].items()} for one in (by_day, looked_back)]
    apart = {name for name in hashes[0] if hashes[0][name] != hashes[1][name]}
    # The autumn was given a version of the plan that had been replaced: a vintage and its change, and nothing else.
    assert apart == {"fct_target_version", "fct_restatement"}
    assert by_day["release"]["as_of"] == looked_back["release"]["as_of"] == str(BOARD_DAY)


def test_a_rebuild_from_landing_equals_the_incremental_state(autumn: Autumn):
    assert autumn.rebuilt.ended.code == 0
    assert {name.split(".")[0] for name in autumn.rebuilt.build} >= {"raw", "staging", "intermediate", "controls"}
    # The demo's files have come again since the last run, one that is replaced among them: D2 tells of it from now on.
    assert differing(autumn.before_rebuild, autumn.rebuilt.build, "ops") == ["controls.control_d2"]


def test_a_rebuild_keeps_the_history_of_ops(autumn: Autumn):
    before, after = rows(autumn.before_rebuild, "ops.run"), rows(autumn.rebuilt.build, "ops.run")
    assert [row for row in before if row not in after] == []
    assert [row["verb"] for row in after if row not in before] == ["rebuild"]


@pytest.mark.parametrize("table", ["ops.incident", "ops.incident_event"])
def test_a_rebuild_keeps_incidents_and_tells_nothing_anew(autumn: Autumn, table: str):
    after = [row for row in autumn.rebuilt.build[table].rows if not row["incident_id"].startswith("D2-")]
    assert after == autumn.before_rebuild[table].rows
    assert after


def test_the_same_deliveries_twice_are_no_new_release(autumn: Autumn):
    before, after = autumn.mended, autumn.rebuilt
    assert f"Release unchanged {before.release.release_id}" in after.ended.out
    assert (after.release, after.published_digest) == (before.release, before.published_digest)


def test_a_rebuild_of_a_past_date_leaves_the_build_of_today(
    region: DataDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    directory = own_copy(region, tmp_path)
    before = tables(directory.main.warehouse)
    for step in ("transform", "judge", "publish"):  # what would take half a minute, and is not in question
        monkeypatch.setattr(pipeline.Run, step, lambda *_: None)

    with contextlib.suppress(UsageError):
        pipeline.rebuild(Settings(data=directory.root), BOARD_DAY)

    assert differing(before, tables(directory.main.warehouse)) == []
