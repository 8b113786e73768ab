"""Publishing: a whole release or none, readers undisturbed, and no new release without something new to tell."""

import os
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import duckdb
import pytest

from orchestration import ops
from orchestration.errors import NettoeffektError
from orchestration.model import CheckResult, Judgement, Release, Severity, Status
from orchestration.publishing import release as publishing
from orchestration.publishing.content import contents, data_hash
from orchestration.settings import DataDirectory, Workspace
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
        for schema in ("marts", "staging"):
            connection.execute(f"create schema {schema}")
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
    wanted = ["marts.fct_cost", *(f"marts.{table.name}" for table in ops.published_tables())]
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
    assert sorted(path.name for path in published.iterdir()) == ["releases", "warehouse.duckdb"]
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


@pytest.mark.parametrize("place", ["copy_marts", "_look_at", "_write_manifest", "_swap", "os.replace"])
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
    write = publishing._write_file

    def write_and_spoil(connection: duckdb.DuckDBPyConnection, build: str, file: Path) -> None:
        write(connection, build, file)
        with duckdb.connect(str(file)) as spoiler:
            spoiler.execute(spoil)

    monkeypatch.setattr(publishing, "_write_file", write_and_spoil)
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
