"""Dagster runs the same morning: one job over the pipeline's steps, a check for every control, a stop that blocks."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from expectations.suites import SUITES, load_suites
from orchestration.demo import DEMO_AS_OF
from orchestration.model import Release, Severity
from orchestration.publishing.release import current
from orchestration.settings import CHECKOUT
from tests.pipeline.conftest import LongWork, Morning, Stage, Tables, tables

pytestmark = pytest.mark.pipeline

# The definitions read the environment when they are imported, and so have a process of their own. It tells what Dagster
# knows, and then twice how the job went, waiting between; each in one line of JSON, while all else it prints is log.
SCRIPT = """
import json, os, sys

told = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

def tell(document):
    print(json.dumps(document), file=told, flush=True)

from orchestration import demo, pipeline
from orchestration.settings import Settings

demo.deliver(Settings())
from orchestration.definitions import definitions

repository = definitions.get_repository_def()
assets = repository.asset_graph
tell({
    "jobs": [job.name for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")],
    "schedules": [
        (s.name, s.job_name, s.cron_schedule, s.execution_timezone, s.default_status.value)
        for s in repository.schedule_defs
    ],
    "checks": [
        {
            "table": ".".join(key.asset_key.path),
            "name": key.name,
            "blocking": assets.get_check_spec(key).blocking,
            "severity": assets.get_check_spec(key).metadata.get("severity"),
            "feeds": [".".join(child.path) for child in assets.get(key.asset_key).child_keys],
        }
        for key in assets.asset_check_keys
    ],
    "groups": sorted({node.group_name for node in assets.asset_nodes}),
})

def run():
    result = definitions.resolve_job_def("daily_load").execute_in_process(
        run_config={"resources": {"run": {"config": {"as_of": sys.argv[1]}}}}, raise_on_error=False
    )
    events = {kind: [e.step_key for e in result.all_events if e.event_type_value == kind]
              for kind in ("STEP_START", "STEP_SUCCESS", "STEP_FAILURE")}
    made = {}
    for event in result.get_asset_materialization_events():
        m = event.materialization
        made[".".join(m.asset_key.path)] = {name: value.value for name, value in m.metadata.items()}
    tell({
        "success": result.success,
        "started": events["STEP_START"],
        "ended_well": events["STEP_SUCCESS"],
        "failed": events["STEP_FAILURE"],
        "broken": [
            (".".join(e.asset_key.path), e.check_name, e.severity.value)
            for e in result.get_asset_check_evaluations() if not e.passed
        ],
        "made": made,
    })

run()
input()
run()
"""


@dataclass(frozen=True)
class Job:
    """What Dagster knows (`graph`), and the job run twice on a fresh directory: stopped by a control, then mended."""

    graph: dict[str, Any]
    stopped: dict[str, Any]
    stopped_build: Tables
    stopped_release: Release | None
    mended: dict[str, Any]
    mended_build: Tables
    release: Release | None


def run_the_job_stopped_and_mended(stage: Stage) -> Job:
    workspace = stage.directory.main
    environment = {
        **os.environ,
        "NETTOEFFEKT_DATA": str(stage.directory.root),
        "NETTOEFFEKT_SUITES": str(stage.suites(is_broken=True)),
        "DAGSTER_HOME": "",
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }
    log_file = stage.folder / "dagster.log"
    with (
        log_file.open("w") as log,
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(DEMO_AS_OF)],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):

        def told() -> dict[str, Any]:
            line = process.stdout.readline()
            assert line, log_file.read_text()[-3000:]
            return json.loads(line)

        graph, stopped = told(), told()
        between = tables(workspace.warehouse), current(workspace)
        stage.suites(is_broken=False)
        process.stdin.write("\n")
        process.stdin.flush()
        mended = told()
    return Job(graph, stopped, *between, mended, tables(workspace.warehouse), current(workspace))


LONG_WORK = [LongWork("job", 55, run_the_job_stopped_and_mended)]


@pytest.fixture
def job(long_work: Callable[[str], Any]) -> Job:
    return long_work("job")


def test_there_is_one_job_and_one_schedule_that_is_off(job: Job):
    assert job.graph["jobs"] == ["daily_load"]
    assert job.graph["schedules"] == [
        ["weekday_morning", "daily_load", "30 5 * * 1-5", "Europe/Stockholm", "STOPPED"],
    ]


def test_the_steps_are_those_of_a_morning_in_their_order(job: Job):
    assert job.mended["started"] == ["load", "transform", "judge", "published__warehouse", "published__reports"]
    assert job.mended["ended_well"] == job.mended["started"]


def test_the_job_publishes_what_the_verbs_publish(job: Job, demo: Morning):
    assert job.mended["success"]
    assert (job.release.data_hash, job.release.as_of) == (demo.release.data_hash, demo.release.as_of)
    assert job.mended["made"]["published.warehouse"]["data_hash"] == demo.release.data_hash


def test_a_control_that_flags_is_a_failed_check_that_warns(job: Job, demo: Morning):
    flags = [row for row in demo.build["ops.check_result"].rows if not row["passed"]]
    assert sorted(job.mended["broken"]) == sorted([row["table_name"], row["check_id"], "WARN"] for row in flags)
    assert {"F1", "F3"} <= {row["check_id"] for row in flags}


def test_every_control_of_every_suite_is_a_check_with_its_severity(job: Job):
    wanted = {
        (suite.table, check.check_id, str(check.severity)) for suite in load_suites(SUITES) for check in suite.checks
    }
    assert {(c["table"], c["name"], c["severity"]) for c in job.graph["checks"] if c["severity"]} == wanted


def test_a_stop_blocks_where_only_publishing_follows(job: Job):
    stops = [check for check in job.graph["checks"] if check["severity"] == Severity.STOP]
    leaves = {(c["table"], c["name"]) for c in stops if c["feeds"] == ["published.warehouse"]}
    assert ("controls.control_r1", "R1") in leaves
    assert {(c["table"], c["name"]) for c in job.graph["checks"] if c["severity"] and c["blocking"]} == leaves


def test_a_blocking_stop_leaves_nothing_published_and_the_run_filed(job: Job):
    (run,) = job.stopped_build["ops.run"].rows
    (check,) = (
        row
        for row in job.stopped_build["ops.check_result"].rows
        if row["status"] == "failed" and row["severity"] == "stop"
    )

    assert not job.stopped["success"]
    assert "published__warehouse" not in job.stopped["started"]
    assert job.stopped_release is None
    assert (run["verb"], run["is_stopped"], run["release_id"]) == ("daily_load", True, None)
    assert (check["table_name"], check["run_id"]) == ("marts.dim_unit", run["run_id"])


def test_incidents_are_those_of_the_verbs_after_a_stop_too(job: Job, demo: Morning):
    def told(build: Tables) -> list[tuple[str, str]]:
        return sorted((row["incident_id"], row["state"]) for row in build["ops.incident"].rows)

    (stop,) = (row for row in job.stopped_build["ops.incident"].rows if row["severity"] == "stop")
    assert (stop["check_id"], stop["subject_id"], stop["state"]) == ("M1", "marts.dim_unit", "open")
    assert told(job.mended_build) == sorted([*told(demo.build), (stop["incident_id"], "resolved")])


def test_assets_stand_in_groups_and_show_rows_months_and_hashes(job: Job, demo: Morning):
    total = job.mended["made"]["marts.fct_follow_up_total"]
    months = [row["month"].isoformat() for row in demo.build["marts.fct_follow_up_total"].rows]
    schemas = {name.split(".")[0] for name in demo.build}
    assert schemas < set(job.graph["groups"]) == {name.split(".")[0] for name in job.mended["made"]}
    assert total["dagster/row_count"] == len(months)
    assert (total["first_month"], total["last_month"]) == (min(months), max(months))
    assert len(total["content_hash"]) == 32
