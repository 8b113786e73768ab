"""What must never come out of a run: its keys and passwords, and the identity numbers that were delivered to it.

Two real runs, one by the verb and one as Dagster's job, are given marks of each, in columns of persons, in free texts,
in names of files, in a reason that a person gives, in rows that are set aside and in a file that is refused. Afterwards
all is searched that they wrote and said, Dagster's storage of runs, configurations and events included, but for what
keeps deliveries as they came.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.dagster_home import prepare
from orchestration.settings import CHECKOUT, DataDirectory, Settings
from tests.pipeline.conftest import Ended, LongWork, Stage, verb
from tests.unit.deliveries import forecast, forecast_row, ledger, ledger_row
from tests.unit.test_privacy import staffing

pytestmark = pytest.mark.pipeline

EXTRACTS = CHECKOUT / "seeds" / "extracts"
KEY = "c0ffee" * 11
PASSWORD = "Kanarie-9f3b71"
# The Tax Agency's published test numbers: of a person in a column, of one in a text, of one in what is not taken.
IN_A_COLUMN, IN_A_TEXT, NOT_TAKEN = NUMBERS = ("189001019802", "197010632391", "196408233234")


JOB = """
import sys
from dagster import DagsterInstance
from orchestration.definitions import definitions

with DagsterInstance.get() as instance:
    config = {"resources": {"run": {"config": {"as_of": sys.argv[1]}}}}
    job = definitions.resolve_job_def("daily_load")
    ended = job.execute_in_process(run_config=config, instance=instance, raise_on_error=False)
sys.exit(0 if ended.success else 1)
"""


def written(number: str) -> set[str]:
    """The ways of writing it that are searched for."""
    return {number[2:], f"{number[2:8]}-{number[8:]}"}


ALERTS = f"""
engineers: {{role: Systemförvaltare, address: system@region.example}}
owners: {{Regiondirektör: direktor@region.example}}
channels:
  - {{name: e-post, url: 'mailto://kanarie:{PASSWORD}@127.0.0.1:9?from=nettoeffekt@region.example'}}
  - {{name: webbkrok, url: 'json://kanarie:{PASSWORD}@127.0.0.1:9/krok'}}
"""
MARKS = {KEY, PASSWORD, *(mark for number in NUMBERS for mark in written(number))}


@dataclass(frozen=True)
class Searched:
    """How the run ended; where a mark was found, and in how many files and tables it was looked for; the numbers that
    stand in the deliveries as they are kept."""

    ended: Ended
    found: list[str]
    places: int
    delivered: set[str]


def run_with_canaries(stage: Stage) -> Searched:
    directory = stage.directory
    for file in (path for feed in ("plan", "forecast") for path in (EXTRACTS / feed).rglob("*.csv*")):
        target = directory.inbox / file.relative_to(EXTRACTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    deliver(directory, "staffing/lonesystem/personal.csv", staffing(IN_A_COLUMN))
    said = f"Avser {IN_A_TEXT[2:8]}-{IN_A_TEXT[8:]} enligt beslut"
    broken = ledger_row(amount="fel", text=f"Lön {NOT_TAKEN}", line=2)
    whole = [ledger_row(text=said, line=line) for line in range(3, 400)]
    deliver(directory, "ledger/ekonomisystem/huvudbok.csv", ledger(broken, *whole))
    deliver(directory, f"forecast/ledningsportalen/{said}.csv", forecast(forecast_row(comment=said)))
    deliver(
        directory,
        f"ledger/ekonomisystem/fel {NOT_TAKEN}.csv",
        ledger(ledger_row(amount=f"{NOT_TAKEN[2:8]}-{NOT_TAKEN[8:]}")),
    )
    key, alerts = stage.folder / "person.key", stage.folder / "alerts.yaml"
    key.write_text(f"kanarie {KEY}\n", encoding="utf-8")
    alerts.write_text(ALERTS, encoding="utf-8")
    for secret in (key, alerts):
        secret.chmod(0o600)
    ended = verb(directory, "run", "--as-of", "2025-01-31", person_key_file=key, alerts=alerts)
    (first, *_) = json.loads(verb(directory, "incidents", "--json").out)
    acknowledged = verb(directory, "incidents", "ack", first["incident_id"], "--because", said)
    assert acknowledged.code == 0
    deliver(directory, f"forecast/ledningsportalen/{said}, andra.csv", forecast(forecast_row(comment=f"{said}!")))
    deliver(directory, f"ledger/ekonomisystem/fel {NOT_TAKEN}, andra.csv", ledger(ledger_row(amount=said)))
    job = dagsters_job(directory, "2025-02-03", key, alerts)
    assert (directory.dagster / "history").exists()
    places = list(texts(directory))
    found = [place for place, text in places for mark in MARKS if mark in text]
    said_aloud = "".join(done.out + done.err for done in (ended, acknowledged, job))
    found += [f"said: {mark}" for mark in MARKS if mark in said_aloud]
    kept = "".join(
        path.read_bytes().decode("latin-1")
        for folder in (directory.landing, directory.refused)
        for path in folder.rglob("*")
        if path.is_file()
    )
    return Searched(ended, found, len(places), {n for n in NUMBERS if any(mark in kept for mark in written(n))})


def dagsters_job(directory: DataDirectory, as_of: str, key: Path, alerts: Path) -> Ended:
    """The job in a process of its own, with the storage of runs and events that `nettoeffekt dev` prepares."""
    environment = {
        **os.environ,
        **prepare(Settings(data=directory.root)),
        **{"NETTOEFFEKT_PERSON_KEY_FILE": str(key), "NETTOEFFEKT_ALERTS": str(alerts)},
    }
    command = [sys.executable, "-c", JOB, as_of]
    ended = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def deliver(directory: DataDirectory, path: str, text: str) -> None:
    target = directory.inbox / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="cp1252" if path.startswith("ledger") else "utf-8")


def texts(directory: DataDirectory) -> Iterator[tuple[str, str]]:
    """Each file and each table, with all of its text; not the folders that keep deliveries as they came."""
    kept = (directory.landing, directory.inbox)
    for path in sorted(directory.root.rglob("*")):
        if not path.is_file() or any(path.is_relative_to(folder) for folder in kept):
            continue
        if path.is_relative_to(directory.refused) and path.suffix == ".csv":  # the file itself; the reason is beside it
            continue
        place = str(path.relative_to(directory.root))
        yield place, path.read_bytes().decode("latin-1")
        if path.suffix == ".duckdb":
            yield from tables_of(path, place)
        elif path.suffix == ".parquet":
            yield place, str(duckdb.connect().execute("from read_parquet(?)", [str(path)]).fetchall())
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as workbook:
                yield place, "".join(workbook.read(name).decode("utf-8") for name in workbook.namelist())


def tables_of(path: Path, place: str) -> Iterator[tuple[str, str]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
        for (name,) in names:
            yield f"{place}: {name}", str(connection.execute(f"from {name}").fetchall())


LONG_WORK = [LongWork("canaries", 80, run_with_canaries)]


@pytest.fixture
def searched(long_work: Callable[[str], Any]) -> Searched:
    return long_work("canaries")


def test_the_run_took_in_what_the_marks_are_in(searched: Searched):
    assert searched.ended.code == 1, searched.ended.err  # a file is refused
    assert searched.delivered == set(NUMBERS)
    assert searched.places > 300


def test_no_mark_is_in_anything_that_a_run_writes_or_says(searched: Searched):
    assert searched.found == []
