"""Connections to the DuckDB files, and the lock that keeps two runs apart.

DuckDB lets one writer or many readers hold a file, so no step keeps a connection open after itself.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from orchestration.errors import LockError, NettoeffektError, SpaceError
from orchestration.settings import DataDirectory


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file, closed when the block ends. Times are UTC.

    Raises LockError if another program holds the file, SpaceError if the disk is full.
    """
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except duckdb.IOException as error:
        if "Could not set lock" in str(error):
            raise LockError(path.name, "another program has the warehouse open", _who_holds(str(error))) from error
        first = str(error).splitlines()[0]
        raise NettoeffektError(
            str(path), f"cannot be opened: {first}", "Remove it and run again, or restore it"
        ) from error
    try:
        connection.execute("set TimeZone = 'UTC'")
        if not read_only:  # a checkpoint when the work is done, not for every few megabytes of it
            connection.execute("set checkpoint_threshold = '1GB'")
        with space_guard(path):
            yield connection
    finally:
        connection.close()


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing: committed when the block ends, rolled back if it raises."""
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        with suppress(duckdb.Error):  # a full disk has ended it already: that is what must be told
            connection.execute("rollback")
        raise


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Inserts rows of plain values, many to a statement: one statement per row costs a hundred times as much."""
    for start in range(0, len(rows), 500):
        chunk = rows[start : start + 500]
        marks = ", ".join([f"({', '.join('?' * len(chunk[0]))})"] * len(chunk))
        connection.execute(f"insert into {table} values {marks}", [value for row in chunk for value in row])


def quoted(path: Path) -> str:
    """A path as an SQL literal, for ATTACH, which takes no bound values."""
    return "'" + str(path).replace("'", "''") + "'"


def _who_holds(message: str) -> str:
    """The process that DuckDB names, with what to do."""
    _, _, holder = message.partition("Conflicting lock is held in ")
    named = f"Held by {holder.split(' See also')[0].rstrip('. ')}" if holder else "Held by an unknown process"
    return f"{named}. Close it, or let readers open published/warehouse.duckdb, which is never locked"


@contextmanager
def space_guard(path: Path) -> Iterator[None]:
    """Turns a full disk, as DuckDB or the system tells it, into one clear error."""
    try:
        yield
    except duckdb.Error as error:
        if is_full(str(error)):
            raise full(path) from error
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise full(path) from error
        raise


def is_full(message: str) -> bool:
    """True if it is what DuckDB or the system says of a full disk."""
    return "No space left" in message or "out of disk" in message.lower()


def full(path: Path) -> SpaceError:
    """The disk of `path` is full."""
    return SpaceError(str(path.parent), "the disk is full", "Free space and run again; the earlier state is untouched")


def require_space(directory: DataDirectory, min_free_mb: int) -> None:
    """Raises SpaceError if the data directory's disk has less than `min_free_mb` MB, or less than twice the build."""
    build = directory.main.warehouse
    needed = max(min_free_mb * 1024**2, 2 * build.stat().st_size if build.exists() else 0)
    free = shutil.disk_usage(directory.root).free
    if free < needed:
        raise SpaceError(
            str(directory.root),
            f"{free // 1024**2} MB free, {needed // 1024**2} MB needed",
            "Free space: a run needs room for twice the build, and NETTOEFFEKT_MIN_FREE_MB at the least",
        )


@contextmanager
def run_lock(directory: DataDirectory, verb: str) -> Iterator[None]:
    """Holds run.lock from the first step of a run to the last. PID, verb and start stand beside it.

    Raises LockError at once, saying who holds it, if another run does; SpaceError if the disk fills meanwhile.
    """
    lock = FileLock(directory.lock)
    try:
        directory.root.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        holder = lock_holder(directory)
        who = f"another run holds the lock: {holder}" if holder else "another program holds the lock, as a backup does"
        raise LockError(str(directory.lock), who, "Wait for it") from error
    except OSError as error:
        raise LockError(
            str(directory.root), f"cannot be used: {error.strerror}", "Give a folder one may write to"
        ) from error
    holder = _holder_file(directory)
    try:
        with space_guard(holder):
            started = datetime.now(UTC).isoformat(timespec="seconds")
            holder.write_text(json.dumps({"pid": os.getpid(), "verb": verb, "started_at": started}))
            yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def lock_holder(directory: DataDirectory) -> str | None:
    """Who holds the run lock, in words; None if nobody does, or who did was killed."""
    try:
        holder = json.loads(_holder_file(directory).read_text())
        os.kill(holder["pid"], 0)
    except (FileNotFoundError, json.JSONDecodeError, ProcessLookupError):
        return None
    except PermissionError:
        pass  # it lives, under another user
    return f"`{holder['verb']}` with PID {holder['pid']}, since {holder['started_at']}"


def _holder_file(directory: DataDirectory) -> Path:
    return directory.lock.with_suffix(".json")
