"""What goes wrong is said in one line that names place and remedy, and leaves build and release as they were."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.intake.door import digest
from orchestration.model import Release
from orchestration.publishing.release import current
from orchestration.settings import CHECKOUT, DataDirectory
from tests.pipeline.conftest import verb
from tests.unit.deliveries import forecast

pytestmark = pytest.mark.pipeline

# Another date than the demo's, so that there is something to do.
MONDAY = ("run", "--as-of", "2025-02-03")

Fails = Callable[..., str]


@pytest.fixture
def fails(region: DataDirectory) -> Fails:
    """Runs a verb that cannot be done; the line it says. Fails unless nothing has changed."""

    def run(*words: str, **settings: object) -> str:
        before = standing(region)
        ended = verb(region, *words, **settings)
        assert ended.code == 2
        assert len(ended.errors) == 1, ended.err
        assert ended.errors[0].startswith("nettoeffekt: ")
        assert standing(region) == before
        return ended.errors[0]

    return run


def standing(directory: DataDirectory) -> tuple[str, str, Release | None]:
    """The bytes of build and published file, and the release."""
    workspace = directory.main
    return digest(workspace.warehouse), digest(workspace.published_warehouse), current(workspace)


def copied(origin: str, folder: Path) -> Path:
    """A copy of one of the checkout's folders, to be broken."""
    return Path(shutil.copytree(CHECKOUT / origin, folder / Path(origin).name))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_warehouse_that_another_program_has_open_is_named_with_its_holder(fails: Fails, region: DataDirectory):
    code = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(region.main.warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"open\n"
        line = fails(*MONDAY)
    assert "warehouse.duckdb: another program has the warehouse open" in line
    assert f"PID {holder.pid}" in line
    assert "Close it" in line


def test_too_little_space_says_how_much_there_is_and_how_much_is_needed(fails: Fails, region: DataDirectory):
    line = fails(*MONDAY, min_free_mb=10**9)
    assert line.startswith(f"nettoeffekt: {region.root}: ")
    assert f"{10**9} MB needed" in line
    assert "NETTOEFFEKT_MIN_FREE_MB" in line


def test_a_misspelt_key_of_a_contract_is_named(fails: Fails, tmp_path: Path):
    contracts = copied("expectations/contracts", tmp_path)
    edit(contracts / "forecast.yaml", "physicalName:", "physicalNmae:")
    line = fails(*MONDAY, contracts=contracts)
    assert "forecast.yaml" in line
    assert "physicalNmae" in line


def test_a_broken_reference_table_is_named_with_line_and_column(fails: Fails, tmp_path: Path):
    reference = copied("seeds/reference", tmp_path)
    units = (reference / "unit.csv").read_text(encoding="utf-8").splitlines()
    row = next(number for number, line in enumerate(units, start=1) if line.startswith("HSF,"))
    edit(reference / "unit.csv", "HSN,administration", "HSN,administrashun")
    line = fails(*MONDAY, reference=reference)
    assert f"unit.csv, rad {row}, kolumn level: " in line
    assert "administrashun" in line


def test_a_missing_folder_of_contracts_is_named(fails: Fails, tmp_path: Path):
    assert str(tmp_path / "gone") in fails(*MONDAY, contracts=tmp_path / "gone")


def test_a_date_that_cannot_be_read_is_named(fails: Fails):
    line = fails("run", "--as-of", "nonsense")
    assert "--as-of" in line
    assert "nonsense" in line


@pytest.fixture(scope="module")
def real_region(tmp_path_factory: pytest.TempPathFactory) -> DataDirectory:
    """A data directory that is not the demo's, after a load of one good file and several that cannot be taken."""
    directory = DataDirectory(tmp_path_factory.mktemp("real") / "data")
    files = {
        "forecast/ledningsportalen/good.csv": forecast().encode(),
        "forecast/ledningsportalen/empty.csv": b"",
        "forecast/ledningsportalen/header.csv": b"helt;andra;rubriker\n1;2;3\n",
        "forecast/ledningsportalen/encoding.csv": forecast().replace("Controller", "Ekonom på").encode("cp1252"),
        "weather/smhi/rain.csv": b"dag;mm\n1;2\n",
    }
    for name, content in files.items():
        (directory.inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (directory.inbox / name).write_bytes(content)
    ended = verb(directory, "load", "--as-of", "2025-01-31")
    assert ended.code == 1, ended
    return directory


def test_each_refused_file_is_named_with_its_rule_and_keeps_no_other_out(real_region: DataDirectory):
    ended = verb(real_region, "status")
    named = {line.split()[1] for line in ended.out.splitlines() if line.startswith("Refused ")}
    refused = {path.relative_to(real_region.refused).as_posix() for path in real_region.refused.rglob("*.csv")}

    assert ended.code == 0
    assert {Path(name).name for name in refused} == {"empty.csv", "header.csv", "encoding.csv", "rain.csv"}
    assert named == refused
    assert all("[" in line for line in ended.out.splitlines() if line.startswith("Refused "))
    assert len(list(real_region.landing.glob("forecast/*[!n]"))) == 1, "the good file was taken"


def test_the_demo_is_not_delivered_into_a_real_region(real_region: DataDirectory):
    before = digest(real_region.main.warehouse)
    ended = verb(real_region, "demo")
    (line,) = ended.errors
    assert ended.code == 2
    assert line.startswith(f"nettoeffekt: {real_region.root}: ")
    assert "--data" in line
    assert digest(real_region.main.warehouse) == before
    assert list(real_region.inbox.rglob("*.csv")) == []
    assert not os.path.lexists(real_region.root / "DEMO")
