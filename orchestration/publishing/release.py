"""Releases: a published file made beside the old one, looked at, and swapped in by one rename.

published/warehouse.duckdb is always one whole release. Each release keeps a folder of its own under
published/releases/, with the same file (a hard link) and a manifest.
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
from orchestration.settings import Workspace
from orchestration.warehouse import connect, quoted, space_guard

MANIFEST = "manifest.json"
STORAGE_VERSION = "v1.4.0"  # the oldest client that must read the file


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
        folder = workspace.releases / release_id
        part = folder.with_name(f".{release_id}")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        with space_guard(folder):
            _write_file(connection, build, part / workspace.warehouse.name)
    _look_at(part / workspace.warehouse.name, release, marts)
    _write_manifest(part / MANIFEST, release, marts)
    _sync(part / MANIFEST)
    _sync(part)
    part.rename(folder)
    try:
        _swap(folder / workspace.warehouse.name, workspace.published_warehouse)
    except BaseException:
        shutil.rmtree(folder)  # what was never published is no release
        raise
    _forget(workspace, keep)
    return release, True


def _write_file(connection: duckdb.DuckDBPyConnection, build: str, file: Path) -> None:
    """Writes the published file and leaves it closed, without a .wal beside it."""
    connection.execute(f"attach {quoted(file)} as release_file (storage_version '{STORAGE_VERSION}')")
    try:
        copy_marts(connection, build, "release_file")
        connection.execute("checkpoint release_file")
    finally:
        connection.execute("detach release_file")


def _look_at(file: Path, release: Release, marts: Mapping[str, TableContent]) -> None:
    """Opens the file as a reader would, before anyone sees it. Raises NettoeffektError if it is not what was meant."""
    with connect(file, read_only=True) as connection:
        ((release_id,),) = connection.execute(f"select release_id from {MARTS}.publication").fetchall()
        ((views,),) = connection.execute("select count(*) from duckdb_views() where not internal").fetchall()
        rows = {name: connection.execute(f"select count(*) from {MARTS}.{name}").fetchall()[0][0] for name in marts}
    same = rows == {name: content.rows for name, content in marts.items()}
    if release_id != release.release_id or views or not same or file.with_name(file.name + ".wal").exists():
        raise NettoeffektError(str(file), "the new release is not what was built", "The old one stands. Run again")


def _write_manifest(file: Path, release: Release, marts: Mapping[str, TableContent]) -> None:
    document = {"release": asdict(release), "tables": {name: asdict(content) for name, content in marts.items()}}
    file.write_text(json.dumps(document, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def _read(folder: Path) -> Release:
    document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["release"]
    document["as_of"] = date.fromisoformat(document["as_of"])
    document["published_at"] = datetime.fromisoformat(document["published_at"])
    return Release(**document)


def _swap(file: Path, published: Path) -> None:
    """Puts a release in the place that BI reads, by one rename; readers that have the old one open keep it."""
    file.chmod(0o444)
    _sync(file)
    following = published.with_name(f".{published.name}.next")
    following.unlink(missing_ok=True)
    try:
        os.link(file, following)
    except OSError:  # a file system without hard links
        shutil.copy2(file, following)
        _sync(following)
    published.with_name(published.name + ".wal").unlink(missing_ok=True)  # a stray one would spoil the new file
    os.replace(following, published)
    _sync(published.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _forget(workspace: Workspace, keep: int) -> None:
    """Removes all but the `keep` newest releases."""
    for release in releases(workspace)[keep:]:
        shutil.rmtree(workspace.releases / release.release_id)
