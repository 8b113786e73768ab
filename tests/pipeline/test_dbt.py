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

import duckdb
import pytest
import yaml

from orchestration.errors import EndedProcessError
from orchestration.settings import CHECKOUT, Settings
from orchestration.transform import EXCLUDED, dbt, manifest, prepare
from tests.pipeline.conftest import LongWork, Stage

pytestmark = pytest.mark.pipeline

PROJECT = CHECKOUT / "dbt_project"


@dataclass(frozen=True)
class DbtTests:
    """dbt's exit code and output, and the status of each test by its unique id."""

    code: int
    out: str
    statuses: Mapping[str, str]


def run_dbt(folder: Path, project: Path, warehouse: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """dbt as a command, on a project and a warehouse; what it writes goes to `folder`."""
    # dbt writes what it runs for a seed below the target folder, by the seed's path: an absolute one would be the seed
    # itself.
    reference = os.path.relpath(CHECKOUT / "seeds" / "reference", project)
    return subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "--quiet", "--no-use-colors", *words),
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        ],
        cwd=project,
        env={
            **os.environ,
            "NETTOEFFEKT_WAREHOUSE": str(warehouse),
            "NETTOEFFEKT_REFERENCE": reference,
            "DO_NOT_TRACK": "1",
        },
        capture_output=True,
        text=True,
    )


def run_what_a_morning_leaves_out(stage: Stage) -> DbtTests:
    warehouse = stage.folder / "warehouse.duckdb"
    shutil.copyfile(stage.demo().directory.main.warehouse, warehouse)
    results = stage.folder / "target" / "run_results.json"
    ended = run_dbt(stage.folder, PROJECT, warehouse, "test", "--select", "test_type:unit", *EXCLUDED.split())
    document = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {"results": []}
    statuses = {result["unique_id"]: result["status"] for result in document["results"]}
    return DbtTests(ended.returncode, ended.stdout + ended.stderr, statuses)


# A promise of each kind that `hold_keys` holds, and rows that break it.
BROKEN = {
    "int_unit__unit": ("unique", "union all select * from made"),
    "int_delivery__feed_party": ("never_null", "union all (select * replace (null as feed) from made limit 1)"),
    "int_plan__target_version": ("unique_combination", "union all (select * from made limit 1)"),
}


@dataclass(frozen=True)
class BrokenBuild:
    """What dbt said of models that break their promises, by model, and their rows before and after."""

    messages: Mapping[str, str]
    before: Mapping[str, int]
    after: Mapping[str, int]


def build_what_breaks_its_promises(stage: Stage) -> BrokenBuild:
    warehouse = stage.folder / "warehouse.duckdb"
    shutil.copyfile(stage.demo().directory.main.warehouse, warehouse)
    project = stage.folder / "dbt_project"
    shutil.copytree(PROJECT, project)
    for model, (_, rows) in BROKEN.items():
        (path,) = project.glob(f"models/**/{model}.sql")
        made = path.read_text(encoding="utf-8")
        path.write_text(f"with made as (\n{made}\n) select * from made {rows}\n", encoding="utf-8")
    before = counts(warehouse)
    results = stage.folder / "target" / "run_results.json"
    run_dbt(stage.folder, project, warehouse, "run", "--select", *BROKEN)
    document = json.loads(results.read_text(encoding="utf-8"))
    messages = {result["unique_id"].split(".")[-1]: result["message"] for result in document["results"]}
    return BrokenBuild(messages, before, counts(warehouse))


def counts(warehouse: Path) -> dict[str, int]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {
            model: connection.execute(f"select count(*) from intermediate.{model}").fetchall()[0][0] for model in BROKEN
        }


LONG_WORK = [
    LongWork("dbt", 20, run_what_a_morning_leaves_out),
    LongWork("broken promises", 15, build_what_breaks_its_promises),
]


@pytest.fixture
def dbt_tests(long_work: Callable[[str], Any]) -> DbtTests:
    return long_work("dbt")


@pytest.fixture
def broken_build(long_work: Callable[[str], Any]) -> BrokenBuild:
    return long_work("broken promises")


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


@pytest.mark.parametrize("model", BROKEN)
def test_a_model_that_breaks_its_keys_fails_as_it_is_built_and_its_old_rows_stand(
    model: str, broken_build: BrokenBuild
):
    assert f"{model} breaks {BROKEN[model][0]}_{model}" in broken_build.messages[model]
    assert broken_build.after[model] == broken_build.before[model] > 0


def test_dbt_reads_its_project_beside_the_block(tmp_path: Path):
    settings = Settings(data=tmp_path / "data")
    workspace = settings.directory.main
    with dbt(settings, workspace):
        assert not workspace.warehouse.exists()
    assert (workspace.dbt / "target" / "partial_parse.msgpack").exists()
    assert not workspace.warehouse.exists()


def test_a_new_data_directory_begins_with_what_set_up_has_read(tmp_path: Path):
    settings = Settings(data=tmp_path / "data")
    prepare(settings)
    told = json.loads((manifest(settings).parent / "perf_info.json").read_text("utf-8"))
    assert (told["is_partial_parse_enabled"], told["parsed_path_count"]) == (True, 0)


def test_a_build_whose_process_is_killed_ends_with_one_clear_line(tmp_path: Path):
    settings = Settings(data=tmp_path / "data")
    with dbt(settings, settings.directory.main) as project:
        pid = project.process.submit(os.getpid).result()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(EndedProcessError, match="its process was ended from outside"):
            project.build()
