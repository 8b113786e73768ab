"""Releases: a published file made beside the old one, looked at, and swapped in by one rename.

published/warehouse.duckdb is always one whole release. Each release keeps a folder of its own under
published/releases/, with the same file (a hard link) and a manifest, and one under published/parquet/, with its tables
as Parquet and the same manifest.
"""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import duckdb

from orchestration import ops
from orchestration.errors import NettoeffektError
from orchestration.model import Judgement, Release, Status
from orchestration.publishing.content import MARTS, TableContent, contents, copy_marts, data_hash
from orchestration.publishing.dictionary import dictionary
from orchestration.publishing.files import sha256, sync, write_whole
from orchestration.publishing.parquet import ParquetFile, write_parquet
from orchestration.settings import Workspace
from orchestration.warehouse import connect, quoted, space_guard

MANIFEST = "manifest.json"
STORAGE_VERSION = "v1.4.0"  # the oldest client that must read the file
UNPORTABLE = f"schema_name = '{MARTS}' and (data_type = 'HUGEINT' or data_type = 'DOUBLE' and column_name like '%_sek')"


def current(workspace: Workspace) -> Release | None:
    """The release that published/warehouse.duckdb is; None if nothing is published."""
    if not workspace.published_warehouse.exists():
        return None
    with connect(workspace.published_warehouse, read_only=True) as connection:
        ((release_id,),) = connection.execute(f"select release_id from {MARTS}.publication").fetchall()
    return _read(workspace.releases / release_id)


def releases(workspace: Workspace) -> list[Release]:
    """The releases that are kept, newest first."""
    folders = workspace.releases.glob(f"*/{MANIFEST}")
    return sorted((_read(path.parent) for path in folders), key=lambda release: release.published_at, reverse=True)


def publish(
    workspace: Workspace,
    run_id: str,
    as_of: date,
    now: datetime,
    code_version: str,
    judgement: Judgement,
    keep: int,
) -> tuple[Release, bool]:
    """Publishes the marts of the workspace's build; the release and whether it is a new one.

    The same content at the same `as_of` as what is published is no new release. Needs a judgement without a stop.
    """
    with connect(workspace.warehouse) as connection:
        ((build,),) = connection.execute("select current_database()").fetchall()
        marts = contents(connection, build)
        before = current(workspace)
        fingerprint = data_hash(marts)
        if before is not None and (before.data_hash, before.as_of) == (fingerprint, as_of):
            return before, False
        passed = sum(result.status is Status.PASSED for result in judgement.results)
        release_id = f"{now:%Y%m%dT%H%M%S}-{fingerprint[:8]}"
        release = Release(
            *(release_id, run_id, as_of, now, fingerprint, code_version),
            *(passed, len(judgement.results) - passed, f"releases/{release_id}/{workspace.warehouse.name}"),
        )
        ops.write_publication(connection, release)
        folder, parquet = workspace.releases / release_id, workspace.parquet / release_id
        tidy(workspace)
        part, parquet_part = (path.with_name(f".{release_id}") for path in (folder, parquet))
        part.mkdir(parents=True)
        parquet_part.mkdir(parents=True)
        with space_guard(folder):
            files = _write_files(connection, build, part / workspace.warehouse.name, parquet_part)
        contracts = dict(connection.execute("select feed, contract_version from raw.feed order by 1").fetchall())
    words = _look_at(part / workspace.warehouse.name, release, marts)
    manifest = _manifest(part / workspace.warehouse.name, release, marts, files, contracts)
    for target in (part, parquet_part):
        write_whole(target / MANIFEST, manifest)
    parquet_part.rename(parquet)
    part.rename(folder)
    try:
        swap_in(workspace, release_id)
    except BaseException:
        shutil.rmtree(folder)  # what was never published is no release
        shutil.rmtree(parquet)
        raise
    write_whole(workspace.dictionary, words)
    _forget(workspace, keep)
    return release, True


def tidy(workspace: Workspace) -> None:
    """Takes away what a killed run left beside the releases. Only for who holds the run lock."""
    drop_stray_wal(workspace)
    for folder in (workspace.releases, workspace.parquet):
        for part in folder.glob(".*"):
            shutil.rmtree(part)
    for folder in workspace.parquet.glob("*"):
        if not (workspace.releases / folder.name).exists():
            shutil.rmtree(folder)


def drop_stray_wal(workspace: Workspace) -> None:
    """Takes away a .wal beside the published file, which never has one: it would keep every reader out."""
    wal = workspace.published_warehouse.with_name(f"{workspace.published_warehouse.name}.wal")
    wal.unlink(missing_ok=True)


def _write_files(
    connection: duckdb.DuckDBPyConnection, build: str, file: Path, parquet: Path
) -> dict[str, ParquetFile]:
    """Writes the published file and its tables as Parquet; leaves the file closed, without a .wal beside it."""
    connection.execute(f"attach {quoted(file)} as release_file (storage_version '{STORAGE_VERSION}')")
    try:
        copy_marts(connection, build, "release_file")
        connection.execute("checkpoint release_file")
        return write_parquet(connection, f"release_file.{MARTS}", parquet)
    finally:
        connection.execute("detach release_file")


def _look_at(file: Path, release: Release, marts: Mapping[str, TableContent]) -> str:
    """Opens the file as a reader would, before anyone sees it; its dictionary. Raises NettoeffektError if it is not
    what was meant."""
    with connect(file, read_only=True) as connection:
        ((release_id,),) = connection.execute(f"select release_id from {MARTS}.publication").fetchall()
        ((views,),) = connection.execute("select count(*) from duckdb_views() where not internal").fetchall()
        rows = {name: connection.execute(f"select count(*) from {MARTS}.{name}").fetchall()[0][0] for name in marts}
        wide = connection.execute(f"select table_name, column_name from duckdb_columns() where {UNPORTABLE}").fetchall()
        words = dictionary(connection, release)
    same = rows == {name: content.rows for name, content in marts.items()}
    if release_id != release.release_id or views or wide or not same or file.with_name(f"{file.name}.wal").exists():
        raise NettoeffektError(str(file), "the new release is not what was built", "The old one stands. Run again")
    return words


def _manifest(
    file: Path,
    release: Release,
    marts: Mapping[str, TableContent],
    files: Mapping[str, ParquetFile],
    contracts: Mapping[str, str],
) -> str:
    """What a release holds, as JSON: its files with sizes and SHA-256, its tables with rows, hashes and totals in SEK,
    and the versions of the contracts it was loaded by."""
    document = {
        "release": asdict(release),
        "warehouse": {"file": file.name, "bytes": file.stat().st_size, "sha256": sha256(file)},
        "contracts": contracts,
        "tables": {
            name: {**asdict(written), "content_hash": marts[name].content_hash if name in marts else None}
            for name, written in files.items()
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1, default=str)


def _read(folder: Path) -> Release:
    document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["release"]
    document["as_of"] = date.fromisoformat(document["as_of"])
    document["published_at"] = datetime.fromisoformat(document["published_at"])
    return Release(**document)


def swap_in(workspace: Workspace, release_id: str) -> None:
    """Puts a kept release in the place that BI reads, by one rename; readers that have the old one open keep it."""
    file, published = workspace.releases / release_id / workspace.warehouse.name, workspace.published_warehouse
    file.chmod(0o444)
    sync(file)
    following = published.with_name(f".{published.name}.next")
    following.unlink(missing_ok=True)
    try:
        os.link(file, following)
    except OSError:  # a file system without hard links
        shutil.copy2(file, following)
        sync(following)
    drop_stray_wal(workspace)
    os.replace(following, published)
    sync(published.parent)


def _forget(workspace: Workspace, keep: int) -> None:
    """Removes all but the `keep` newest releases, and the one that is published."""
    there = current(workspace)
    for release in releases(workspace)[keep:]:
        if there is None or release.release_id != there.release_id:
            shutil.rmtree(workspace.releases / release.release_id)
            shutil.rmtree(workspace.parquet / release.release_id, ignore_errors=True)
