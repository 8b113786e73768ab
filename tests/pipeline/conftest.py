"""What the tests of whole mornings share: the verbs as a user calls them, and mornings that are run once.

A morning takes half a minute. Each module lists its own under LONG_WORK; those that the collected tests can ask for run
side by side, each in a data directory of its own, the longest first. The tests only look at what came of them.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.intake.door import digest
from orchestration.model import Release
from orchestration.publishing.release import current
from orchestration.settings import CHECKOUT, DataDirectory

DBT_PROJECT = CHECKOUT / "dbt_project"
CORES = 2
FEW = 3000


@dataclass(frozen=True)
class Table:
    """A table or view: how many rows, a hash of them in whatever order, and the rows themselves where they are few."""

    count: int
    content: int | None
    rows: list[dict[str, Any]] | None


Tables = Mapping[str, Table]


@dataclass(frozen=True)
class Ended:
    """How a verb ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines on standard error that are no progress, which begins with seconds."""
        return [line for line in self.err.splitlines() if not line.lstrip()[:1].isdigit()]


@dataclass(frozen=True)
class Morning:
    """A data directory after a verb: how that ended, the tables of the build, the release that stands and the digest
    of its file, if there is one."""

    directory: DataDirectory
    ended: Ended
    build: Tables
    release: Release | None
    published_digest: str | None


def verb(directory: DataDirectory, *words: str, **settings: object) -> Ended:
    """Runs `nettoeffekt <words>` on a data directory, with settings such as suites=PATH, in a process of its own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("NETTOEFFEKT_")}
    given = {f"NETTOEFFEKT_{name.upper()}": str(value) for name, value in settings.items()}
    ended = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *words, "--data", str(directory.root)],
        cwd=CHECKOUT,
        env={**plain, **given},
        capture_output=True,
        text=True,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def morning(directory: DataDirectory, *words: str, **settings: object) -> Morning:
    """Runs a verb that can be done, and looks at what it left."""
    ended = verb(directory, *words, **settings)
    assert ended.code in (0, 1), ended.err
    published = directory.main.published_warehouse
    kept = digest(published) if published.exists() else None
    return Morning(directory, ended, tables(directory.main.warehouse), current(directory.main), kept)


def tables(database: Path) -> Tables:
    """Every table and view of a database, as schema.name. Leaves the file closed."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return read_tables(connection)


def read_tables(connection: duckdb.DuckDBPyConnection) -> Tables:
    """The same of an open database."""
    names = connection.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    return {name: _read_table(connection, name) for (name,) in sorted(names)}


def differing(one: Tables, other: Tables, *leave_out: str) -> list[str]:
    """The tables that do not hold the same rows in both, but for those of the schemas left out."""
    names = sorted({*one, *other})
    return [name for name in names if name.split(".")[0] not in leave_out and one.get(name) != other.get(name)]


def _read_table(connection: duckdb.DuckDBPyConnection, name: str) -> Table:
    ((count, content),) = connection.execute(f"select count(*), sum(hash(t)) from {name} as t").fetchall()
    if count > FEW:
        return Table(count, content, None)
    found = connection.execute(f"from {name} order by all")
    columns = [column for column, *_ in found.description]
    return Table(count, content, [dict(zip(columns, row, strict=True)) for row in found.fetchall()])


@dataclass(frozen=True)
class Stage:
    """Where one piece of long work is done: a folder of its own, and the demo's morning when that has come."""

    folder: Path
    coming_demo: "Future[Morning]"

    @property
    def directory(self) -> DataDirectory:
        return DataDirectory(self.folder / "data")

    def demo(self) -> Morning:
        return self.coming_demo.result()

    def copy_of_demo(self) -> DataDirectory:
        """A data directory as the demo's morning left it."""
        copy_directory(self.demo().directory, self.directory)
        return self.directory

    def suites(self, is_broken: bool) -> Path:
        """The project's suites, or the same with a stop on marts.dim_unit that cannot hold; at the same place."""
        folder = self.folder / "suites"
        shutil.copytree(CHECKOUT / "expectations" / "suites", folder, dirs_exist_ok=True)
        if is_broken:
            suite = folder / "marts" / "dim_unit.yaml"
            text = suite.read_text(encoding="utf-8")
            assert text.count("min_value: 1\n") == 1
            suite.write_text(text.replace("min_value: 1\n", "min_value: 1000000\n"), encoding="utf-8")
        return folder


@dataclass(frozen=True)
class LongWork:
    """Work that takes about so many seconds; `do` gives what the tests look at."""

    name: str
    seconds: int
    do: Callable[[Stage], Any]


def copy_directory(origin: DataDirectory, target: DataDirectory) -> None:
    """Copies a data directory, but for what dbt has parsed, which another path voids."""
    shutil.copytree(origin.root, target.root, ignore=shutil.ignore_patterns("dbt", "as_of"))


@pytest.fixture(scope="session")
def _works(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future]]:
    modules = {item.module for item in request.session.items if isinstance(item, pytest.Function)}
    works = [work for module in modules for work in getattr(module, "LONG_WORK", ())]
    with ThreadPoolExecutor(CORES) as pool:
        demo = pool.submit(_demo_morning, tmp_path_factory.mktemp("demo"))
        started = {"demo": demo}
        for work in sorted(works, key=lambda work: -work.seconds):
            started[work.name] = pool.submit(work.do, Stage(tmp_path_factory.mktemp(work.name), demo))
        yield started
        pool.shutdown(cancel_futures=True)


def _demo_morning(folder: Path) -> Morning:
    return morning(DataDirectory(folder / "data"), "demo")


@pytest.fixture(scope="session")
def long_work(_works: Mapping[str, Future]) -> Callable[[str], Any]:
    """What came of a piece of long work, by name; waits for it."""
    return lambda name: _works[name].result()


@pytest.fixture(scope="session")
def demo(long_work: Callable[[str], Any]) -> Morning:
    """The demo's morning. Its data directory is shared: nobody changes it."""
    return long_work("demo")


@pytest.fixture(scope="module")
def region(demo: Morning, tmp_path_factory: pytest.TempPathFactory) -> DataDirectory:
    """The demo's data directory as a copy of the module's own."""
    directory = DataDirectory(tmp_path_factory.mktemp("region") / "data")
    copy_directory(demo.directory, directory)
    return directory


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of every model as dbt compiles it, by path; of an incremental model what its later runs do."""
    folder = tmp_path_factory.mktemp("compile")
    warehouse = folder / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        for path in DBT_PROJECT.glob("models/**/*.sql"):
            if re.search(r"materialized\s*=\s*['\"]incremental", path.read_text("utf-8")):
                schema = path.relative_to(DBT_PROJECT / "models").parts[0]
                connection.execute(f"create schema if not exists {schema}")
                connection.execute(f"create table {schema}.{path.stem} (slice_id varchar)")
    outcome = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "--quiet", "--no-use-colors", "compile"),
            *("--select", "resource_type:model", "--indirect-selection", "empty"),
            *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        ],
        cwd=DBT_PROJECT,
        env={**os.environ, "NETTOEFFEKT_WAREHOUSE": str(warehouse), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    models = folder / "target" / "compiled" / "nettoeffekt" / "models"
    return {str(path.relative_to(models)): path.read_text("utf-8") for path in sorted(models.rglob("*.sql"))}
