"""dbt's own tests that a morning leaves out: the worked examples, the rules of reference tables, the keys of marts."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.errors import TransformError
from orchestration.settings import CHECKOUT, Settings
from orchestration.transform import EXCLUDED, dbt
from tests.pipeline.conftest import LongWork, Stage

pytestmark = pytest.mark.pipeline

PROJECT = CHECKOUT / "dbt_project"


@dataclass(frozen=True)
class DbtTests:
    """dbt's exit code and output, and the status of each test by its unique id."""

    code: int
    out: str
    statuses: Mapping[str, str]


def run_what_a_morning_leaves_out(stage: Stage) -> DbtTests:
    warehouse = stage.folder / "warehouse.duckdb"
    shutil.copyfile(stage.demo().directory.main.warehouse, warehouse)
    # dbt writes what it runs for a seed below the target folder, by the seed's path: an absolute one would be the seed
    # itself.
    reference = os.path.relpath(CHECKOUT / "seeds" / "reference", PROJECT)
    results = stage.folder / "target" / "run_results.json"
    ended = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "--quiet", "--no-use-colors", "test"),
            *("--select", "test_type:unit", *EXCLUDED.split()),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(results.parent), "--log-path", str(stage.folder / "logs")),
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            "NETTOEFFEKT_WAREHOUSE": str(warehouse),
            "NETTOEFFEKT_REFERENCE": reference,
            "DO_NOT_TRACK": "1",
        },
        capture_output=True,
        text=True,
    )
    document = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {"results": []}
    statuses = {result["unique_id"]: result["status"] for result in document["results"]}
    return DbtTests(ended.returncode, ended.stdout + ended.stderr, statuses)


LONG_WORK = [LongWork("dbt", 20, run_what_a_morning_leaves_out)]


@pytest.fixture
def dbt_tests(long_work: Callable[[str], Any]) -> DbtTests:
    return long_work("dbt")


def declared_examples() -> set[str]:
    """The unit tests written beside the models, as model.name."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = (yaml.load(path.read_bytes(), loader) for path in PROJECT.glob("models/**/*.yml"))
    return {f"{test['model']}.{test['name']}" for file in files for test in file.get("unit_tests", [])}


def test_every_worked_example_holds(dbt_tests: DbtTests):
    prefix = "unit_test.nettoeffekt."
    ran = {name.removeprefix(prefix): status for name, status in dbt_tests.statuses.items() if name.startswith(prefix)}
    assert dbt_tests.code == 0, dbt_tests.out
    assert ran == dict.fromkeys(declared_examples(), "pass")


def test_every_rule_of_the_reference_tables_holds_in_the_warehouse(dbt_tests: DbtTests):
    ran = {name: status for name, status in dbt_tests.statuses.items() if name.startswith("test.nettoeffekt.")}
    tables = {path.stem for path in (CHECKOUT / "seeds" / "reference").glob("*.csv")}
    assert {name: status for name, status in ran.items() if status != "pass"} == {}
    assert {table for table in tables if not any(f"_{table}_" in name for name in ran)} == set()


def test_the_key_of_every_mart_holds_in_the_warehouse(dbt_tests: DbtTests):
    marts = {path.stem for path in PROJECT.glob("models/marts/*.sql")}
    keys = {name.split(".")[2] for name in dbt_tests.statuses}
    assert {
        mart
        for mart in marts
        if not any(f"unique_{mart}_" in name or f"unique_combination_{mart}_" in name for name in keys)
    } == set()


def test_dbt_reads_its_project_beside_the_block(tmp_path: Path):
    settings = Settings(data=tmp_path / "data")
    workspace = settings.directory.main
    with dbt(settings, workspace):
        assert not workspace.warehouse.exists()
    assert (workspace.dbt / "target" / "partial_parse.msgpack").exists()
    assert not workspace.warehouse.exists()


def test_a_build_whose_process_is_killed_ends_with_one_clear_line(tmp_path: Path):
    settings = Settings(data=tmp_path / "data")
    with dbt(settings, settings.directory.main) as project:
        pid = project.process.submit(os.getpid).result()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(TransformError, match="its process was ended from outside"):
            project.build()
