"""docs/operations.md, done as it stands: a backup, a loss, a restore, and a morning that finds nothing new."""

import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

from orchestration.demo import DEMO_AS_OF
from orchestration.publishing.release import current
from orchestration.settings import CHECKOUT, DataDirectory
from tests.pipeline.conftest import Morning, copy_directory, differing, tables, verb

pytestmark = pytest.mark.pipeline

GUIDE = (CHECKOUT / "docs" / "operations.md").read_text("utf-8")


def block(heading: str, language: str = "sh") -> str:
    """The first block of code below a heading."""
    return re.search(rf"^## {heading}\n.*?```{language}\n(.*?)```", GUIDE, re.DOTALL | re.MULTILINE).group(1)


def shell(folder: Path, script: str) -> None:
    subprocess.run(["sh", "-ec", script], cwd=folder, check=True)


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not on this machine")
def test_what_is_lost_comes_back_from_the_backup(demo: Morning, tmp_path: Path):
    directory = DataDirectory(tmp_path / "data")
    copy_directory(demo.directory, directory)
    assert verb(directory, "status").code == 0
    before = tables(directory.main.warehouse)

    shell(tmp_path, block("Backup"))
    (directory.main.warehouse).write_bytes(b"lost")
    shutil.rmtree(directory.landing)
    shell(tmp_path, block("Restore"))

    assert current(directory.main) == demo.release
    assert tables(directory.main.warehouse) == before
    ended = verb(directory, "run", "--as-of", "2025-01-31")
    assert ended.code == 0, ended.err
    assert "Nothing new as of 2025-01-31" in ended.out


def test_while_a_backup_is_made_a_run_waits_for_another_time(demo: Morning, tmp_path: Path):
    directory = DataDirectory(tmp_path / "data")
    directory.root.mkdir()
    with subprocess.Popen(
        ["flock", str(directory.lock), "sh", "-c", "echo held; sleep 30"], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        ended = verb(directory, "run")
        holder.terminate()
    assert ended.code == 2
    assert "holds the lock" in ended.err
    assert "None" not in ended.err


def test_the_units_are_well_formed(tmp_path: Path):
    units = re.findall(r"```ini\n# /etc/systemd/system/(\S+)\n(.*?)```", GUIDE, re.DOTALL)
    assert [name for name, _ in units] == ["nettoeffekt.service", "nettoeffekt.timer"]
    for name, text in units:
        (tmp_path / name).write_text(text.replace("/opt/nettoeffekt/.venv/bin/nettoeffekt", "/bin/true"))
        sections = re.findall(r"^\[(\w+)\]$", text, re.MULTILINE)
        assert sections[0] == "Unit"
        assert all(re.match(r"^([A-Z]\w+=.+|\[\w+\]|)$", line) for line in text.splitlines()), name
    if shutil.which("systemd-analyze"):
        command = ["systemd-analyze", "calendar", re.search(r"OnCalendar=(.+)", units[1][1]).group(1)]
        assert subprocess.run(command, capture_output=True).returncode == 0


def test_a_rebuild_keeps_the_rows_of_persons_who_have_left_landing(demo: Morning, tmp_path: Path):
    directory = DataDirectory(tmp_path / "data")
    copy_directory(demo.directory, directory)
    with duckdb.connect(str(directory.main.warehouse)) as connection:
        connection.execute("update raw.delivery set received_at = timestamp '2020-01-31 05:30:00'")
    before = tables(directory.main.warehouse)

    as_of = ("--as-of", str(DEMO_AS_OF))
    assert verb(directory, "load", *as_of, clear_months=12).code == 0
    clear = {path.parent.name for path in directory.landing.glob("*/*") if not path.suffix}
    assert clear & {"staffing", "hired_staff"} == set()
    assert "ledger" in clear
    rebuilt = verb(directory, "rebuild", *as_of, clear_months=12)

    assert rebuilt.code == 0, rebuilt.err
    persons = ("raw.staffing", "raw.hired_staff", "marts.fct_fte", "marts.fct_hired_staff", "marts.fct_net_effect")
    after = tables(directory.main.warehouse)
    assert [name for name in differing(before, after) if name in persons] == []
    refused = verb(directory, "rebuild", *as_of, "--new-key")
    assert (refused.code, "no longer in clear" in refused.err) == (2, True)
