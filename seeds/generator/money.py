"""The demo's money by month: every amount of the ledger and the budget, in whole öre, before it is split into vouchers.

Year totals come out exactly; only how they are spread over months and cost centres is drawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from seeds.generator import calibration as c
from seeds.generator.draw import draw, spread
from seeds.generator.organisation import HEALTH_CARE, company, cost_centre, counterparty, slots

Months = dict[date, int]  # öre by month
Profile = tuple[int, ...]  # weights of January to December

# How a year's money falls on its months, by kind.
SALARIES = (98, 96, 97, 100, 100, 103, 108, 103, 98, 98, 98, 101)
_HIRED = (92, 90, 94, 93, 95, 110, 132, 122, 98, 94, 92, 88)
_HIRED_FALLING = (110, 106, 104, 98, 96, 108, 124, 110, 90, 86, 84, 80)
_CARE = (98, 97, 104, 100, 101, 99, 84, 92, 104, 108, 108, 105)
_LUMPY = (60, 110, 130, 90, 140, 70, 30, 120, 150, 120, 110, 70)
_EVEN = (100,) * 12
_WARD_SERVICE_FALLING = (110, 108, 106, 104, 101, 100, 102, 96, 92, 91, 90, 90)  # stepwise from April 2024
_RISING = (4, 5, 6, 7, 8, 9, 9, 9, 10, 11, 11, 11)
_MEALS = (102, 95, 103, 99, 101, 98, 95, 99, 99, 103, 101, 105)

HOURLY_PCT, OTHER_PERSONNEL_PCT = 4, 1
JITTER = 15  # per mille that a month may lie above or below its profile


@dataclass(frozen=True)
class Cell:
    """Öre of one month on one combination of codes. `slot` is the place in organisation.py."""

    month: date
    slot: str
    account: str
    activity: str
    counterparty: str
    ore: int

    @property
    def company(self) -> str:
        return company(self.slot)

    @property
    def cost_centre(self) -> str:
        return cost_centre(self.slot, self.month)


def cells(seed: str) -> list[Cell]:
    """All cells of the ledger's months, and of all months of 2025, in a fixed order."""
    kinds = (_own_personnel, _hired_staff, _ward_service, _external, _meals_of_sater, _school_revenue, _internal)
    return [cell for kind in kinds for cell in kind(seed) if cell.ore]


def months_of(year: int) -> list[date]:
    return [date(year, month, 1) for month in range(1, 13)]


def index_of(month: date) -> int:
    """The wage index in tenths."""
    return round(10 * next(value for step, value in reversed(c.WAGE_INDEX.items()) if step <= month))


def indexed(ore: int, month: date) -> int:
    """An amount of the same month of the baseline year at the wages of `month`."""
    base = index_of(month.replace(year=c.BASELINE_YEAR))
    return (2 * ore * index_of(month) + base) // (2 * base)


def ore(mnkr: float) -> int:
    return round(mnkr * 100_000_000)


def _by_month(total: int, year: int, profile: Sequence[int], key: str) -> Months:
    """A year's amount on its months; the key decides how each strays from the profile."""
    weights = [
        weight * (1000 + draw(f"{key}:{year}:{month}") % (2 * JITTER + 1) - JITTER)
        for month, weight in enumerate(profile, 1)
    ]
    return dict(zip(months_of(year), spread(total, weights), strict=True))


def _by_slot(total: int, places: dict[str, int]) -> dict[str, int]:
    return dict(zip(places, spread(total, list(places.values())), strict=True))


def _yearly(amounts: c.Yearly, codes: tuple[str, str, str, str], profiles: list[Profile], seed: str) -> Iterator[Cell]:
    """Cells of an amount per year. `codes` are place (area or cost centre), account, activity and counterparty."""
    place, account, activity, party = codes
    for year, mnkr, profile in zip(c.YEARS, amounts, profiles, strict=True):
        for slot, total in _by_slot(ore(mnkr), slots(place)).items():
            key = f"{seed}:{slot}:{account}:{activity}"
            for month, amount in _by_month(total, year, profile, key).items():
                yield Cell(month, slot, account, activity, party, amount)


def _above_index(base: Months, extra: int, seed: str, key: str) -> Months:
    """2024 and 2025 of a cell of the baseline year at their wages, and `extra` in 2024, rising over the year."""
    added = _by_month(extra, c.ACTION_YEAR, _RISING, f"{seed}:{key}") | _by_month(extra, 2025, _EVEN, f"{seed}:{key}")
    return {month: indexed(base[month.replace(year=c.BASELINE_YEAR)], month) + added[month] for month in added}


def _with_addon(salary: int, year: int) -> int:
    """The payroll add-on of a salary."""
    return (salary * round(c.PAYROLL_ADDON_PCT[year] * 10) + 500) // 1000


def _activities(seed: str) -> Iterator[Cell]:
    """Salaries and add-on on the activities of actions."""
    for activity, (before, base, extra) in c.ACTIVITY_SALARIES.items():
        places = c.ACTIVITY_COST_CENTRES[activity]
        salaries_of = {}
        # 2024 is above the index by `extra` at the add-on of the baseline year, as the rules reckon.
        extra_salary = round(ore(extra) / (1 + c.PAYROLL_ADDON_PCT[c.BASELINE_YEAR] / 100))
        for slot, part in zip(places, spread(1000, [1] * len(places)), strict=True):
            key = f"{seed}:{slot}:4010:{activity}"
            months = _by_month(ore(before) * part // 1000, 2022, SALARIES, key)
            base_months = _by_month(ore(base) * part // 1000, c.BASELINE_YEAR, SALARIES, key)
            salaries_of[slot] = months | base_months
        for slot, extra_part in zip(places, spread(extra_salary, [1] * len(places)), strict=True):
            salaries_of[slot] |= _above_index(salaries_of[slot], extra_part, seed, f"{slot}:{activity}")
        for slot, months in salaries_of.items():
            for month, salary in months.items():
                yield Cell(month, slot, "4010", activity, "", salary)
                yield Cell(month, slot, "4510", activity, "", _with_addon(salary, month.year))


def _health_care_kinds(seed: str) -> Iterator[Cell]:
    """Overtime, extra compensation and recruitment, spread over the five divisions by their own personnel cost."""
    places = {
        slot: weight * round(c.OWN_PERSONNEL[area][1]) for area in HEALTH_CARE for slot, weight in slots(area).items()
    }
    extra = _by_slot(ore(c.OVERTIME_EXTRA), places)
    for index, year in enumerate(c.YEARS):
        for account, amounts, profile in (
            ("4310", c.OVERTIME, SALARIES),
            ("4410", c.EXTRA_COMPENSATION, _HIRED),
            ("4810", c.RECRUITMENT, _LUMPY),
        ):
            for slot, total in _by_slot(ore(amounts[index]), places).items():
                key = f"{seed}:{slot}:{account}"
                months = _by_month(total, year, profile, key) if total else {}
                yield from (Cell(month, slot, account, "", "", amount) for month, amount in months.items())
                if account == "4310" and year == c.BASELINE_YEAR:
                    later = _above_index(months, extra[slot], seed, f"{slot}:4310")
                    yield from (Cell(month, slot, account, "", "", amount) for month, amount in later.items())


def _own_personnel(seed: str) -> Iterator[Cell]:
    """Everything of OWN_PERSONNEL: the kinds above, and salaries with add-on for the rest of each area's total."""
    named = [*_activities(seed), *_health_care_kinds(seed)]
    yield from named
    for area, amounts in c.OWN_PERSONNEL.items():
        for year, mnkr in zip(c.YEARS, amounts, strict=True):
            taken = sum(cell.ore for cell in named if cell.slot in slots(area) and cell.month.year == year)
            other = ore(mnkr) * OTHER_PERSONNEL_PCT // 100
            yield from _salaries(ore(mnkr) - taken - other, area, year, SALARIES, seed)
            for slot, total in _by_slot(other, slots(area)).items():
                months = _by_month(total, year, _LUMPY, f"{seed}:{slot}:4910")
                yield from (Cell(month, slot, "4910", "", "", amount) for month, amount in months.items())


def _salaries(total: int, area: str, year: int, profile: Sequence[int], seed: str) -> Iterator[Cell]:
    """Monthly and hourly salaries and their add-on, which make `total` together."""
    rate = round(c.PAYROLL_ADDON_PCT[year] * 10)
    for slot, part in _by_slot(total, slots(area)).items():
        for month, amount in _by_month(part, year, profile, f"{seed}:{slot}:4010").items():
            salary = amount * 1000 // (1000 + rate)
            hourly = salary * HOURLY_PCT // 100
            yield Cell(month, slot, "4010", "", "", salary - hourly)
            yield Cell(month, slot, "4110", "", "", hourly)
            yield Cell(month, slot, "4510", "", "", amount - salary)


def _hired_staff(seed: str) -> Iterator[Cell]:
    for area, amounts in c.HIRED_STAFF.items():
        yield from _yearly(amounts, (area, "4710", "", "858"), [_HIRED, _HIRED, _HIRED_FALLING, _HIRED], seed)


def _ward_service(seed: str) -> Iterator[Cell]:
    for year, mnkr in zip(c.YEARS, c.WARD_SERVICE_PERSONNEL, strict=True):
        profile = _WARD_SERVICE_FALLING if year == c.ACTION_YEAR else SALARIES
        yield from _salaries(ore(mnkr), "RSV-VNS", year, profile, seed)


def _external(seed: str) -> Iterator[Cell]:
    profiles = {"5410": _MEALS, "5510": _EVEN, "7810": _EVEN, "8010": _EVEN}
    for (place, account, activity, party), amounts in c.EXTERNAL.items():
        profile = profiles.get(account, _CARE)
        yield from _yearly(amounts, (place, account, activity, party), [profile] * 4, seed)


def _meals_of_sater(seed: str) -> Iterator[Cell]:
    for account, amounts in c.SATER_MEALS.items():
        party = "854" if account == "5410" else ""
        yield from _yearly(amounts, ("9120", account, "1408", party), [_MEALS] * 4, seed)


def _school_revenue(seed: str) -> Iterator[Cell]:
    parties = ("811", "812", "813", "814")
    for year, mnkr in zip(c.YEARS, c.SCHOOL_REVENUE_PER_MONTH, strict=True):
        for month in (month for month in months_of(year) if month.month in c.SCHOOL_MONTHS):
            rise = c.SCHOOL_PRICE_RISE_PER_MONTH if month >= c.SCHOOL_RISE_FROM else 0
            for party, amount in zip(parties, spread(-ore(mnkr + rise), (4, 3, 2, 1)), strict=True):
                yield Cell(month, "7110", "3110", "", party, amount)


def _internal(seed: str) -> Iterator[Cell]:
    """Both sides of every internal service, öre by öre the same."""
    for (seller, place, activity), amounts in c.INTERNAL.items():
        for cell in _yearly(amounts, (place, "7610", activity, counterparty(seller)), [_CARE] * 4, seed):
            yield cell
            yield Cell(cell.month, seller, "3910", activity, counterparty(cell.slot), -cell.ore)
