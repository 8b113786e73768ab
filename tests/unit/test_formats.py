"""Formats end to end: fixed width, workbooks, rows that are no data, and totals that must hold."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from types import MappingProxyType

import pytest
import xlsxwriter

from orchestration.intake.contract import ControlTotal, Layout
from tests.unit.deliveries import ledger, ledger_row, with_contract


@pytest.fixture
def with_source(intake):
    """The load with the ledger's source `ekonomisystem` changed."""

    def change(**changes: object):
        contract = intake.contracts["ledger"]
        source = replace(contract.sources["ekonomisystem"], **changes)
        return with_contract(intake, replace(contract, sources=MappingProxyType({source.name: source})))

    return change


def cells(*columns: str, **constants: str) -> dict:
    """What a small extract with these columns of the ledger maps, each under its own name; the rest constant."""
    return {
        "headers": MappingProxyType({name: name for name in columns}),
        "constants": MappingProxyType({"company": "1000", "chart": "region_bas", **constants}),
        "values": MappingProxyType({}),
        "extract_date_header": None,
        "balanced_by": (),
    }


LAYOUT = Layout(
    record_length=30,
    fields=MappingProxyType(
        {"account": (1, 6), "month": (7, 6), "sign": (13, 1), "amount_sek": (14, 12), "cost_centre": (26, 5)}
    ),
    sign_fields=MappingProxyType({"amount_sek": "sign"}),
    implied_decimals=MappingProxyType({"amount_sek": 2}),
)


@pytest.fixture
def fixed(with_source):
    columns = cells("account", "month", "amount_sek", "cost_centre")
    return with_source(
        file_format="fixed", encoding="iso-8859-1", decimal_mark=",", month_format="%Y%m", layout=LAYOUT, **columns
    )


def test_fixed_width_is_cut_where_the_contract_says(deliver, load_inbox, fixed, query):
    lines = ["4010  202401 000000123456 1110", "4010  202401-000000000007   ÅÄ", "3010  202402+           5     "]
    deliver("ledger/ekonomisystem/a.dat", "\r\n".join(lines) + "\r\n", "iso-8859-1")
    load_inbox(fixed)
    columns = "account, month, amount_sek, cost_centre, _row_number"
    assert query(f"select {columns} from raw.ledger order by _row_number") == [
        ("4010", date(2024, 1, 1), Decimal("1234.56"), "1110", 1),
        ("4010", date(2024, 1, 1), Decimal("-0.07"), "ÅÄ", 2),
        ("3010", date(2024, 2, 1), Decimal("0.05"), None, 3),
    ]


def test_a_line_of_another_length_or_sign_is_quarantined(deliver, load_inbox, fixed, query):
    good = "4010  202401 000000000100 1110"
    lines = [good] * 300
    lines[1], lines[7] = good[:-1], good.replace("202401 ", "202401X")
    deliver("ledger/ekonomisystem/a.dat", "\n".join(lines) + "\n", "iso-8859-1")
    load_inbox(fixed)
    assert query("select row_number, column_name, rule from raw.quarantine order by 1") == [
        (2, None, "line_length"),
        (8, "amount_sek", "number"),
    ]
    assert query("select sum_accepted, rows_in from raw.delivery") == [(298, 300)]


def test_fixed_width_of_another_layout_is_refused(deliver, load_inbox, fixed):
    deliver("ledger/ekonomisystem/a.dat", "4010;202401;1,00\n", "iso-8859-1")
    (delivery,) = load_inbox(fixed).refused
    assert (delivery.rule, "Rad 1 har 16 tecken, men kontraktet säger 30" in delivery.reason) == ("line_length", True)


def workbook(*rows: list) -> bytes:
    content = BytesIO()
    book = xlsxwriter.Workbook(content)
    sheet = book.add_worksheet("Data")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, place, value, day)
            else:
                sheet.write(number, place, value)
    book.close()
    return content.getvalue()


@pytest.fixture
def sheet(with_source):
    columns = cells("account", "month", "posting_date", "amount_sek", "text")
    return with_source(
        file_format="xlsx",
        month_format="%Y-%m",
        has_excel_errors=True,
        left_out_rows=MappingProxyType({"account": ("Summa*",)}),
        **columns,
    )


HEADERS = ["account", "month", "posting_date", "amount_sek", "text"]


def test_a_workbook_is_read_cell_by_cell(deliver, load_inbox, sheet, query):
    content = workbook(
        HEADERS,
        [4010, "2024-01", date(2024, 1, 15), 1234.5, "två\nrader"],
        [],
        ["04010", "2024-01", "2024-01-16", "-0,5", "anna@example.org"],
        ["Summa januari", "", "", 1234.0, ""],
    )
    deliver("ledger/ekonomisystem/a.xlsx", content)
    load_inbox(sheet)
    columns = "account, posting_date, amount_sek, text, _row_number"
    assert query(f"select {columns} from raw.ledger order by _row_number") == [
        ("4010", date(2024, 1, 15), Decimal("1234.5"), "två\nrader", 2),
        ("04010", date(2024, 1, 16), Decimal("-0.5"), "[e-post]", 4),
    ]
    assert query("select rows_in, rows_accepted, rows_left_out, sum_in, sum_left_out from raw.delivery") == [
        (3, 2, 1, 2468, 1234)
    ]


def test_an_error_in_a_cell_is_quarantined(deliver, load_inbox, sheet, query):
    rows = [[4010, "2024-01", date(2024, 1, 15), number, ""] for number in range(200)]
    rows[100][3] = "#SAKNAS!"
    deliver("ledger/ekonomisystem/a.xlsx", workbook(HEADERS, *rows))
    load_inbox(sheet)
    assert query("select row_number, column_name, rule from raw.quarantine") == [(102, "amount_sek", "error_cell")]


def test_a_workbook_with_other_headers_is_refused(deliver, load_inbox, sheet):
    deliver("ledger/ekonomisystem/a.xlsx", workbook(["konto", *HEADERS[1:]], [4010, "2024-01", date(2024, 1, 15), 1]))
    (delivery,) = load_inbox(sheet).refused
    assert (delivery.rule, "saknar 'account'" in delivery.reason) == ("header", True)


@pytest.fixture
def totalled(with_source):
    total = ControlTotal("verifikationsserie", "TOTALT", "verifikationsnummer")
    return with_source(control_total=total, left_out_rows=MappingProxyType({"konto": ("Summa*",)}), balanced_by=())


def total_row(amount: str, rows: str) -> str:
    return f"2025-01-10;;;TOTALT;{rows};;;;;;;;;{amount};;;;"


def test_a_control_total_that_holds_is_taken(deliver, load_inbox, totalled, query):
    subtotal = ledger_row().replace(";4010;", ";Summa 4010;")
    deliver(
        "ledger/ekonomisystem/a.csv",
        ledger(ledger_row(), subtotal, ledger_row(line=2), total_row("200,00", "2")),
        "cp1252",
    )
    load_inbox(totalled)
    assert query("select rows_in, rows_accepted, rows_left_out, sum_in, sum_left_out from raw.delivery") == [
        (4, 2, 2, 500, 300)
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([total_row("200,01", "2")], "säger 200.01, men raderna ger 200.00"),
        ([total_row("200,00", "3")], "säger 3 rader, men filen har 2"),
        ([], "saknas: filen kan ha tagit slut i förtid"),
        ([total_row("200,00", "2")] * 2, "står flera gånger"),
        ([total_row("tvåhundra", "2")], "går inte att läsa"),
    ],
)
def test_a_file_whose_total_does_not_hold_is_refused(deliver, load_inbox, totalled, query, rows, told):
    deliver("ledger/ekonomisystem/a.csv", ledger(ledger_row(), ledger_row(line=2), *rows), "cp1252")
    (delivery,) = load_inbox(totalled).refused
    assert (delivery.rule, told in delivery.reason) == ("control_total", True), delivery.reason
    assert query("select count(*) from raw.ledger") == [(0,)]


def voucher_row(number: int, line: int, amount: str) -> str:
    return ledger_row(amount=amount, line=line).replace(f";;;{line};", f";A;{number};{line};", 1)


def test_a_voucher_that_does_not_balance_follows_whole_into_quarantine(deliver, load_inbox, with_source, query):
    balanced = with_source(balanced_by=("month", "voucher_series", "voucher_number"))
    rows = [voucher_row(n, line, amount) for n in range(300) for line, amount in ((1, "5,00"), (2, "-5,00"))]
    rows += [
        voucher_row(900, 1, "7,00"),
        voucher_row(900, 2, "-6,00"),
        voucher_row(901, 1, "1,00"),
        voucher_row(901, 2, "x"),
    ]
    deliver("ledger/ekonomisystem/a.csv", ledger(*rows), "cp1252")
    load_inbox(balanced)
    assert query("select count(*), sum(amount_sek) from raw.ledger") == [(600, 0)]
    assert query("select row_number, rule, amount_sek from raw.quarantine order by 1") == [
        (601, "unbalanced", 7),
        (602, "unbalanced", -6),
        (603, "unbalanced", 1),
        (604, "number", None),
    ]
    assert query("select rows_in, rows_accepted, rows_quarantined, sum_in, sum_quarantined from raw.delivery") == [
        (604, 600, 4, 2, 2)
    ]
