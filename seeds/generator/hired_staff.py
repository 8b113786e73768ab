"""Invoice lines of hired staff: one file per delivery month, which add up to the ledger's hired staff.

Most lines come in the delivery of their own month, some in the next; a few weeks cross a month end; a few lines are
credited and billed anew some months later. December's work is all in December's delivery, since the year is closed.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import duckdb

from seeds.generator import calibration as c
from seeds.generator.draw import draw, spread
from seeds.generator.files import Delivery, add_months, insert_rows, months_between
from seeds.generator.money import Cell
from seeds.generator.organisation import cost_centre
from seeds.generator.staffing import extract_date

SOURCE = "bemanning"
TRAVEL_PER_MILLE = 30  # of the cost, for physicians
LINE_ORE = 95_000_00  # about what a line comes to
DAY_ORE = 9_000_00  # of a line across a month end
CALL_OFF_DAYS = 28
LATE_PCT = 12  # lines that come in the next month's delivery

# Agencies are invented; their numbers begin with digits that no registered organisation has.
AGENCIES = (("Demobemanning Nord AB", "000001-0001"), ("Påhittade Läkarbyrån AB", "000002-0002"),
            ("Exempelvård Bemanning AB", "000003-0003"), ("Syntetiska Sköterskor AB", "000004-0004"))  # fmt: skip

# Öre per hour by category, and the category's share of a division's cost in %, by the first digit of the cost centre.
PRICES = {"Läkare": 1_380_00, "Sjuksköterska": 860_00, "Undersköterska": 520_00, "Övrig vårdpersonal": 700_00}
SHARES = {
    "1": {"Läkare": 40, "Sjuksköterska": 60},
    "2": {"Läkare": 45, "Sjuksköterska": 50, "Undersköterska": 5},
    "3": {"Läkare": 55, "Övrig vårdpersonal": 45},
    "4": {"Läkare": 85, "Sjuksköterska": 15},
    "5": {"Läkare": 70, "Sjuksköterska": 25, "Övrig vårdpersonal": 5},
}


@dataclass(frozen=True)
class Line:
    """A line of an invoice. `delivered` is the month of the delivery; amounts are öre, hours are hundredths."""

    delivered: date
    key: str
    category: str
    cost_centre: str
    call_off_from: date
    call_off_to: date
    work_from: date
    work_to: date
    hours: int
    cost: int
    travel: int


def load_lines(connection: duckdb.DuckDBPyConnection, cells: list[Cell], scale: int, seed: str) -> None:
    """Fills the table `hired` with the lines of all deliveries."""
    connection.execute(
        "create or replace table hired (delivered date, key varchar, category varchar, centre varchar,"
        " call_off_from date, call_off_to date, work_from date, work_to date, hours bigint, cost bigint, travel bigint)"
    )
    rows = [tuple(vars(line).values()) for line in _all_lines(cells, scale, seed)]
    insert_rows(connection, "hired", rows)


def deliveries(first: date, last: date) -> Iterator[Delivery]:
    for month in months_between(max(first, c.FIRST_HIRED_MONTH), min(last, c.LAST_HIRED_MONTH)):
        yield Delivery("hired_staff", SOURCE, f"hyrpersonal_1000_{month:%Y-%m}", _rows(month))


def _all_lines(cells: list[Cell], scale: int, seed: str) -> Iterator[Line]:
    months: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    for cell in cells:
        if cell.account == "4710" and c.FIRST_HIRED_MONTH <= cell.month <= c.LAST_HIRED_MONTH:
            shares = SHARES[cell.slot[0]]
            for category, part in zip(shares, spread(cell.ore, list(shares.values())), strict=True):
                months[cell.slot, category][cell.month] = part
    for (slot, category), amounts in months.items():
        key = f"{seed}:hired:{slot}:{category}"
        for month in sorted(amounts):
            following = add_months(month, 1)
            is_same_place = cost_centre(slot, month) == cost_centre(slot, following)
            if draw(f"{key}:{month}:across") % 8 == 0 and month.month != 12 and is_same_place:
                line = _across_month_end(slot, category, month, f"{key}:{month}:across")
                days = (line.work_to - line.work_from).days + 1
                before = (following - line.work_from).days
                amounts[month] -= line.cost * before // days
                amounts[following] -= line.cost * (days - before) // days
                yield line
            yield from _within_month(slot, category, month, amounts[month], scale, f"{key}:{month}")


def _within_month(slot: str, category: str, month: date, total: int, scale: int, key: str) -> Iterator[Line]:
    """The month's remaining lines, which sum to the total."""
    count = max(1, round(total / LINE_ORE)) * scale
    weights = [1000 + draw(f"{key}:{number}") % 401 - 200 for number in range(count)]
    for number, amount in enumerate(spread(total, weights)):
        yield from _billed_anew(_line(slot, category, month, amount, f"{key}:{number}"))


def _line(slot: str, category: str, month: date, amount: int, key: str) -> Line:
    """One line: a week or two of work within the month, delivered in it or in the next."""
    last = add_months(month, 1) - timedelta(days=1)
    start = month + timedelta(days=7 * (draw(f"{key}:start") % 4))
    end = min(start + timedelta(days=13 if draw(f"{key}:end") % 3 else 6), last)
    travel = amount * TRAVEL_PER_MILLE // 1000 if category == "Läkare" else 0
    is_late = draw(f"{key}:late") % 100 < LATE_PCT and month.month != 12
    return Line(
        add_months(month, 1) if is_late else month,
        *(key, category, cost_centre(slot, month), *_call_off(start, end, key), start, end),
        *((amount - travel) * 100 // _price(category, key), amount - travel, travel),
    )


def _across_month_end(slot: str, category: str, month: date, key: str) -> Line:
    """A week with days in two months, each day at the same whole number of öre, so that its parts are exact."""
    following = add_months(month, 1)
    start = following - timedelta(days=1 + draw(f"{key}:days") % 6)
    end = start + timedelta(days=6)
    cost = 7 * DAY_ORE
    hours = cost * 100 // _price(category, key)
    return Line(
        following, key, category, cost_centre(slot, month), *_call_off(start, end, key), start, end, hours, cost, 0
    )


def _call_off(start: date, end: date, key: str) -> tuple[date, date]:
    """The period of the call-off around a line's work."""
    begun = start - timedelta(days=7 * (draw(f"{key}:begun") % 3))
    return begun, max(end, begun + timedelta(days=CALL_OFF_DAYS - 1))


def _price(category: str, key: str) -> int:
    return PRICES[category] * (1000 + draw(f"{key}:price") % 121 - 60) // 1000


def _billed_anew(line: Line) -> Iterator[Line]:
    """The line; a few come too high at first, and are credited and billed anew three months later."""
    if draw(f"{line.key}:wrong") % 300 or line.work_from.month > 8:
        yield line
        return
    wrong = replace(line, hours=line.hours * 11 // 10, cost=line.cost * 11 // 10)
    later = add_months(line.delivered, 3)
    yield wrong
    credit = {"hours": -wrong.hours, "cost": -wrong.cost, "travel": -wrong.travel}
    yield replace(wrong, delivered=later, key=f"{line.key}:credit", **credit)
    yield replace(line, delivered=later, key=f"{line.key}:again")


def _rows(month: date) -> str:
    names = ", ".join(f"'{name}'" for name, _ in AGENCIES)
    numbers = ", ".join(f"'{number}'" for _, number in AGENCIES)
    return f"""
        with line as (
            select *, 1 + draw(centre || category || call_off_from) % {len(AGENCIES)} as agency
            from hired where delivered = date '{month}'
        ),
        invoice as (select *, '{month:%y%m}' || agency || centre as invoice from line)
        select '{extract_date(month)}' as uttagsdatum, '{month:%Y-%m}' as leveransmanad, invoice as fakturanummer,
            row_number() over (partition by invoice order by work_from, work_to, key) as rad,
            'A' || agency || centre || strftime(call_off_from, '%y%m%d') as avrop,
            [{names}][agency] as bemanningsforetag, [{numbers}][agency] as organisationsnummer,
            category as personalkategori, centre as kostnadsstalle, call_off_from as avrop_fran,
            call_off_to as avrop_till, work_from as arbete_fran, work_to as arbete_till,
            replace(cast(hours * 0.01 as varchar), '.', ',') as timmar,
            replace(cast(cost * 0.01 as varchar), '.', ',') as belopp,
            replace(cast(travel * 0.01 as varchar), '.', ',') as resor,
            date '{month}' + {28 if month.month == 2 else 29} as fakturadatum
        from invoice
        order by invoice, rad
    """
