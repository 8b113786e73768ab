"""Publishing: a whole release or none, readers undisturbed, and no new release without something new to tell."""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import duckdb
import pytest

from orchestration import ops
from orchestration.errors import NettoeffektError, UsageError
from orchestration.model import CheckResult, Judgement, Release, Severity, Status
from orchestration.ops_tables import published_tables
from orchestration.pipeline import nothing_new
from orchestration.publishing import release as publishing
from orchestration.publishing.content import contents, data_hash
from orchestration.publishing.hold import Hold, held, keep_hold, let_go, roll_back
from orchestration.run import Run
from orchestration.settings import CHECKOUT, DataDirectory, Settings, Workspace
from orchestration.warehouse import connect

AS_OF = date(2025, 1, 31)
NOW = datetime(2025, 1, 31, 4, 30)
QUERY = "select unit_id, amount_sek from marts.fct_cost order by 1"

Publish = Callable[..., tuple[Release, bool]]


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> DataDirectory:
    """A build with one mart of two rows, a slice and the tables of ops, and its first release; to be copied."""
    directory = DataDirectory(tmp_path_factory.mktemp("once") / "data")
    with connect(directory.main.warehouse) as connection:
        ops.create(connection)
        for schema in ("marts", "staging", "raw"):
            connection.execute(f"create schema {schema}")
        connection.execute("create table raw.feed as select 'ledger' as feed, '1.0.0' as contract_version")
        connection.execute("create table marts.fct_cost (unit_id varchar, amount_sek decimal(18,2))")
        connection.execute("insert into marts.fct_cost values ('RS', 2.50), ('HSN', 1)")
        connection.execute("comment on table marts.fct_cost is 'What a unit''s year costs.'")
        connection.execute("comment on column marts.fct_cost.amount_sek is 'Kostnad; \"netto\"'")
        connection.execute(
            "create view staging.stg_intake__current_slice as select 'ledger' as feed, 's1' as slice_id,"
            " 'd1' as delivery_id, '1000' as company, date '2024-01-01' as month"
        )
    _publish(directory.main)
    return directory


@pytest.fixture
def workspace(directory: DataDirectory, published_once: DataDirectory) -> Workspace:
    shutil.copytree(published_once.root, directory.root)
    return directory.main


@pytest.fixture
def first(workspace: Workspace) -> Release:
    """The release that is published when a test begins."""
    return publishing.current(workspace)


@pytest.fixture
def change(workspace: Workspace) -> Callable[[str], None]:
    """Changes the build by a statement."""

    def run(statement: str) -> None:
        with connect(workspace.warehouse) as connection:
            connection.execute(statement)

    return run


def _publish(workspace: Workspace, minutes: int = 0, as_of: date = AS_OF, keep: int = 14) -> tuple[Release, bool]:
    """Publishes so many minutes after the first time, with two checks passed and one flagged."""
    flags = Judgement((_check(Status.PASSED), _check(Status.PASSED), _check(Status.FAILED)))
    now = NOW + timedelta(minutes=minutes)
    return publishing.publish(workspace, f"run-{minutes}", as_of, now, "0.1.0+abc", flags, keep)


def _check(status: Status) -> CheckResult:
    return CheckResult("F1", "marts.fct_cost", Severity.WARN, status, "", 0, None, "")


@pytest.fixture
def publish(workspace: Workspace) -> Publish:
    """Publishes the build: publish(minutes, as_of, keep)."""
    return partial(_publish, workspace)


def published(workspace: Workspace, sql: str = QUERY) -> list[tuple]:
    with duckdb.connect(str(workspace.published_warehouse), read_only=True) as reader:
        return reader.execute(sql).fetchall()


def test_nothing_is_published_before_the_first_release(directory: DataDirectory):
    assert publishing.current(directory.main) is None
    assert publishing.releases(directory.main) == []


def test_a_release_says_what_it_is(workspace: Workspace, first: Release):
    assert (first.as_of, first.published_at, first.run_id) == (AS_OF, NOW, "run-0")
    assert (first.checks_passed, first.checks_warned) == (2, 1)
    assert publishing.releases(workspace) == [first]
    assert published(workspace, "select release_id, data_hash, checks_passed from marts.publication") == [
        (first.release_id, first.data_hash, 2)
    ]
    assert published(workspace, "select feed, slice_id from marts.release_slice") == [("ledger", "s1")]


def test_the_file_holds_the_marts_and_the_published_ops_as_tables_only(workspace: Workspace):
    names = published(workspace, "select schema_name || '.' || table_name from duckdb_tables() order by 1")
    wanted = ["marts.fct_cost", *(f"marts.{table.name}" for table in published_tables())]
    assert [name for (name,) in names] == sorted(wanted)
    assert published(workspace, "select count(*) from duckdb_views() where not internal") == [(0,)]
    assert published(workspace) == [("HSN", Decimal("1.00")), ("RS", Decimal("2.50"))]


def test_comments_and_types_go_with_the_tables(workspace: Workspace):
    assert published(workspace, "select comment from duckdb_tables() where table_name = 'fct_cost'") == [
        ("What a unit's year costs.",)
    ]
    columns = "select column_name, data_type, comment from duckdb_columns() where table_name = 'fct_cost' order by 1"
    assert published(workspace, columns) == [
        ("amount_sek", "DECIMAL(18,2)", 'Kostnad; "netto"'),
        ("unit_id", "VARCHAR", None),
    ]
    bare = "select table_name from duckdb_columns() where not internal and comment is null"
    assert published(workspace, bare) == [("fct_cost",)], "every column of ops has its text"


def test_the_file_cannot_be_written_and_stands_alone(published_once: DataDirectory):
    published = published_once.main.published
    assert (published / "warehouse.duckdb").stat().st_mode & 0o777 == 0o444
    names = sorted(path.name for path in published.iterdir())
    assert names == ["dictionary.html", "parquet", "releases", "warehouse.duckdb"]
    (folder,) = (published / "releases").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "warehouse.duckdb"]
    assert (folder / "warehouse.duckdb").samefile(published / "warehouse.duckdb"), "kept without taking room twice"


def test_a_reader_keeps_the_release_it_opened(workspace: Workspace, publish: Publish, change: Callable):
    file = workspace.published_warehouse
    change("insert into marts.fct_cost values ('KTN', 3)")
    with file.open("rb") as handle, duckdb.connect(str(file), read_only=True) as reader:
        content = handle.read()
        publish(1)
        handle.seek(0)
        assert handle.read() == content, "another file takes its place; it is not written in"
        assert len(reader.execute(QUERY).fetchall()) == 2
        assert reader.execute("select run_id from marts.publication").fetchall() == [("run-0",)]
    assert len(published(workspace)) == 3
    assert publishing.current(workspace).run_id == "run-1"


def test_equal_content_at_the_same_date_is_no_new_release(
    workspace: Workspace, first: Release, publish: Publish, change: Callable
):
    inode = workspace.published_warehouse.stat().st_ino
    change("create or replace table marts.fct_cost as select * from marts.fct_cost order by unit_id")

    assert publish(1) == (first, False)

    assert workspace.published_warehouse.stat().st_ino == inode
    assert publishing.releases(workspace) == [first]


@pytest.mark.parametrize(
    ("statement", "as_of"),
    [
        ("select 'nothing changed'", date(2025, 2, 3)),
        ("update marts.fct_cost set amount_sek = 2.51 where unit_id = 'RS'", AS_OF),
    ],
)
def test_another_date_or_content_is_a_new_release(
    workspace: Workspace, first: Release, publish: Publish, change: Callable, statement: str, as_of: date
):
    change(statement)
    second, is_new = publish(1, as_of)
    assert is_new
    assert publishing.current(workspace) == second
    assert publishing.releases(workspace) == [second, first]


@pytest.mark.parametrize(
    ("statement", "is_the_same"),
    [
        ("create or replace table marts.fct_cost as from marts.fct_cost order by unit_id", True),
        ("comment on table marts.fct_cost is 'Another text.'", True),
        ("update marts.fct_cost set amount_sek = 2.51 where unit_id = 'RS'", False),
        ("update marts.fct_cost set amount_sek = null where unit_id = 'RS'", False),
        ("update marts.fct_cost set unit_id = 'rs' where unit_id = 'RS'", False),
        ("insert into marts.fct_cost values ('RS', 2.50)", False),
        ("delete from marts.fct_cost", False),
        ("alter table marts.fct_cost rename amount_sek to cost_sek", False),
        ("alter table marts.fct_cost rename to fct_money", False),
        ("create table marts.dim_unit (unit_id varchar)", False),
    ],
)
def test_the_hash_of_the_data_tells_content_and_not_its_order(statement: str, is_the_same: bool):
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.fct_cost (unit_id varchar, amount_sek decimal(18,2))")
        connection.execute("insert into marts.fct_cost values ('RS', 2.50), ('HSN', 1)")
        before = data_hash(contents(connection, "memory"))
        connection.execute(statement)
        assert (data_hash(contents(connection, "memory")) == before) == is_the_same


def test_the_oldest_releases_are_forgotten(workspace: Workspace, publish: Publish):
    made = [publish(minutes, AS_OF + timedelta(days=minutes), keep=2)[0] for minutes in (1, 2)]
    assert publishing.releases(workspace) == [made[1], made[0]]
    assert {path.name for path in workspace.releases.iterdir()} == {release.release_id for release in made}
    assert publishing.current(workspace) == made[1]
    assert len(published(workspace)) == 2


def test_asking_whether_anything_is_new_leaves_a_run_that_publishes_alone(
    directory: DataDirectory, workspace: Workspace
):
    part = workspace.releases / ".20250101T000000-aaaaaaaa"
    part.mkdir()
    nothing_new(Settings(data=directory.root), AS_OF)
    assert part.exists()


def test_a_stray_wal_does_not_spoil_the_new_file(workspace: Workspace, publish: Publish, change: Callable):
    wal = workspace.published_warehouse.with_name("warehouse.duckdb.wal")
    change("delete from marts.fct_cost where unit_id = 'RS'")
    wal.write_bytes(b"left behind by a program that wrote")
    publish(1)
    assert not wal.exists()
    assert published(workspace) == [("HSN", Decimal("1.00"))]


def test_a_file_system_without_hard_links_gets_a_copy(
    workspace: Workspace, publish: Publish, change: Callable, monkeypatch: pytest.MonkeyPatch
):
    change("delete from marts.fct_cost where unit_id = 'RS'")
    monkeypatch.setattr(os, "link", _fail)
    release, _ = publish(1)
    assert published(workspace) == [("HSN", Decimal("1.00"))]
    kept = workspace.releases / release.release_id / "warehouse.duckdb"
    assert not kept.samefile(workspace.published_warehouse)


def _fail(*_: object) -> None:
    raise OSError("no more")


@pytest.mark.parametrize("place", ["copy_marts", "_look_at", "write_parquet", "_manifest", "swap_in", "os.replace"])
def test_a_failure_in_the_middle_leaves_the_old_release(
    workspace: Workspace, first: Release, publish: Publish, change: Callable, place: str
):
    change("insert into marts.fct_cost values ('KTN', 3)")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"orchestration.publishing.release.{place}", _fail)
        with pytest.raises(OSError, match="no more"):
            publish(1)

    assert publishing.current(workspace) == first
    assert len(published(workspace)) == 2
    assert publishing.releases(workspace) == [first], "what was never published is no release"


def test_publishing_again_after_a_failure_goes_well(workspace: Workspace, publish: Publish, change: Callable):
    change("insert into marts.fct_cost values ('KTN', 3)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "copy_marts", _fail)
        with pytest.raises(OSError, match="no more"):
            publish(1)

    second, is_new = publish(2)

    assert is_new
    assert publishing.current(workspace) == second
    assert len(published(workspace)) == 3


@pytest.mark.parametrize(
    "spoil", ["delete from marts.fct_cost where unit_id = 'KTN'", "create view marts.later as select 1 as one"]
)
def test_a_file_that_is_not_what_was_built_is_not_swapped_in(
    workspace: Workspace,
    first: Release,
    publish: Publish,
    change: Callable,
    monkeypatch: pytest.MonkeyPatch,
    spoil: str,
):
    change("insert into marts.fct_cost values ('KTN', 3)")
    write = publishing._write_files

    def write_and_spoil(connection: duckdb.DuckDBPyConnection, build: str, file: Path, parquet: Path) -> object:
        written = write(connection, build, file, parquet)
        with duckdb.connect(str(file)) as spoiler:
            spoiler.execute(spoil)
        return written

    monkeypatch.setattr(publishing, "_write_files", write_and_spoil)
    with pytest.raises(NettoeffektError, match="not what was built"):
        publish(1)
    assert publishing.current(workspace) == first


def test_a_past_date_has_a_place_of_its_own(workspace: Workspace, first: Release, directory: DataDirectory):
    scratch = directory.scratch(date(2024, 12, 9))
    scratch.build.mkdir(parents=True)
    shutil.copyfile(workspace.warehouse, scratch.warehouse)

    past, is_new = _publish(scratch, 1, date(2024, 12, 9))

    assert is_new
    assert publishing.current(scratch) == past
    assert publishing.current(workspace) == first
    assert publishing.releases(workspace) == [first]


def test_the_tables_stand_as_parquet_with_a_manifest_that_holds(workspace: Workspace, first: Release):
    folder = workspace.parquet / first.release_id
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert set(manifest["tables"]) >= {"fct_cost", "publication", "check_result"}
    assert manifest["contracts"] == {"ledger": "1.0.0"}
    assert manifest["release"]["release_id"] == first.release_id
    for name, told in manifest["tables"].items():
        file = folder / told["file"]
        assert (told["sha256"], told["bytes"]) == (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_size)
        assert duckdb.sql(f"select count(*) from '{file}'").fetchall() == [(told["rows"],)]
        assert published(workspace, f"select count(*) from marts.{name}") == [(told["rows"],)]
    assert manifest["tables"]["fct_cost"]["totals"] == {"amount_sek": "3.50"}
    warehouse = workspace.releases / first.release_id / manifest["warehouse"]["file"]
    assert manifest["warehouse"]["sha256"] == hashlib.sha256(warehouse.read_bytes()).hexdigest()


def test_the_same_rows_are_the_same_parquet_bytes(workspace: Workspace, first: Release, publish: Publish):
    second, is_new = publish(1, as_of=date(2025, 2, 3))
    assert is_new
    files = [workspace.parquet / release.release_id / "fct_cost.parquet" for release in (first, second)]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_the_dictionary_has_the_words_of_the_file(workspace: Workspace):
    page = workspace.dictionary.read_text("utf-8")
    assert "<code>fct_cost</code>" in page
    assert "Kostnad; &#34;netto&#34;" in page
    assert "Vilken utgåva läser jag" in page


def test_a_column_that_bi_tools_cannot_read_is_not_published(
    workspace: Workspace, first: Release, publish: Publish, change: Callable
):
    change("create or replace table marts.fct_cost as select 'RS' as unit_id, cast(1 as hugeint) as amount_sek")
    with pytest.raises(NettoeffektError, match="not what was built"):
        publish(1)
    assert publishing.current(workspace) == first


def test_going_back_holds_until_it_is_let_go(workspace: Workspace, first: Release, publish: Publish, change: Callable):
    change("insert into marts.fct_cost values ('KTN', 3)")
    second, _ = publish(1)

    assert roll_back(workspace, first.release_id, NOW) == first

    assert publishing.current(workspace) == first
    assert len(published(workspace)) == 2
    assert held(workspace) == Hold(first.release_id, NOW.isoformat())
    assert keep_hold(workspace) == first
    assert let_go(workspace).release_id == first.release_id
    assert held(workspace) is None
    assert keep_hold(workspace) is None
    third, is_new = publish(2)
    assert is_new
    assert third.data_hash == second.data_hash
    assert len(published(workspace)) == 3


def test_a_run_publishes_nothing_while_it_is_held(
    directory: DataDirectory, workspace: Workspace, first: Release, publish: Publish, change: Callable
):
    def run(minutes: int) -> Run:
        now = NOW + timedelta(minutes=minutes)
        settings = Settings(data=directory.root)
        words = ("run", AS_OF, now, workspace, print, False, "", "0.1.0+abc", f"run-{minutes}")
        return Run(settings, *words, done={"update_incidents"})

    roll_back(workspace, first.release_id, NOW)
    change("insert into marts.fct_cost values ('KTN', 3)")
    held_run = run(1)
    assert held_run.publish() == first
    assert (held_run.is_held, held_run.is_new_release) == (True, False)
    let_go(workspace)
    free_run = run(2)
    assert free_run.publish() != first
    assert (free_run.is_held, free_run.is_new_release) == (False, True)


def test_a_rollback_that_was_killed_is_completed(
    workspace: Workspace, first: Release, publish: Publish, change: Callable
):
    change("insert into marts.fct_cost values ('KTN', 3)")
    second, _ = publish(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orchestration.publishing.hold.swap_in", _fail)
        with pytest.raises(OSError, match="no more"):
            roll_back(workspace, first.release_id, NOW)
    assert publishing.current(workspace) == second

    assert keep_hold(workspace) == first
    assert publishing.current(workspace) == first


def test_one_cannot_go_back_to_what_is_not_kept(workspace: Workspace, first: Release):
    with pytest.raises(UsageError, match=f"no such release is kept. Kept are {first.release_id}"):
        roll_back(workspace, "20200101T000000-00000000", NOW)
    with pytest.raises(UsageError, match="publishing is not held"):
        let_go(workspace)
    assert publishing.current(workspace) == first


def test_the_release_that_is_held_is_never_forgotten(
    workspace: Workspace, first: Release, publish: Publish, change: Callable
):
    for minutes in (1, 2):
        change(f"insert into marts.fct_cost values ('K{minutes}', 3)")
        publish(minutes)
    roll_back(workspace, first.release_id, NOW)
    publishing._forget(workspace, keep=1)
    kept = {release.release_id for release in publishing.releases(workspace)}
    assert first.release_id in kept
    assert len(kept) == 2
    assert {folder.name for folder in workspace.parquet.iterdir()} == kept


def test_what_a_killed_run_left_is_taken_away(workspace: Workspace, first: Release, publish: Publish, change: Callable):
    for folder in (workspace.releases, workspace.parquet):
        (folder / ".20250101T000000-aaaaaaaa").mkdir()
    (workspace.parquet / "20250101T000000-aaaaaaaa").mkdir()
    workspace.published_warehouse.with_name("warehouse.duckdb.wal").write_bytes(b"not a log")
    publishing.tidy(workspace)
    assert [path.name for path in workspace.releases.iterdir()] == [first.release_id]
    assert [path.name for path in workspace.parquet.iterdir()] == [first.release_id]
    assert len(published(workspace)) == 2


# A program of its own that publishes the build of the data directory given, with other rows each time, for ever.
PUBLISHER = """
import sys
from pathlib import Path
from tests.pipeline.test_publishing import _publish
from orchestration.settings import DataDirectory
from orchestration.warehouse import connect

workspace = DataDirectory(Path(sys.argv[1])).main
for minute in range(int(sys.argv[2]), int(sys.argv[3])):
    with connect(workspace.warehouse) as connection:
        connection.execute("update marts.fct_cost set amount_sek = ?", [minute])
    _publish(workspace, minute, keep=3)
    print(minute, flush=True)
"""

# One that reads as long as the file STOP is not there: every row of a release has the same amount.
READER = """
import sys, duckdb
from pathlib import Path

file, stop, reads = sys.argv[1], Path(sys.argv[2]), 0
while not stop.exists():
    with duckdb.connect(file, read_only=True) as reader:
        amounts = reader.execute("select distinct amount_sek from marts.fct_cost").fetchall()
        (told,) = reader.execute("select count(*) from marts.publication").fetchone()
        assert len(amounts) == 1 and told == 1, amounts
    reads += 1
print(reads)
"""


def run_program(code: str, *words: object) -> subprocess.Popen:
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_readers_never_meet_an_error_or_half_a_release(workspace: Workspace, change: Callable, publish: Publish):
    """Four readers, twenty publishes in a row (PUBLISHES of the environment for more)."""
    change("update marts.fct_cost set amount_sek = 0")
    publish(1)
    stop, publishes = workspace.build / "STOP", int(os.environ.get("PUBLISHES", "20"))
    readers = [run_program(READER, workspace.published_warehouse, stop) for _ in range(4)]
    out, err = run_program(PUBLISHER, workspace.published.parent, 2, 2 + publishes).communicate()
    stop.touch()
    assert out.split() == [str(minute) for minute in range(2, 2 + publishes)], err
    for reader in readers:
        out, err = reader.communicate()
        assert reader.returncode == 0, err
        assert int(out) > publishes / 4


def test_a_kill_at_any_instant_leaves_a_whole_release(workspace: Workspace, change: Callable, publish: Publish):
    change("update marts.fct_cost set amount_sek = 0")
    publish(1)
    chance = random.Random(7)
    for minute in range(10, 210, 20):
        child = run_program(PUBLISHER, workspace.published.parent, minute, minute + 20)
        assert child.stdout.readline()
        time.sleep(chance.random() * 0.15)
        child.kill()
        child.communicate()
        assert len(published(workspace, "select distinct amount_sek from marts.fct_cost")) == 1
        assert not workspace.published_warehouse.with_name("warehouse.duckdb.wal").exists()
    release, is_new = publish(1000)
    assert is_new
    assert publishing.current(workspace) == release
    assert not [path for folder in (workspace.releases, workspace.parquet) for path in folder.glob(".*")]


def test_a_full_disk_leaves_the_old_release(workspace: Workspace, first: Release, change: Callable):
    """The program may write no file above 64 kB: what the system says is what it says of a full disk's quota."""
    change("insert into marts.fct_cost select 'U' || i, random() from range(300000) as t (i)")
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    code = limited + PUBLISHER.replace(
        'connection.execute("update marts.fct_cost set amount_sek = ?", [minute])', "pass"
    )
    child = run_program(code, workspace.published.parent, 1, 2)
    _, err = child.communicate()
    assert child.returncode != 0
    assert "Error" in err
    assert publishing.current(workspace) == first
    assert len(published(workspace)) == 2
    publishing.tidy(workspace)
    assert publishing.releases(workspace) == [first]


def test_a_reader_that_is_locked_in_can_neither_write_nor_read_elsewhere(workspace: Workspace, tmp_path: Path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    locked = {"enable_external_access": "false", "lock_configuration": "true"}
    with duckdb.connect(str(workspace.published_warehouse), read_only=True, config=locked) as reader:
        assert reader.execute("select count(*) from marts.fct_cost").fetchall() == [(2,)]
        for statement in (
            f"select * from '{secret}'",
            f"copy marts.fct_cost to '{tmp_path / 'out.csv'}'",
            f"attach '{tmp_path / 'other.duckdb'}' as other",
            "create table marts.mine as select 1 as one",
            "delete from marts.fct_cost",
            "set enable_external_access = true",
            "install httpfs",
        ):
            with pytest.raises(duckdb.Error):
                reader.execute(statement)
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("data", "secret.csv")] == []
