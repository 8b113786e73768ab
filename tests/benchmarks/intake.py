"""The intake against DuckDB alone: a typed load of delimited text, and the floor of a SIE file.

Each variant fills an empty warehouse from a file and returns what it has loaded, so that none can be fast by loading
less.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from orchestration.intake import door, raw_schema
from orchestration.intake.contract import Contract
from orchestration.intake.contracts import load_contracts
from orchestration.intake.parse import Setting, parse
from orchestration.intake.tally import lent_functions
from orchestration.settings import CHECKOUT
from orchestration.warehouse import connect, transaction
from tests.benchmarks.deliveries import write_ledger, write_sie
from tests.unit.deliveries import LEDGER_HEADER, sie_ledger


@dataclass(frozen=True)
class Benchmark:
    """A file to load, our way and the hand-written ones. The first variant is what the others are measured against."""

    name: str
    rows: int
    write: Callable[[Path, int], None]
    variants: dict[str, Callable[[Path, Path], object]]


def _ledger() -> Contract:
    contract = load_contracts(CHECKOUT / "expectations" / "contracts")["ledger"]
    source = replace(contract.sources["ekonomisystem"], encoding="utf-8", balanced_by=())
    return replace(contract, sources={"ekonomisystem": source})


def _load(contract: Contract, file: Path, warehouse: Path) -> object:
    """What the load does between landing and commit."""
    (source,) = contract.sources.values()
    with connect(warehouse) as connection:
        raw_schema.create(connection, {"ledger": contract})
        with lent_functions(connection, None) as lent, transaction(connection):
            setting = Setting(warehouse.parent, lent, date(2025, 1, 31))
            parsed = parse(connection, file, contract, source, "0" * 64, setting)
        return parsed.counts.rows_accepted, str(parsed.counts.sum_accepted)


def delimited(file: Path, warehouse: Path) -> object:
    """Landed text to committed rows, with quarantine."""
    return _load(_ledger(), file, warehouse)


def delimited_door(file: Path, warehouse: Path) -> object:
    """The same with what the door adds: the hash of the bytes, and vouchers that must balance."""
    contract = _ledger()
    source = replace(contract.sources["ekonomisystem"], balanced_by=("month", "voucher_series", "voucher_number"))
    door.digest(file)
    _load(replace(contract, sources={"ekonomisystem": source}), file, warehouse)
    return None


def delimited_by_hand(file: Path, warehouse: Path) -> object:
    """A typed load in a single pass: what DuckDB does when it may reject what it likes."""
    types = dict.fromkeys(LEDGER_HEADER.split(";"), "varchar")
    types |= {"bokforingsdatum": "date", "belopp": "decimal(18,2)", "antal": "decimal(18,4)"}
    columns = ", ".join(f"'{name}': '{data_type}'" for name, data_type in types.items())
    with connect(warehouse) as connection:
        connection.execute(
            f"""
            create table ledger as
            select '1000' as company, cast(try_strptime(manad, '%Y-%m') as date) as month,
                * exclude (manad, uttagsdatum), 'region_bas' as chart
            from read_csv(?, columns = {{{columns}}}, auto_detect = false, header = true, delim = ';', quote = '"',
                decimal_separator = ',', dateformat = '%Y-%m-%d', store_rejects = true)
            where try_strptime(manad, '%Y-%m') is not null
            """,
            [str(file)],
        )
        ((rows, total),) = connection.execute("select count(*), sum(belopp) from ledger").fetchall()
    return rows, str(total)


def delimited_by_pandas(file: Path, warehouse: Path) -> object:
    """What many would write: the whole file as a table in memory, and that table into the warehouse."""
    import pandas

    frame = pandas.read_csv(file, sep=";", dtype=str, keep_default_na=False, na_values=[""])
    frame["bokforingsdatum"] = pandas.to_datetime(frame["bokforingsdatum"], format="%Y-%m-%d", errors="coerce")
    frame["month"] = pandas.to_datetime(frame["manad"], format="%Y-%m", errors="coerce")
    amount = frame["belopp"].where(frame["belopp"].str.fullmatch(r"-?\d+(,\d+)?")).str.replace(",", ".")
    frame["belopp"] = pandas.to_numeric(amount).round(2)
    frame = frame[frame["month"].notna() & frame["belopp"].notna()]
    with connect(warehouse) as connection:
        connection.execute(
            """
            create table ledger as
            select * replace (cast(belopp as decimal(18,2)) as belopp), '1000' as company, 'region_bas' as chart
            from frame
            """
        )
        ((rows, total),) = connection.execute("select count(*), sum(belopp) from ledger").fetchall()
    return rows, str(total)


def sie(file: Path, warehouse: Path) -> object:
    """A SIE file to committed rows."""
    return _load(sie_ledger(_ledger()), file, warehouse)


def sie_floor(file: Path, warehouse: Path) -> object:
    """Lines, the number of each voucher, one simple pattern for the amount; no grammar, no objects, no texts."""
    with connect(warehouse) as connection:
        connection.execute(
            r"""
            create table ledger as
            with lines as (
                select line, sum(case when starts_with(line, '#VER') then 1 else 0 end)
                    over (rows unbounded preceding) as voucher
                from read_csv(?, columns = {'line': 'varchar'}, auto_detect = false, header = false, delim = chr(1),
                    quote = '', escape = '')
            )
            select voucher, line, cast(regexp_extract(line, '\} (-?[0-9.]+)', 1) as decimal(18,2)) as amount
            from lines where starts_with(line, '#TRANS')
            """.replace("chr(1)", "'\x01'"),
            [str(file)],
        )
        ((rows, total),) = connection.execute("select count(*), sum(amount) from ledger").fetchall()
    return rows, str(total)


BENCHMARKS = (
    Benchmark(
        "delimited",
        10_000_000,
        write_ledger,
        {
            "by hand": delimited_by_hand,
            "nettoeffekt": delimited,
            "nettoeffekt, whole door": delimited_door,
            "pandas": delimited_by_pandas,
        },
    ),
    Benchmark("sie", 2_000_000, write_sie, {"floor": sie_floor, "nettoeffekt": sie}),
)
