"""Dates, months and points in time as a contract says they are written.

Formats are strftime's, of these directives: %Y %y %m %-m %b %B %d %-d %H %M %S. A text must be written just as the
format says: 2024-1-5 is not 2024-01-05. `%b` and `%B` are Swedish names in any case (okt, okt., oktober). A year of two
digits is 1969-2068. The format `excel_serial` is Excel's count of whole days in its 1900 system.
"""

import re
from datetime import date

from orchestration.intake.sql import literal, matches

EXCEL_SERIAL = "excel_serial"
# Excel takes 1900 for a leap year, so its days count from 1899-12-30 from March 1900 on. What lies outside these years
# is taken for another number: 2024 would be a day in 1905.
EXCEL_EPOCH, EXCEL_FIRST, EXCEL_LAST = date(1899, 12, 30), date(1950, 1, 1), date(2099, 12, 31)
MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)
OTHER_SHORT_NAMES = {"mars": 3, "juni": 6, "juli": 7, "sept": 9}  # beside the first three letters
DIRECTIVES = {
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%m": r"(?:0[1-9]|1[0-2])",
    "%-m": r"[1-9]\d?",
    "%d": r"\d{2}",
    "%-d": r"[1-9]\d?",
    "%H": r"\d{2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
    "%b": r"[a-z]+\.?",
    "%B": r"[a-z]+",
}
_PARTS = re.compile(r"%-?[A-Za-z]|[^%]+|%")


def parts(date_format: str) -> list[str]:
    """A format as its directives and what stands between them."""
    return _PARTS.findall(date_format)


def day(text: str, date_format: str) -> str:
    """The date that a text says, as SQL; NULL where it says none."""
    if date_format == "%Y-%m-%d":  # as DuckDB itself writes dates: a cast is twice as fast
        return f"case when {matches(text, _pattern(date_format))} then try_cast({text} as date) end"
    return f"cast({moment(text, date_format)} as date)"


def month(text: str, month_format: str, max_period: int) -> str:
    """The first day of the month that a text says, as SQL; NULL where it says none.

    Periods from 13 to `max_period`, in which a year is closed, are its December.
    """
    calendar = _month(text, month_format)
    if max_period <= 12:
        return calendar
    before, after = (_pattern(part) for part in month_format.split("%m"))
    closing = rf"({before})1[3-{max_period - 10}]({after})"
    twelfth = r"\112\2"
    december = f"regexp_replace({text}, {literal(f'^{closing}$')}, {literal(twelfth)})"
    return f"case when {matches(text, closing)} then {_month(december, month_format)} else {calendar} end"


def _month(text: str, month_format: str) -> str:
    if month_format == "%Y-%m":
        return f"case when {matches(text, _pattern(month_format))} then try_cast({text} || '-01' as date) end"
    return f"cast(date_trunc('month', {moment(text, month_format)}) as date)"


def moment(text: str, moment_format: str) -> str:
    """The point in time, without zone, that a text says, as SQL; NULL where it says none."""
    if moment_format == EXCEL_SERIAL:
        first, last = ((bound - EXCEL_EPOCH).days for bound in (EXCEL_FIRST, EXCEL_LAST))
        days = f"case when {matches(text, '[0-9]{5}')} then try_cast({text} as integer) end"
        return f"case when {days} between {first} and {last} then {_date(EXCEL_EPOCH)} + {days} end"
    for names in {"%b", "%B"} & set(parts(moment_format)):
        text, moment_format = _numbered(text, names), moment_format.replace(names, "%m")
    return f"case when {matches(text, _pattern(moment_format))} then try_strptime({text}, {literal(moment_format)}) end"


def written(moment: date, moment_format: str) -> str:
    """A date as a source writes it: the inverse of what is read."""
    if moment_format == EXCEL_SERIAL:
        return str((moment - EXCEL_EPOCH).days)
    name = MONTHS[moment.month - 1]
    return moment.strftime(moment_format.replace("%B", name).replace("%b", name[:3]))


def _pattern(moment_format: str) -> str:
    return "".join(DIRECTIVES.get(part) or re.escape(part) for part in parts(moment_format))


def _date(day: date) -> str:
    return f"date '{day.isoformat()}'"


def _numbered(text: str, names: str) -> str:
    """A text with the number of the month for its name; NULL where there is none that goes with the directive."""
    numbers = {name if names == "%B" else name[:3]: number for number, name in enumerate(MONTHS, start=1)}
    if names == "%b":
        numbers |= OTHER_SHORT_NAMES
    small = f"lower({text})"
    cases = " ".join(f"when {literal(name)} then '{number:02}'" for name, number in numbers.items())
    number = f"case regexp_extract({small}, '[a-z]+') {cases} end"
    return f"regexp_replace({small}, {literal(DIRECTIVES[names])}, {number})"
