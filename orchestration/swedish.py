"""How figures and codes are said to Swedish readers: numbers and dates by Babel, codes in the words of controllers."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

LOCALE = "sv_SE"
MNKR = Decimal(1_000_000)

NET_STATUS = {
    "net": "netto",
    "gross_only": "brutto – nettoberäkning saknas",
    "not_required": "brutto, netto krävs inte",
    "no_rule": "mäts inte i huvudboken",
}
FORECAST_STATUS = {
    "current": "aktuell",
    "late": "sen",
    "stale": "inaktuell",
    "unchanged": "upprepad",
    "missing": "saknas",
}


def number(value: Decimal | int | float, decimals: int) -> str:
    """A number in Swedish, rounded half away from zero, with a true minus: −1 234,5."""
    from babel.numbers import format_decimal

    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    digits = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    # Babel writes a hyphen for minus, unless told; and there is no minus zero.
    return format_decimal(rounded or Decimal(0), format=f"{digits};−{digits}", locale=LOCALE)


def mnkr_number(amount: Decimal) -> str:
    """An amount in SEK as million kronor: 10,7; with three decimals if that is what it takes to be no zero."""
    return number(amount / MNKR, 3 if MNKR / 2000 <= abs(amount) < MNKR / 20 else 1)


def mnkr(amount: Decimal) -> str:
    """The same with its unit: 10,7 mnkr."""
    return f"{mnkr_number(amount)} mnkr"


def swedish_date(day: date) -> str:
    """31 januari 2025."""
    from babel.dates import format_date

    return format_date(day, "d MMMM y", locale=LOCALE)


def swedish_month(month: date) -> str:
    """januari 2025."""
    from babel.dates import format_date

    return format_date(month, "MMMM y", locale=LOCALE)
