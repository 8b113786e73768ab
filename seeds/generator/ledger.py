"""The general ledger: the cells of money.py split into vouchers that balance, one file per company and month.

Two systems deliver: `ekonomisystem` for company 1000, `serviceekonomi` for 2000, whose headers, marks and sign are its
own.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import duckdb

from seeds.generator import calibration as c
from seeds.generator.draw import draw
from seeds.generator.files import Delivery, add_months, insert_rows, months_between
from seeds.generator.money import Cell, ore

SOURCES = {"1000": "ekonomisystem", "2000": "serviceekonomi"}

# Series of vouchers by what the account is: number of vouchers a month and cost centre, balancing account.
SERIES = {"L": (1, "2710"), "K": (2, "2440"), "F": (2, "1510"), "I": (1, "1690"), "A": (1, "1290"), "M": (1, "1930")}
OPENING = "IB"
OPENING_BALANCES = {"1000": ("8000", 1200.0), "2000": ("9000", 45.0)}

TEXTS = {
    "4010": "Löner månadsavlönade",
    "4110": "Löner timavlönade",
    "4310": "Övertid",
    "4410": "Extraersättningar",
    "4510": "PO-pålägg",
    "4710": "Inhyrd personal",
    "4810": "Rekrytering",
    "4910": "Övriga personalkostnader",
    "5010": "Köpt vård, andra regioner",
    "5110": "Köpt vård, privata vårdgivare",
    "5210": "Läkemedel, ögoninjektioner",
    "5220": "Läkemedel",
    "5410": "Livsmedel och måltider",
    "5510": "Transporter",
    "5610": "Övriga kostnader",
    "5620": "Undersökningsmaterial",
    "5640": "Servicetjänster på vårdavdelning",
    "7610": "Intern service",
    "7810": "Avskrivningar",
    "3010": "Avgifter",
    "3110": "Ersättning från kommuner och regioner",
    "3810": "Statsbidrag",
    "3910": "Intern ersättning",
    "8010": "Skatter och utjämning",
    "2080": "Ingående balans",
    "9990": "Avräkning okänt konto",
}

CLOSING_ACCOUNT = "7810"  # December's depreciation is booked in period 13
OPEN_MONTH = date(2025, 1, 1)  # some of its purchases are preliminary still

# One month was delivered again in June 2024: an invoice of hired staff had been booked too high, and another twice.
CORRECTED_MONTH, CORRECTED_ON = date(2024, 3, 1), date(2024, 6, 12)
CORRECTED_CELL, TOO_HIGH = ("4410", "4710"), 125_000_00
BOOKED_TWICE = ("2210", "5610", 87_500_00)

# One voucher of two lines that no reader can take: its rows are quarantined.
BROKEN_MONTH = date(2023, 5, 1)


def extract_date(month: date) -> date:
    """The day on which the month's file was written; the open month's a little before its end."""
    return date(2025, 1, 30) if month == OPEN_MONTH else add_months(month, 1).replace(day=12)


def load_cells(connection: duckdb.DuckDBPyConnection, cells: list[Cell], scale: int, seed: str) -> None:
    """Fills the tables `cell`, one row per amount with its voucher's series, number and line, and `extra`.

    `pieces` is the number of vouchers that the amount is split over; their numbers follow on first_number.
    """
    vouchers: dict[tuple, list[Cell]] = defaultdict(list)
    for cell in [*_in_ledger_months(cells), *_unknown_codes()]:
        vouchers[cell.company, cell.month, series_of(cell.account), cell.cost_centre].append(cell)
    for company, (slot, mnkr) in OPENING_BALANCES.items():
        for year in c.YEARS:
            month = date(year, 1, 1)
            vouchers[company, month, OPENING, slot].append(Cell(month, slot, "2080", "", "", -ore(mnkr)))
    numbers: dict[tuple[str, date], int] = defaultdict(int)
    rows = []
    for (company, month, series, centre), lines in sorted(vouchers.items(), key=lambda item: item[0]):
        count, balancing = SERIES.get(series, (1, "1930"))
        pieces = count * scale if series != OPENING else 1
        first = numbers[company, month]
        numbers[company, month] += pieces
        is_preliminary = month == OPEN_MONTH and series == "K" and draw(f"{seed}:{centre}") % 4 == 0
        for line, cell in enumerate(lines, 1):
            key = f"{seed}:{company}:{month}:{series}:{centre}:{line}"
            codes = (cell.account, centre, _function(centre), cell.activity, cell.counterparty)
            flags = (series == OPENING, is_preliminary)
            rows.append((key, company, month, series, first, pieces, line, *codes, cell.ore, balancing, *flags))
    connection.execute(
        """
        create or replace table cell (
            key varchar, company varchar, month date, series varchar, first_number bigint, pieces bigint, line bigint,
            account varchar, cost_centre varchar, function_code varchar, activity varchar, counterparty varchar,
            ore bigint, balancing varchar, is_opening boolean, is_preliminary boolean
        )
        """
    )
    insert_rows(connection, "cell", rows)
    connection.execute("create or replace table account_text (account varchar, account_text varchar)")
    insert_rows(connection, "account_text", list(TEXTS.items()))


def series_of(account: str) -> str:
    """The voucher series that the account is booked in."""
    if account in ("7610", "3910"):
        return "I"
    if account in ("4710", "4810", "4910") or account.startswith(("5", "9")):
        return "K"
    return {"3": "F", "4": "L", "7": "A", "8": "M"}[account[0]]


def deliveries(company: str, first: date, last: date) -> Iterator[Delivery]:
    """The company's files in the order in which they were written."""
    for month in months_between(max(first, c.FIRST_LEDGER_MONTH), min(last, c.LAST_LEDGER_MONTH)):
        is_corrected = company == "1000" and month == CORRECTED_MONTH
        yield _delivery(company, month, extract_date(month), "", has_faults=is_corrected)
        if is_corrected:
            yield _delivery(company, month, CORRECTED_ON, "_rattad", has_faults=False)


def _delivery(company: str, month: date, extracted: date, suffix: str, has_faults: bool) -> Delivery:
    lines = _lines(company, month, has_faults)
    source, name = SOURCES[company], f"huvudbok_{company}_{month:%Y-%m}{suffix}"
    if company == "1000":
        query = _as_ekonomisystem(lines, extracted)
        if month == BROKEN_MONTH:
            query = f"({query}) union all by name ({_broken_rows(month, extracted)})"
        return Delivery("ledger", source, name, query, "cp1252", "\r\n")
    return Delivery("ledger", source, name, _as_serviceekonomi(lines, extracted), "iso-8859-1", "\r\n")


def _lines(company: str, month: date, has_faults: bool) -> str:
    """The month's voucher lines, balancing ones included, as SQL; `ore` is debit positive."""
    fault, twice = "0", ""
    if has_faults:
        centre, account = CORRECTED_CELL
        fault = f"case when cost_centre = '{centre}' and account = '{account}' and piece = 0 then {TOO_HIGH} else 0 end"
        centre, account, amount = BOOKED_TWICE
        twice = f"""
            union all
            select 'K', 900001, 1, '{account}', '{centre}', '{_function(centre)}', '', '857', {amount}, '2440', false,
                false
        """
    return f"""
        with piece as (
            select *, unnest(range(pieces)) as piece from cell where company = '{company}' and month = date '{month}'
        ),
        posted as (
            select series, first_number + piece + 1 as number, line, account, cost_centre, function_code, activity,
                counterparty, {_upto("piece + 1")} - {_upto("piece")} + {fault} as ore, balancing, is_opening,
                is_preliminary
            from piece{twice}
        ),
        balancing as (
            select series, number, max(line) + 1, balancing, any_value(cost_centre), any_value(function_code), '', '',
                cast(-sum(ore) as bigint), balancing, any_value(is_opening), any_value(is_preliminary)
            from posted group by series, number, balancing
        )
        select *, date '{month}' as month, '{month:%Y}-'
                || case when series = 'A' and {month.month} = 12 then '13' else '{month:%m}' end as period,
            date '{month}' + case series when 'IB' then 0 when 'L' then 24
                else cast(draw('{company}:{month}:' || series || number) % 28 as integer) end as posting_date,
            coalesce(account_text, 'Motbokning') || ' {month:%Y-%m}' as line_text
        from (select * from posted union all select * from balancing)
        left join account_text using (account)
    """


def _upto(piece: str) -> str:
    """What the pieces before this one come to: an even split whose inner borders are moved by up to 0.3 of a piece."""
    moved = f"case when {piece} in (0, pieces) then 0 else draw(key || ':' || ({piece})) % 601 - 300 end"
    return f"(ore * (({piece}) * 1000 + {moved}) // (pieces * 1000))"


def _as_ekonomisystem(lines: str, extracted: date) -> str:
    return f"""
        select '{extracted}' as uttagsdatum, strftime(month, '%Y-%m') as manad, period, series as verifikationsserie,
            number as verifikationsnummer, line as verifikationsrad, posting_date as bokforingsdatum,
            account as konto, cost_centre as kostnadsstalle, function_code as verksamhet,
            nullif(activity, '') as aktivitet, case when cost_centre = '6310' then 'P2201' end as projekt,
            nullif(counterparty, '') as motpart, replace(cast(ore * 0.01 as varchar), '.', ',') as belopp,
            case when account = '5410' then ore // 6500 end as antal, line_text as text,
            case when is_opening then 'J' else 'N' end as ingaende_balans,
            case when is_preliminary then 'J' else 'N' end as preliminar
        from ({lines})
        order by series, number, line
    """


def _as_serviceekonomi(lines: str, extracted: date) -> str:
    return f"""
        select '{extracted:%Y%m%d}' as UTTAG, strftime(month, '%Y%m') as BOKFPERIOD, period as PERIODKOD,
            series as VERSERIE, number as VERNR, line as RADNR, strftime(posting_date, '%Y%m%d') as BOKFDAG,
            account as KONTO, cost_centre as "KSTÄLLE", function_code as VERKSAMHET,
            nullif(activity, '') as AKTIVITET, cast(null as varchar) as PROJEKT, nullif(counterparty, '') as MOTPART,
            cast(-ore * 0.01 as varchar) as KREDITBELOPP, line_text as VERTEXT,
            case when is_opening then '1' else '0' end as IB,
            case when is_preliminary then 'PREL' else 'DEF' end as STATUS
        from ({lines})
        order by series, number, line
    """


def _broken_rows(month: date, extracted: date) -> str:
    """Two lines of one voucher: an amount with letters in it, and a day that the month lacks."""
    return f"""
        select '{extracted}' as uttagsdatum, '{month:%Y-%m}' as manad, '{month:%Y-%m}' as period,
            'K' as verifikationsserie, 900002 as verifikationsnummer, unnest([1, 2]) as verifikationsrad,
            unnest(['{month:%Y-%m}-11', '{month:%Y-%m}-32']) as bokforingsdatum, unnest(['5610', '2440']) as konto,
            '3110' as kostnadsstalle, '53' as verksamhet, null as aktivitet, null as projekt, '857' as motpart,
            unnest(['12 5OO,00', '-12500,00']) as belopp, null as antal, 'Inskannad faktura' as text,
            'N' as ingaende_balans, 'N' as preliminar
    """


def _in_ledger_months(cells: list[Cell]) -> Iterator[Cell]:
    return (cell for cell in cells if c.FIRST_LEDGER_MONTH <= cell.month <= c.LAST_LEDGER_MONTH)


def _unknown_codes() -> Iterator[Cell]:
    for (account, centre), (sek, months) in c.UNKNOWN_CODES.items():
        yield from (Cell(month, centre, account, "", "857", sek * 100) for month in months)


def _function(centre: str) -> str:
    """The function code (verksamhet) of a cost centre, by its area."""
    return "5" + centre[0]
