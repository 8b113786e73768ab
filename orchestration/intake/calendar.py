"""The reporting calendar: when each feed's month is due, from the due rules of the contracts and Swedish working days.

`python -m orchestration.intake.calendar [--from YYYY-MM] [--to YYYY-MM]` rewrites reporting_calendar.csv for the months
it spans already, or those asked for.
"""

import argparse
import csv
import io
import sys
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from orchestration.errors import NettoeffektError, ReferenceTableError, UsageError
from orchestration.intake.contract import Contract, DueRule
from orchestration.intake.contracts import load_contracts
from orchestration.settings import Settings

FILE_NAME = "reporting_calendar.csv"


@dataclass(frozen=True)
class CalendarRow:
    """The delivery of `scope` (a feed) for a month, given by its first day, is due on `due_date`."""

    scope: str
    month: date
    due_date: date


def is_working_day(day: date) -> bool:
    """False on Saturdays, Sundays, Swedish public holidays and the three eves on which offices are closed."""
    is_midsummer_eve = day.month == 6 and 19 <= day.day <= 25 and day.weekday() == 4
    is_eve = is_midsummer_eve or (day.month == 12 and day.day in (24, 31))
    return day.weekday() < 5 and not is_eve and day not in _public_holidays(day.year)


def due_date(month: date, rule: DueRule) -> date:
    """The rule's day, so many months after, or the first Swedish working day after it.

    A day that the month lacks (31 in April) is its last one.
    """
    first = add_months(month, rule.months_after)
    day = first.replace(day=min(rule.day, monthrange(first.year, first.month)[1]))
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def calendar_rows(contracts: Mapping[str, Contract], first: date, last: date) -> list[CalendarRow]:
    """One row per feed with a due rule and month from first to last, both included; by feed, then month.

    Where sources of a feed have different rules the latest counts: a month is there when all have delivered. A month
    is left out if it is due of no source yet.
    """
    rows = []
    for feed, contract in sorted(contracts.items()):
        rules = [source.due_rule for source in contract.sources.values() if source.due_rule]
        month = first.replace(day=1)
        while rules and month <= last:
            in_force = [rule for rule in rules if rule.first_month is None or rule.first_month <= month]
            if in_force:
                rows.append(CalendarRow(feed, month, max(due_date(month, rule) for rule in in_force)))
            month = add_months(month, 1)
    return rows


def calendar_text(rows: Iterable[CalendarRow]) -> str:
    """The rows as the text of reporting_calendar.csv."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(CalendarRow))
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue()


def months_spanned(file: Path) -> tuple[date, date]:
    """The first and last month in a reporting calendar. Raises ReferenceTableError if it holds none."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            months = [date.fromisoformat(row["month"]) for row in csv.DictReader(lines)]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ReferenceTableError(file.name, f"unreadable ({error})", "Give --from and --to") from error
    if not months:
        raise ReferenceTableError(file.name, "it holds no month", "Give --from and --to")
    return min(months), max(months)


def add_months(month: date, count: int) -> date:
    """The first day of the month `count` months after."""
    years, index = divmod(month.month - 1 + count, 12)
    return date(month.year + years, index + 1, 1)


@cache
def _public_holidays(year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays("SE", years=year))


def _month(text: str) -> date:
    return datetime.strptime(text, "%Y-%m").date()


def main(arguments: Sequence[str] | None = None) -> int:
    """Rewrite the calendar of the installation's reference tables. Exit code 0, or 2 with one line."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.intake.calendar", description="Write the calendar.")
    parser.add_argument("--from", dest="first", type=_month, metavar="YYYY-MM", help="first month")
    parser.add_argument("--to", dest="last", type=_month, metavar="YYYY-MM", help="last month")
    asked = parser.parse_args(arguments)
    settings = Settings()
    file = settings.reference / FILE_NAME
    try:
        spanned = (None, None) if asked.first and asked.last else months_spanned(file)
        first, last = asked.first or spanned[0], asked.last or spanned[1]
        if first > last:
            raise UsageError("--from", f"{first:%Y-%m} is after {last:%Y-%m}", "Turn them round")
        rows = calendar_rows(load_contracts(settings.contracts), first, last)
        file.write_text(calendar_text(rows), encoding="utf-8", newline="")
    except NettoeffektError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{file}: {len(rows)} rows, {first:%Y-%m} to {last:%Y-%m}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
