"""Whole runs, as the command `nettoeffekt` makes them: the demo, one with nothing new, and one changed month on a long
history against the same on a short one.

The history is written to raw by SQL, month by month as a load would leave it; the changed month is a delivered file.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.demo import DEMO_AS_OF
from orchestration.settings import CHECKOUT, DataDirectory
from tests.unit.deliveries import LEDGER_HEADER

EXTRACTS = CHECKOUT / "seeds" / "extracts"
COMPANY = "1000"
YEAR_OF_LINES = 5_000_000  # of a region of average size
LAST_MONTH = date(2021, 12, 1)  # before the demo's own ledger begins


@dataclass(frozen=True)
class Figures:
    """Seconds of one process, and the most memory that it and its children held at one time, in MB."""

    wall: float
    cpu: float
    peak_mb: float
    phases: dict[str, float]


def demo(folder: Path) -> Figures:
    """The demo from a clean data directory."""
    shutil.rmtree(folder, ignore_errors=True)
    return _run(folder, "demo")


def nothing_new(folder: Path) -> Figures:
    """A run in the demo's data directory, right after another."""
    if not (folder / "published").exists():
        _run(folder, "demo")
    return _run(folder, "run", "--as-of", str(DEMO_AS_OF))


def prepare(folder: Path, lines: int) -> None:
    """A region with so many ledger lines before the demo's own, and all marts built on them; once for a folder."""
    directory = DataDirectory(folder)
    if directory.main.published_warehouse.exists():
        return
    for file in EXTRACTS.rglob("*.csv*"):
        target = directory.inbox / file.relative_to(EXTRACTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    _run(folder, "load")
    _write_history(directory.main.warehouse, lines)
    changed_month(folder)


def changed_month(folder: Path) -> Figures:
    """The run that takes in another version of the last month of the history."""
    directory = DataDirectory(folder)
    _write_month(directory.inbox / "ledger" / "ekonomisystem" / "huvudbok_1000.csv", directory.main.warehouse)
    return _run(folder, "run", "--as-of", str(DEMO_AS_OF))


def _run(folder: Path, *words: str) -> Figures:
    """A verb in a process of its own. Raises RuntimeError with its last line if its code is neither 0 nor 1."""
    key = folder.with_name(f"{folder.name}.key")
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text("benchmark 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n")
    key.chmod(0o600)
    command = [str(Path(sys.executable).with_name("nettoeffekt")), *words, "--data", str(folder)]
    environment = {**os.environ, "NETTOEFFEKT_PERSON_KEY_FILE": str(key)}
    start, used = time.monotonic(), os.times()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        memory = _Memory(child.pid)
        out = child.communicate()[0].decode()
    wall, now = time.monotonic() - start, os.times()
    peak = memory.end()
    if child.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(words)} ended with {child.returncode}: {out.strip().splitlines()[-1:]}")
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    return Figures(wall, cpu, peak / 1024**2, dict(_phases(out)))


def _phases(out: str) -> Iterator[tuple[str, float]]:
    """When each phase began, as the run tells."""
    for line in out.splitlines():
        seconds, _, phase = line.strip().partition(" s  ")
        if phase in ("Load", "dbt", "Judge", "Publish", "Report", "Send"):
            yield phase, float(seconds)


class _Memory:
    """Watches the memory of a process and all below it together; pages that they share count once (Pss)."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._is_over = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def end(self) -> int:
        """The peak in bytes."""
        self._is_over.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._is_over.wait(0.1):
            self._peak = max(self._peak, sum(_held(pid) for pid in _family(self._pid)))


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:  # it has ended meanwhile
        return []
    return [pid, *(below for child in children for below in _family(child))]


def _held(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), 0)


def _write_history(warehouse: Path, lines: int) -> None:
    """Ledger lines of as many years as they are worth, in slices of one month, with the accounts and cost centres that
    the demo's own lines have."""
    months = max(12 * lines // YEAR_OF_LINES, 2)
    first = 12 * LAST_MONTH.year + LAST_MONTH.month - months
    with duckdb.connect(str(warehouse), config={"threads": 2}) as connection:
        codes = _Codes.read(connection)
        for number in range(months - 1):  # the last one is delivered
            month = date((first + number) // 12, (first + number) % 12 + 1, 1)
            slice_id = f"history{month:%Y%m}"
            connection.execute("begin")
            connection.execute(
                f"""
                insert into raw.ledger by name
                select '{COMPANY}' as company, date '{month}' as month, '{month:%Y%m}' as period,
                    'K' as voucher_series, cast(n // 4 as varchar) as voucher_number,
                    cast(n % 4 as varchar) as voucher_line, date '{month}' + cast(n // 4 % 28 as int) as posting_date,
                    'region_bas' as chart, {_line(codes, month.toordinal())}, 'Faktura ' || hash(n, 6) % 90000 as text,
                    false as is_opening_balance, false as is_preliminary, '{slice_id}' as _slice_id, n as _row_number
                from range({lines // months}) as numbers (n)
                """
            )
            connection.execute(
                """
                insert into raw.delivery by name
                select $1 as delivery_id, 'ledger' as feed, 'ekonomisystem' as source, 'loaded' as status,
                    $2 as known_from, 1 as sequence, $3 as rows_in, $3 as rows_accepted, 0 as rows_quarantined,
                    0 as rows_left_out
                """,
                [slice_id, date(2022, 1, 12), lines // months],
            )
            connection.execute(
                """
                insert into raw.delivery_slice by name
                select $1 as slice_id, 'ledger|' || $2 || '|' || $3 as slice_key, $1 as delivery_id, 'ledger' as feed,
                    $2 as company, $3 as month, count(*) as row_count, sum(amount_sek) as amount_sum,
                    sum(abs(amount_sek)) as amount_turnover, $4 as known_from
                from raw.ledger where _slice_id = $1
                """,
                [slice_id, COMPANY, month, date(2022, 1, 12)],
            )
            connection.execute("commit")


@dataclass(frozen=True)
class _Codes:
    """The accounts and cost centres of the demo's own lines, as SQL lists."""

    accounts: str
    centres: str

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> "_Codes":
        lists = connection.execute(
            f"""
            select list(distinct account order by account), list(distinct cost_centre order by cost_centre)
            from raw.ledger where company = '{COMPANY}' and month >= date '2022-01-01'
            """
        ).fetchall()[0]
        return cls(*("[" + ", ".join(f"'{code}'" for code in codes) + "]" for codes in lists))


def _line(codes: _Codes, salt: int) -> str:
    """The drawn columns of line n, such that some three lines make a cell of int_ledger__cell."""
    return f"""
        {codes.accounts}[1 + cast(hash(n, 1, {salt}) % len({codes.accounts}) as int)] as account,
        {codes.centres}[1 + cast(hash(n // 4, 2, {salt}) % len({codes.centres}) as int)] as cost_centre,
        cast(10 + hash(n // 4, 3) % 40 as varchar) as function_code,
        case when n % 10 = 0 then 'P' || hash(n, 4) % 50 end as project,
        cast({_oere(salt)} as decimal(18,0)) * cast(0.01 as decimal(3,2)) as amount_sek
    """


def _oere(salt: int) -> str:
    """Amounts in öre: the fourth line of each voucher balances the three before it."""
    drawn = [f"cast(hash(n - {back}, 5, {salt}) % 2000000 as bigint)" for back in range(4)]
    return f"case when n % 4 = 3 then -({' + '.join(drawn[1:])}) else {drawn[0]} end"


def _write_month(file: Path, warehouse: Path) -> None:
    """A month of an average region, as the source ekonomisystem delivers it, in a version that was not there before."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        codes = _Codes.read(connection)
        ((version,),) = connection.execute(
            "select count(*) from raw.delivery_slice where feed = 'ledger' and company = ? and month = ?",
            [COMPANY, LAST_MONTH],
        ).fetchall()
    fields = {
        "uttagsdatum": f"'2025-01-{10 + version:02d}'",
        "manad": f"'{LAST_MONTH:%Y-%m}'",
        "period": f"'{LAST_MONTH:%Y%m}'",
        "verifikationsserie": "'K'",
        "verifikationsnummer": "cast(n // 4 as varchar)",
        "verifikationsrad": "cast(n % 4 + 1 as varchar)",
        "bokforingsdatum": f"strftime(date '{LAST_MONTH}' + cast(n // 4 % 28 as int), '%Y-%m-%d')",
        "konto": "account",
        "kostnadsstalle": "cost_centre",
        "verksamhet": "function_code",
        "aktivitet": "null",
        "projekt": "project",
        "motpart": "null",
        "belopp": "replace(cast(amount_sek as varchar), '.', ',')",
        "antal": "null",
        "text": "'Faktura ' || hash(n, 6) % 90000",
        "ingaende_balans": "'N'",
        "preliminar": "'N'",
    }
    assert list(fields) == LEDGER_HEADER.split(";")
    listed = ", ".join(f"{expression} as {name}" for name, expression in fields.items())
    part = file.with_name(f".{file.name}")
    lines = f"select n, {_line(codes, version)} from range({YEAR_OF_LINES // 12 // 4 * 4}) as numbers (n)"
    with duckdb.connect() as connection:
        connection.execute(f"copy (select {listed} from ({lines})) to '{part}' (header, delimiter ';', quote '')")
    part.replace(file)
