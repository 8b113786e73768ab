"""Kills loads and whole runs at random instants, and looks at what they leave.

    python -m tests.pipeline.kills [--loads 200] [--runs 20] [--seed 1]

Each kill is SIGKILL to a real process at a random instant of its work. After each the warehouse must open, hold no row
twice and none of a file that is not recorded; in the end, after a load that is let be, all must be as if nobody had
killed anything. Exit code 1 and the first difference if not.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestration.settings import CHECKOUT, DataDirectory

EXTRACTS = CHECKOUT / "seeds" / "extracts"
FILES = 12  # of the demo's deliveries, from several feeds
FORK = multiprocessing.get_context("fork")

# A row that stands without its delivery, or one that stands twice.
LOOSE = """
    select count(*) from raw.{feed} where _slice_id not in (select slice_id from raw.delivery_slice)
"""
TWICE = "select count(*) - count(distinct (_slice_id, _row_number)) from raw.{feed}"


def in_process(work: Callable[..., Any], *given: Any) -> Any:
    """What `work` gives, done in a forked process of its own: this one never opens DuckDB, so that it can fork."""
    with FORK.Pool(1) as pool:
        return pool.apply(work, given)


def deliver(directory: DataDirectory) -> None:
    """Some of the demo's deliveries in the inbox of a demo directory."""
    directory.root.mkdir(parents=True, exist_ok=True)
    (directory.root / "DEMO").write_text("kills")
    chosen = sorted(path for path in EXTRACTS.rglob("*.csv*") if path.parts[-3] in ("plan", "forecast", "ledger"))
    for file in chosen[:FILES]:
        target = directory.inbox / file.relative_to(EXTRACTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def load(root: str) -> None:
    from orchestration.demo import DEMO_AS_OF
    from orchestration.pipeline import load_only
    from orchestration.settings import Settings

    load_only(Settings(data=Path(root)), DEMO_AS_OF)


def faults(root: str) -> list[str]:
    """What is wrong with a warehouse that was left behind; nothing if there is none yet."""
    from orchestration.warehouse import connect

    warehouse = DataDirectory(Path(root)).main.warehouse
    if not warehouse.exists():
        return []
    found = []
    with connect(warehouse) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
        feeds = [feed for (feed,) in tables if feed in ("plan", "forecast", "ledger")]
        for feed in feeds:
            for what, query in (("rows without their delivery", LOOSE), ("rows twice", TWICE)):
                ((count,),) = connection.execute(query.format(feed=feed)).fetchall()
                if count:
                    found.append(f"raw.{feed}: {count} {what}")
        if feeds:
            ((count,),) = connection.execute(
                "select count(*) - count(distinct delivery_id) from raw.delivery where status = 'loaded'"
            ).fetchall()
            if count:
                found.append(f"raw.delivery: {count} files loaded twice")
    return found


def content(root: str) -> dict[str, Any]:
    """The rows of schema raw, but for the moments at which files came and their order; and the marts, if built."""
    from orchestration.warehouse import connect

    directory = DataDirectory(Path(root))
    with connect(directory.main.warehouse) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where schema_name in ('raw', 'marts') order by 1"
        ).fetchall()
        rows = {name: f"select * from {name}" for (name,) in names}
        rows["raw.delivery"] = "select * exclude (received_at, sequence) from raw.delivery where status = 'loaded'"
        rows["raw.delivery_slice"] = "select * exclude (superseded_at) from raw.delivery_slice"
        found = {
            name: connection.execute(f"select count(*), sum(hash(t)) from ({query}) as t").fetchall()
            for name, query in rows.items()
        }
    parts = [path.name for folder in (directory.landing, directory.build) for path in folder.rglob("*.part")]
    unpacked = [path.name for path in directory.build.glob("intake-*")]
    return {
        **found,
        "left behind": parts + unpacked,
        "waiting": sorted(p.name for p in directory.inbox.rglob("*.csv*")),
    }


def kill_loads(folder: Path, kills: int, chance: random.Random) -> None:
    """Kills so many loads, beginning anew whenever one has come to its end. Raises AssertionError for what is wrong."""
    whole, broken = DataDirectory(folder / "whole"), DataDirectory(folder / "broken")
    deliver(whole)
    start = time.monotonic()
    in_process(load, str(whole.root))
    seconds = time.monotonic() - start
    wanted = in_process(content, str(whole.root))
    deliver(broken)
    done = 0
    while done < kills:
        process = FORK.Process(target=load, args=(str(broken.root),))
        process.start()
        process.join(chance.random() * seconds)
        if process.is_alive():
            os.kill(process.pid or 0, signal.SIGKILL)
            done += 1
        process.join()
        wrong = in_process(faults, str(broken.root))
        assert not wrong, f"after kill {done}: {wrong}"
        if process.exitcode == 0:
            _require_same(wanted, in_process(content, str(broken.root)), f"after {done} kills")
            shutil.rmtree(broken.root)
            deliver(broken)
    in_process(load, str(broken.root))
    _require_same(wanted, in_process(content, str(broken.root)), f"after {done} kills and a load")


def kill_runs(folder: Path, kills: int, chance: random.Random) -> None:
    """The same with whole runs, in processes as a user starts them."""
    whole, broken = DataDirectory(folder / "whole_run"), DataDirectory(folder / "broken_run")
    deliver(whole)
    start = time.monotonic()
    assert _run(whole).wait() in (0, 1)
    seconds = time.monotonic() - start
    wanted = in_process(content, str(whole.root))
    deliver(broken)
    for kill in range(kills):
        process = _run(broken)
        try:
            process.wait(chance.random() * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        wrong = in_process(faults, str(broken.root))
        assert not wrong, f"after kill {kill + 1}: {wrong}"
        if broken.main.published_warehouse.exists():
            assert in_process(_release_of, str(broken.root)), "the published file holds no release"
    assert _run(broken).wait() in (0, 1)
    _require_same(wanted, in_process(content, str(broken.root)), f"after {kills} kills and a run")
    assert in_process(_release_of, str(broken.root))


def _run(directory: DataDirectory) -> subprocess.Popen:
    command = [sys.executable, "-m", "orchestration.cli", "run", "--as-of", "2025-01-31", "--data", str(directory.root)]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _release_of(root: str) -> str | None:
    from orchestration.publishing.release import current

    release = current(DataDirectory(Path(root)).main)
    return release.release_id if release else None


def _require_same(wanted: dict[str, Any], found: dict[str, Any], when: str) -> None:
    differing = [name for name in {*wanted, *found} if wanted.get(name) != found.get(name)]
    shown = "; ".join(f"{name}: {found.get(name)} instead of {wanted.get(name)}" for name in sorted(differing))
    assert not differing, f"{when}: {shown}"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loads", type=int, default=200)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        for name, kills, work in (("loads", given.loads, kill_loads), ("runs", given.runs, kill_runs)):
            if kills:
                start = time.monotonic()
                work(Path(folder), kills, chance)
                print(f"{kills} {name} killed: all whole afterwards ({time.monotonic() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
