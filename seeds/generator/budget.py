"""The budget: one file per company and year, version B<year>, adopted in December before the year.

A budget knows the organisation of January. Health care's is tighter than its costs turn out; 2024's has the goal for
hired staff and the plan's savings left out of all else.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import duckdb

from seeds.generator import calibration as c
from seeds.generator.draw import spread
from seeds.generator.files import Delivery, insert_rows
from seeds.generator.money import SALARIES, Cell, months_of, ore
from seeds.generator.organisation import cost_centre

SOURCES = {"1000": "ekonomisystem", "2000": "serviceekonomi"}

# Budget in per mille of what the year came to, by the first digits of the account; the longest that fits counts.
SHARES = {"4": 981, "5": 972, "3": 1004, "8": 1000, "7": 1000, "47": 840}
# 2024 is budgeted before the actions: their cells at the level of 2023. Hired staff is at the goal of 2 %.
SHARES_2024 = {"4": 978, "47": 588, "5010": 1138, "5210": 3000, "5640": 2378}
# RD-A04: the budget of material for examinations, before the action; what was bought is in calibration.EXTERNAL.
FIXED = {(2024, "5620"): 4.5}


def load_budget(connection: duckdb.DuckDBPyConnection, cells: list[Cell]) -> None:
    """Fills the table `budget`; amounts are whole kronor."""
    totals: dict[tuple[int, str, str, str], int] = defaultdict(int)
    for cell in cells:
        january = date(cell.month.year, 1, 1)
        totals[cell.month.year, cell.company, cost_centre(cell.slot, january), cell.account] += cell.ore
    rows = []
    for (year, company, centre, account), total in sorted(totals.items()):
        fixed = FIXED.get((year, account))
        planned = total * _share(year, account) // 1000 if fixed is None else ore(fixed)
        parts = spread(planned // 100_000 if fixed is None else planned // 100, _profile(centre, account))
        factor = 1000 if fixed is None else 1
        rows += [
            (year, company, centre, account, month, part * factor)
            for month, part in zip(months_of(year), parts, strict=True)
            if part
        ]
    connection.execute(
        "create or replace table budget (year bigint, company varchar, centre varchar, account varchar, month date,"
        " kronor bigint)"
    )
    insert_rows(connection, "budget", rows)


def deliveries(company: str, first: date, last: date) -> Iterator[Delivery]:
    """One file per year whose January lies in the span."""
    for year in c.YEARS:
        if first <= date(year, 1, 1) <= last:
            query = f"""
                select '{year - 1}-12-15' as uttagsdatum, strftime(month, '%Y-%m') as manad, 'B{year}' as budgetversion,
                    centre as kostnadsstalle, account as konto, kronor || ',00' as belopp
                from budget where year = {year} and company = '{company}'
                order by centre, account, month
            """
            yield Delivery("budget", SOURCES[company], f"budget_{company}_B{year}", query)


def _share(year: int, account: str) -> int:
    shares = SHARES | SHARES_2024 if year == c.ACTION_YEAR else SHARES
    return shares[max((start for start in shares if account.startswith(start)), key=len)]


def _profile(centre: str, account: str) -> tuple[int, ...]:
    if account.startswith(("40", "41", "45")):
        return SALARIES
    if (centre, account) == ("7110", "3110"):
        return tuple(int(month in c.SCHOOL_MONTHS) for month in range(1, 13))
    return (1,) * 12
