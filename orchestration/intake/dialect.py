"""How a contract may say that its source writes numbers and dates: the closed lists, and what must agree.

Each check raises BrokenContractError with the key path it was given. A dialect that would let one text be read in two
ways is refused here, so that no row is.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.intake.contract_file import BrokenContractError
from orchestration.intake.contract_rules import UNITS, check_one_of, require
from orchestration.intake.moments import DIRECTIVES, EXCEL_SERIAL, parts, written

# SEK per amount unit.
AMOUNT_FACTORS = {
    "SEK": Decimal(1),
    "kr": Decimal(1),
    "tkr": Decimal(1_000),
    "mnkr": Decimal(1_000_000),
    "öre": Decimal("0.01"),
}
BLANKS = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
THOUSANDS_MARKS = (*BLANKS, ".", ",", "'")
NEGATIVE_FORMS = ("trailing", "parentheses")
LAST_PERIOD = 16


def check_marks(extra: Mapping[str, Any], path: str) -> None:
    """The marks of numbers, their negative forms and suffixes."""
    for key in ("delimiter", "decimalMark", "thousandsMark"):
        require(len(extra.get(key, ";")) == 1, f"{path}.{key}", "it is not one character", "Write one character.")
    check_one_of(f"{path}.decimalMark", extra["decimalMark"], (",", "."))
    check_one_of(f"{path}.thousandsMark", extra.get("thousandsMark", " "), THOUSANDS_MARKS)
    differ = extra.get("thousandsMark") != extra["decimalMark"]
    require(differ, f"{path}.thousandsMark", "it is the decimal mark too", "Use another, or leave it out.")
    for form in extra.get("negativeForms", ()):
        check_one_of(f"{path}.negativeForms", form, NEGATIVE_FORMS)
    check_one_of(f"{path}.amountUnit", extra.get("amountUnit", "SEK"), AMOUNT_FACTORS)
    for suffix, unit in extra.get("unitSuffixes", {}).items():
        place = f"{path}.unitSuffixes"
        check_one_of(place, unit, dict.fromkeys((*AMOUNT_FACTORS, *UNITS)))
        # A sign, a mark or a digit in a suffix could be part of the number before it.
        is_plain = re.fullmatch(r"[^\W\d_][^\d()+\-\N{MINUS SIGN}]*|[%€$]", suffix) and suffix == suffix.strip()
        require(
            bool(is_plain), place, f"'{suffix}' is no suffix", "Begin with a letter or %, without digits and signs."
        )


def check_formats(extra: Mapping[str, Any], path: str) -> None:
    """The formats of dates, months and points in time, what stands for no date, and the time zone."""
    for key in ("dateFormat", "monthFormat", "timestampFormat"):
        if key in extra:
            _check_format(extra[key], f"{path}.{key}", may_count_days=key != "timestampFormat")
    last = extra.get("maxPeriod", 13)
    place = f"{path}.maxPeriod"
    require(13 <= last <= LAST_PERIOD, place, f"{last} is no closing period", f"Write 13 to {LAST_PERIOD}.")
    has_number = "maxPeriod" not in extra or "%m" in parts(extra.get("monthFormat", "%Y-%m"))
    require(has_number, place, "the months have no period number", "Use %m in monthFormat, or leave it out.")
    for text in extra.get("sentinelDates", ()):
        _check_sentinel(text, extra, f"{path}.sentinelDates")
    try:
        ZoneInfo(extra.get("timezone", "UTC"))
    except (KeyError, ValueError, OSError):
        raise BrokenContractError(f"{path}.timezone", "no such time zone", "Write as in 'Europe/Stockholm'.") from None


def _check_format(text: str, place: str, may_count_days: bool) -> None:
    if text == EXCEL_SERIAL:
        require(may_count_days, place, "a count of whole days has no time", "Write it as in '%Y-%m-%d %H:%M'.")
        return
    found = parts(text)
    unknown = [part for part in found if part.startswith("%") and part not in DIRECTIVES]
    require(not unknown, place, f"'{' '.join(unknown)}' cannot be read", f"Use {' '.join(DIRECTIVES)}.")
    directives = [part for part in found if part in DIRECTIVES]
    year, month = ([d for d in directives if d in group] for group in (("%Y", "%y"), ("%m", "%-m", "%b", "%B")))
    says_both = len(year) == len(month) == 1 and len(set(directives)) == len(directives)
    require(says_both, place, f"'{text}' does not say year and month", "Write it as in '%Y-%m-%d', each once.")
    parted = re.search(r"%-[md]%|%[BbYymdHMS]%-", text) is None
    require(parted, place, f"'{text}' can be read in two ways", "Part what has no fixed width from its neighbours.")
    # Names are found as the letters of the text.
    has_letters = month[0] in ("%b", "%B") and any(re.search(r"[^\W\d_]", part) for part in found if part[0] != "%")
    require(not has_letters, place, f"'{text}' has letters beside the month's name", "Leave them out.")


def _check_sentinel(text: str, extra: Mapping[str, Any], place: str) -> None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BrokenContractError(place, f"'{text}' is no date", "Write it as in '1899-12-31'.") from None
    for key in ("dateFormat", "timestampFormat", "monthFormat"):
        is_short = "%y" in parts(extra.get(key, ""))
        shown = written(day, extra[key]) if is_short else ""
        require(not is_short, place, f"'{shown}' of {key} may be a true date", "Leave one of the two out.")
