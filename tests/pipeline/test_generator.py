"""The demo's deliveries are what the generator makes, balance, and come to the figures they are calibrated to."""

import csv
import gzip
import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import CHECKOUT
from seeds.generator import calibration, staffing
from seeds.generator.deliveries import FEEDS, Request, generate
from seeds.generator.draw import MACRO, draw, spread
from seeds.generator.money import Cell, cells, index_of
from seeds.generator.organisation import AREAS, slots

EXTRACTS = CHECKOUT / "seeds" / "extracts"
REFERENCE = CHECKOUT / "seeds" / "reference"
DEMO = Request(1, "demo", FEEDS, date(2022, 1, 1), date(2025, 12, 1), is_packed=False)


def make(folder: Path, request: Request) -> list[Path]:
    (folder / "scratch").mkdir()
    with duckdb.connect() as connection:
        return generate(connection, request, folder / "out", folder / "scratch")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The demo's deliveries, made anew and not packed."""
    folder = tmp_path_factory.mktemp("demo")
    make(folder, DEMO)
    return folder / "out"


@pytest.fixture(scope="module")
def money() -> list[Cell]:
    return cells("demo")


def reference(table: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ledger_lines(file: Path) -> list[dict[str, str]]:
    """Lines of company 1000, without those that no reader can take."""
    with file.open(encoding="cp1252", newline="") as lines:
        return [line for line in csv.DictReader(lines, delimiter=";") if line["verifikationsnummer"] != "900002"]


def kronor(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def year_sums(money: list[Cell], accounts: str, places: tuple[str, ...]) -> dict[int, float]:
    """Mnkr by year of the accounts that match a pattern, in the slots that begin with one of the places."""
    sums: dict[int, int] = defaultdict(int)
    for cell in money:
        if re.fullmatch(accounts, cell.account) and cell.slot.startswith(places):
            sums[cell.month.year] += cell.ore
    return {year: ore / 100_000_000 for year, ore in sums.items()}


def test_the_committed_deliveries_are_what_the_generator_makes_byte_for_byte(made: Path) -> None:
    committed = {file.relative_to(EXTRACTS): file for file in EXTRACTS.rglob("syntetisk_*.csv.gz")}
    assert {file.relative_to(made).as_posix() + ".gz" for file in made.rglob("*.csv")} == {
        path.as_posix() for path in committed
    }
    differing = [
        path.name
        for path, file in committed.items()
        if gzip.decompress(file.read_bytes()) != (made / path).with_suffix("").read_bytes()
    ]
    assert differing == []


def test_they_are_small_and_carry_neither_time_nor_name() -> None:
    files = [file for file in EXTRACTS.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 3_000_000
    headers = {file.read_bytes()[:8] for file in files if file.suffix == ".gz"}
    assert headers == {b"\x1f\x8b\x08\x00\x00\x00\x00\x00"}, "no flag for a name, and time 0"


def test_every_voucher_balances(made: Path) -> None:
    for file in (made / "ledger" / "ekonomisystem").iterdir():
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for line in ledger_lines(file):
            sums[line["verifikationsserie"], line["verifikationsnummer"]] += kronor(line["belopp"])
        assert not [voucher for voucher, amount in sums.items() if amount], file.name


def test_health_care_comes_to_the_published_figures(money: list[Cell]) -> None:
    hired = year_sums(money, "4710", ("1", "2", "3", "4", "5"))
    own = year_sums(money, "4(?!7).*", ("1", "2", "3", "4", "5"))
    assert (hired[2023], hired[2024], own[2024]) == (261, 183, 5199)
    assert round(100 * hired[2024] / (hired[2024] + own[2024]), 1) == 3.4


def test_internal_services_cancel_in_every_month(money: list[Cell]) -> None:
    sums: dict[date, int] = defaultdict(int)
    for cell in money:
        if cell.account in ("7610", "3910"):
            sums[cell.month] += cell.ore
    assert set(sums.values()) == {0}


def test_the_lines_of_hired_staff_come_to_the_ledger(made: Path, money: list[Cell]) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for file in (made / "hired_staff" / "bemanning").iterdir():
        with file.open(encoding="utf-8", newline="") as lines:
            for line in csv.DictReader(lines, delimiter=";"):
                sums[line["kostnadsstalle"]] += kronor(line["belopp"]) + kronor(line["resor"])
    ledger: dict[str, int] = defaultdict(int)
    for cell in money:
        if cell.account == "4710" and cell.month.year in (2023, 2024):
            ledger[cell.cost_centre] += cell.ore
    assert {centre: int(100 * amount) for centre, amount in sums.items()} == ledger


def test_the_corrected_month_differs_by_what_was_booked_wrong(made: Path) -> None:
    folder = made / "ledger" / "ekonomisystem"
    first, corrected = (
        {(x["verifikationsserie"], x["verifikationsnummer"], x["verifikationsrad"]): x["belopp"] for x in lines}
        for lines in map(ledger_lines, sorted(folder.glob("syntetisk_huvudbok_1000_2024-03*")))
    )
    gone = first.keys() - corrected.keys()
    changed = [kronor(first[line]) - kronor(corrected[line]) for line in corrected if first[line] != corrected[line]]
    assert (sorted(first[line] for line in gone), corrected.keys() - first.keys()) == (["-87500,00", "87500,00"], set())
    assert sorted(changed) == [-125_000, 125_000]


def test_another_seed_spreads_the_same_totals_otherwise(money: list[Cell]) -> None:
    other = cells("another")
    assert other != money
    for places in (("1", "2", "3", "4", "5"), ("6",), ("7",), ("8",), ("9",)):
        # What is above a wage index depends on the months it is reckoned from; it is within its area's total.
        assert year_sums(other, "[3-8].*", places) == year_sums(money, "[3-8].*", places)


def test_scale_multiplies_vouchers_and_leaves_the_sums(made: Path, tmp_path: Path) -> None:
    month = date(2024, 2, 1)
    (file,) = make(tmp_path, Request(3, "demo", ("ledger",), month, month, is_packed=False))[:1]
    sums = []
    for lines in (ledger_lines(made / "ledger" / "ekonomisystem" / file.name), ledger_lines(file)):
        amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for line in lines:
            amounts[line["konto"], line["kostnadsstalle"]] += kronor(line["belopp"])
        sums.append((amounts, len({line["verifikationsnummer"] for line in lines})))
    assert sums[0][0] == sums[1][0]
    assert sums[1][1] == 3 * sums[0][1]


def test_about_eight_thousand_employments_of_persons_that_are_only_numbers(made: Path) -> None:
    numbers = set()
    for file in (made / "staffing").rglob("*_2024-06.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            numbers |= {(x["anstallningsnummer"], x["anstallning"]) for x in csv.DictReader(lines, delimiter=";")}
    assert 7_800 < len(numbers) < 8_400
    assert all(re.fullmatch(r"\d{7}", person) for person, _ in numbers), "an identity number has ten digits or twelve"


def test_july_is_about_seven_tenths_of_the_mean_month_and_march_eleven() -> None:
    shape = staffing.MONTH_SHAPE
    assert (shape[6], shape[2], sum(shape)) == (70, 110, 1200)


def test_every_code_is_in_the_reference_tables_but_the_unknown_ones(money: list[Cell]) -> None:
    centres = {
        (row["company"], row["cost_centre"], row["valid_from"], row["valid_to"] or "9999")
        for row in reference("cost_centre")
    }
    used = {(cell.company, cell.cost_centre, str(cell.month)) for cell in money}
    missing = {
        (company, centre, month)
        for company, centre, month in used
        if not any((company, centre) == row[:2] and row[2] <= month < row[3] for row in centres)
    }
    assert missing == set()
    ranges = [(row["account_from"], row["account_to"]) for row in reference("account_class")]
    accounts = {cell.account for cell in money}
    assert not [a for a in accounts if not any(low <= a and a[: len(high)] <= high for low, high in ranges)]
    parties = [(row["counterparty_from"], row["counterparty_to"]) for row in reference("counterparty")]
    codes = {cell.counterparty for cell in money if cell.counterparty}
    assert not [p for p in codes if not any(low <= p and p[: len(high)] <= high for low, high in parties)]
    assert set(staffing.POSTS) >= {slot for area in AREAS for slot in slots(area)} - {"5410"}


def test_wages_follow_the_index_of_the_reference_tables() -> None:
    for row in reference("price_index"):
        month = date.fromisoformat(row["month"])
        if row["index_id"] == "LONEINDEX" and month <= calibration.LAST_LEDGER_MONTH:
            assert index_of(month) == 10 * Decimal(row["index_value"])


def test_what_is_drawn_is_the_same_in_python_and_duckdb() -> None:
    with duckdb.connect() as connection:
        connection.execute(MACRO)
        drawn = connection.execute("select draw('demo:1'), draw('å')").fetchall()
    assert drawn == [(draw("demo:1"), draw("å"))]
    assert draw("demo:1") == 3_646_488_983


def test_parts_sum_to_the_whole() -> None:
    assert spread(100, [1, 1, 1]) == [33, 34, 33]
    assert spread(-7, [0, 3, 1]) == [0, -5, -2]
    with pytest.raises(ValueError, match="all 0"):
        spread(1, [0, 0])
