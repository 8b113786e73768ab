"""Workbooks as they come: cells become the texts of the source's own dialect, and what cannot be taken is refused."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.errors import RefusedFileError
from orchestration.intake import workbook, workbook_file, workbook_sheet
from orchestration.intake.contract import Contract, Source
from orchestration.intake.contracts import load_contract
from orchestration.settings import CHECKOUT

SHEET = "xl/worksheets/sheet1.xml"
CONTRACT = load_contract(CHECKOUT / "expectations" / "contracts" / "forecast.yaml")
SOURCE = replace(
    CONTRACT.sources["ledningsportalen"],
    file_format="xlsx",
    headers={
        "action_id": "Åtgärd",
        "as_of_month": "Månad",
        "submitted_at": "Inlämnad",
        "forecast_sek": "Prognos",
        "is_confirmation": "Bekräftad",
    },
    extract_date_header="Uttag",
    date_format="%d/%m/%Y",
    month_format="%Y%m",
    timestamp_format="%Y-%m-%d %H:%M",
)
HEADERS = ["Åtgärd", "Månad", "Inlämnad", "Prognos", "Bekräftad", "Uttag"]
Rows = list[tuple[int, list[str]]]


def made(fill: Callable[[xlsxwriter.Workbook], Any], **options: Any) -> bytes:
    """A workbook that XlsxWriter writes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd", **options}) as book:
        fill(book)
    return buffer.getvalue()


def sheet_of(*rows: list[Any], name: str = "Blad", **options: Any) -> bytes:
    """A workbook of one sheet with these rows."""

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return made(fill, **options)


def altered(content: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """The same file with other bytes in some parts, without those that are None, with new ones at its end."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *parts]):
            data = parts.get(name, b"") if name in parts else old.read(name)
            if data is not None:
                new.writestr(name, data)
    return buffer.getvalue()


def with_cells(xml: str, after: str = "") -> bytes:
    """A workbook whose only sheet has HEADERS on row 1 and this XML as its further rows."""
    content = sheet_of(HEADERS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read(SHEET).decode()
    return altered(content, {SHEET: sheet.replace("</sheetData>", f"{xml}</sheetData>{after}").encode()})


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[list[str], Rows]]:
    """Reads the bytes of a file as a source delivers it."""

    def read_it(
        content: bytes, source: Source = SOURCE, contract: Contract = CONTRACT, name: str = "a.xlsx"
    ) -> tuple[list[str], Rows]:
        file = tmp_path / name
        file.write_bytes(content)
        headers, rows = workbook.read(file, contract, source)
        return headers, list(rows)

    return read_it


@pytest.fixture
def refused(read: Callable[..., Any]) -> Callable[..., RefusedFileError]:
    """The refusal with which a file is met."""

    def refusal(content: bytes, source: Source = SOURCE, name: str = "a.xlsx") -> RefusedFileError:
        with pytest.raises(RefusedFileError) as caught:
            read(content, source, name=name)
        assert "\n" not in caught.value.reason
        return caught.value

    return refusal


def test_cells_become_texts_in_the_dialect_of_the_source(read):
    rows = [
        HEADERS,
        ["RD-A01", date(2024, 7, 1), datetime(2024, 8, 1, 9, 30), 15.6, True, date(2024, 9, 16)],
        [4010, "2024-07", date(2024, 8, 1), -1234567.25, False, "16/09/2024"],
        ["0042", None, None, "ett tal", "Ja", None],
    ]
    assert read(sheet_of(*rows)) == (
        HEADERS,
        [
            (2, ["RD-A01", "202407", "2024-08-01 09:30", "15,6", "true", "16/09/2024"]),
            (3, ["4010", "2024-07", "2024-08-01 00:00", "-1234567,25", "false", "16/09/2024"]),
            (4, ["0042", "", "", "ett tal", "Ja", ""]),
        ],
    )


def test_dates_become_serials_and_swedish_names_where_the_source_writes_them(read):
    source = replace(SOURCE, date_format="excel_serial", month_format="%B %Y", timestamp_format="%d %b %Y %H:%M")
    at = datetime(2024, 10, 1, 9, 30)
    rows = [HEADERS, ["A", date(2024, 10, 1), at, 1, True, date(2024, 12, 31)]]
    assert read(sheet_of(*rows), source)[1] == [(2, ["A", "oktober 2024", "01 okt 2024 09:30", "1", "true", "45657"])]


def test_what_a_column_cannot_hold_stays_to_be_judged(read):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADERS)
        sheet.write_row(1, 0, [" blank ", datetime(2024, 7, 1, 8), date(2024, 7, 1), date(2024, 7, 1), 1, 45000])
        sheet.write_number(2, 3, 1.5, book.add_format({"num_format": "[h]:mm"}))
        sheet.write_datetime(2, 5, time(7, 30), book.add_format({"num_format": "hh:mm"}))

    assert read(made(fill))[1] == [
        (2, [" blank ", "2024-07-01 08:00", "2024-07-01 00:00", "01/07/2024", "1", "45000"]),
        (3, ["", "", "", "36:00:00", "", "07:30:00"]),
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (4010.0, "4010"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.3"),
        (1234.5600000000001, "1234.56"),
        (1 / 3, "0.3333333333333333"),
        (1e-7, "0.0000001"),
        (-1e22, "-10000000000000000000000"),
        (1e23, "100000000000000000000000"),
        (2.0**53 - 1, "9007199254740991"),
        (199001011234.0, "199001011234"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_are_plain_digits(number: float, text: str):
    assert workbook.number_text(number) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**10), max_value=10**10))
def test_every_amount_of_up_to_fourteen_digits_is_read_exactly(amount):
    text = workbook.number_text(float(amount))
    assert type(amount)(text) == amount
    assert re.fullmatch(r"-?\d+(\.\d*[1-9])?", text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_reads_back_to_fifteen_digits_in_plain_digits(number):
    text = workbook.number_text(number)
    assert f"{float(text):.14e}" == f"{number + 0:.14e}"
    assert not set(text) - set("-.0123456789")


CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff"), max_size=20),
    st.integers(-(10**14), 10**14),
    st.booleans(),
    st.dates(date(1901, 1, 1), date(9999, 12, 31)),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=8), st.booleans())
def test_cells_go_round_through_a_workbook(tmp_path_factory, rows, is_1904):
    rows = [[date(1904, 1, 2) if is_1904 and _is_before_1904(cell) else cell for cell in row] for row in rows]
    file = tmp_path_factory.mktemp("round") / "a.xlsx"
    options = {"strings_to_formulas": False, "strings_to_urls": False, "date_1904": is_1904}
    file.write_bytes(sheet_of(HEADERS, *rows, **options))
    headers, read = workbook.read(file, CONTRACT, replace(SOURCE, month_format="%Y-%m-%d", date_format="%Y-%m-%d"))

    expected = [
        (number, [_text(cell, column) for column, cell in enumerate(row)]) for number, row in enumerate(rows, 2)
    ]
    assert headers == HEADERS
    assert list(read) == [(number, texts) for number, texts in expected if "".join(texts).strip()]


def _is_before_1904(cell: Any) -> bool:
    return isinstance(cell, date) and cell.year < 1905


def _text(cell: Any, column: int) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"{cell} 00:00" if isinstance(cell, date) and column == 2 else str(cell)


def test_dates_of_the_1904_system_are_the_same_days(read):
    rows = [HEADERS, ["A", date(2024, 7, 1), datetime(2024, 8, 1, 9, 30), 1, True, date(2024, 9, 16)]]
    content = sheet_of(*rows, date_1904=True)
    assert b'date1904="1"' in zipfile.ZipFile(io.BytesIO(content)).read("xl/workbook.xml")
    assert read(content) == read(sheet_of(*rows))


def test_a_bare_count_of_days_in_the_1904_system_is_made_one_of_the_1900_system(read):
    source = replace(SOURCE, date_format="excel_serial", month_format="excel_serial")
    rows = [HEADERS, [43860, 43860, 43860, 43860, None, 43860]]
    day = str((date(2024, 1, 31) - date(1899, 12, 30)).days)
    assert read(sheet_of(*rows, date_1904=True), source)[1] == [(2, ["43860", day, "43860", "43860", "", day])]
    assert read(sheet_of(*rows), source)[1] == [(2, ["43860"] * 4 + ["", "43860"])]
    assert read(sheet_of(*rows, date_1904=True))[1] == [(2, ["43860"] * 4 + ["", "43860"])]


def test_an_error_cell_has_its_literal_and_none_reads_as_blank(read):
    errors = ["#N/A", "#REF!", "#DIV/0!", "#NAME?", "#VALUE!", "#NUM!"]
    cells = "".join(f'<c r="{"ABCDEF"[n]}2" t="e"><f>X</f><v>{error}</v></c>' for n, error in enumerate(errors))
    assert read(with_cells(f'<row r="2">{cells}</row>'))[1] == [(2, errors)]


def test_the_calculated_value_of_a_formula_counts(read):
    cells = (
        '<row r="2"><c r="A2" t="str"><f>"A"&amp;1</f><v>A1</v></c><c r="D2"><f>1.5*2</f><v>3</v></c>'
        '<c r="E2" t="b"><f>TRUE()</f><v>1</v></c><c r="F2" t="str"><f>""</f><v></v></c></row>'
    )
    assert read(with_cells(cells))[1] == [(2, ["A1", "", "", "3", "true", ""])]


@pytest.mark.parametrize("cell", ["<f>1+1</f>", "<f>1+1</f><v/>", "<f>1+1</f><v></v>", "<f>1+1</f><v>0</v>"])
def test_a_formula_that_was_never_calculated_refuses_the_file(refused, cell):
    # XlsxWriter's files say that they must be calculated anew: there a 0 is what stands for a value, and none.
    refusal = refused(with_cells(f'<row r="2"><c r="A2" t="s"><v>0</v></c><c r="D2">{cell}</c></row>'))
    assert refusal.rule == "uncalculated_formula"
    assert "Cellen D2 i kolumnen 'Prognos'" in refusal.reason


def test_a_formula_may_give_0_and_one_outside_the_read_columns_may_be_uncalculated(read):
    content = with_cells('<row r="2"><c r="A2" t="s"><v>0</v></c><c r="D2"><f>1-1</f><v>0</v></c></row>')
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = archive.read("xl/workbook.xml").replace(b' fullCalcOnLoad="1"', b"")
    assert read(altered(content, {"xl/workbook.xml": book}))[1] == [(2, ["Åtgärd", "", "", "0", "", ""])]
    ignored = replace(SOURCE, headers={"action_id": "Åtgärd"})
    assert read(content, ignored)[1] == [(2, ["Åtgärd", "", "", "0", "", ""])]


def test_the_header_may_stand_further_down_and_to_the_right(read):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.merge_range("B1:G1", "Prognoser 2024")
        sheet.write_formula("C2", "=NOW()", None, "")
        sheet.write_row(3, 2, ["Åtgärd\nnr", "  Prognos \u00a0 2024 ", "Anm"])
        sheet.write_row(5, 2, ["A1", 1.5, "x"])
        sheet.write_row(7, 2, ["Summa", 1.5])

    headers, rows = read(made(fill), replace(SOURCE, header_row=4))
    assert headers == ["Åtgärd nr", "Prognos 2024", "Anm"]
    assert rows == [(6, ["A1", "1,5", "x"]), (8, ["Summa", "1,5", ""])]


def test_merged_headers_have_the_text_of_their_first_cell(read):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.merge_range("A1:A2", "Åtgärd")
        sheet.merge_range("B1:C1", "Belopp")
        sheet.write("B2", "Prognos")
        sheet.write("C2", "Utfall")
        sheet.merge_range("D2:E2", "Uttag")
        sheet.write_row(2, 0, ["A1", 1, 2, "16/09/2024"])

    headers, rows = read(made(fill), replace(SOURCE, header_row=2))
    assert (headers, rows) == (["Åtgärd", "Prognos", "Utfall", "Uttag"], [(3, ["A1", "1", "2", "16/09/2024"])])


def test_a_column_without_header_is_kept_if_it_has_values(read):
    assert read(sheet_of(["Åtgärd", None, "Prognos"], ["A1", None, 1]))[0] == ["Åtgärd", "Prognos"]
    assert read(sheet_of(["Åtgärd", None, "Prognos"], ["A1", "x", 1]))[0] == ["Åtgärd", "", "Prognos"]


def test_rows_merged_in_a_read_column_are_refused(refused, read):
    def fill(book, area):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADERS)
        sheet.write_row(1, 0, ["A1", "202407", None, 1])
        sheet.write_row(2, 0, [None, "202408", None, 2])
        sheet.merge_range(area, "Summa" if area.startswith("A4") else "A1")

    refusal = refused(made(lambda book: fill(book, "A2:A3")))
    assert (refusal.rule, "A2:A3 i kolumnen 'Åtgärd'" in refusal.reason) == ("merged_cells", True)
    assert [row for row, _ in read(made(lambda book: fill(book, "A4:C4")))[1]] == [2, 3, 4]


def test_rows_without_values_are_passed_over_and_the_others_keep_their_number(read):
    rows = read(sheet_of(HEADERS, ["A1"], [], [" ", None, "\u00a0"], ["A4"], ["Summa", None, None, 7]))[1]
    assert [(row, texts[0]) for row, texts in rows] == [(2, "A1"), (5, "A4"), (6, "Summa")]


def three_sheets(book: xlsxwriter.Workbook) -> None:
    for name in ("Läs mig", "Data", "Gammalt"):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, HEADERS)
        sheet.write_row(1, 0, [name])
    sheet.hide()
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Data!$A$1:$A$2"})
    book.add_chartsheet("Bild").set_chart(chart)


@pytest.mark.parametrize("name", ["Data", "Gammalt"])
def test_the_sheet_that_the_contract_names_is_read_hidden_or_not(read, name):
    assert read(made(three_sheets), replace(SOURCE, sheet=name))[1][0][1][0] == name


def test_without_a_name_the_only_visible_sheet_is_read(read):
    def fill(book):
        book.add_worksheet("Listor").hide()
        sheet = book.add_worksheet("Data")
        sheet.activate()
        sheet.write_row(0, 0, HEADERS)
        sheet.write_row(1, 0, ["A1"])

    assert read(made(fill))[1] == [(2, ["A1", "", "", "", "", ""])]


def test_a_sheet_that_is_not_there_or_not_said_is_refused_with_those_that_are(refused):
    listed = "Den har bladen 'Läs mig', 'Data', 'Gammalt' (dolt)."
    missing = refused(made(three_sheets), replace(SOURCE, sheet="data"))
    assert missing.rule == "sheet"
    assert f"Bladet 'data' finns inte i arbetsboken. {listed}" in missing.reason
    unsaid = refused(made(three_sheets))
    assert unsaid.rule == "sheet"
    assert f"har 2 synliga blad, och kontraktet säger inte vilket som gäller. {listed}" in unsaid.reason


@pytest.mark.parametrize("header_row", [1, 3, 900])
def test_a_header_row_without_headers_is_refused(refused, header_row):
    refusal = refused(sheet_of([], ["Åtgärd"]), replace(SOURCE, header_row=header_row))
    assert (refusal.rule, f"inga rubriker på rad {header_row}" in refusal.reason) == ("header", True)


def test_a_workbook_is_known_by_its_bytes_not_by_its_name(read, refused):
    assert read(sheet_of(HEADERS, ["A1"]), name="a.csv") == read(sheet_of(HEADERS, ["A1"]), name="a.xls")
    for content in (b"a;b\n1;2\n", b"<html><table></table></html>", b"PK"):
        assert refused(content).rule == "wrong_format"
    assert refused(b"").rule == "empty_file"


def zipped(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_other_formats_of_excel_are_refused_by_name(refused):
    old = workbook_file.COMPOUND_MAGIC + b"\0" * 2000
    assert (refused(old).rule, ".xls." in refused(old).reason) == ("wrong_format", True)
    # The name of the encrypted part may lie across two of the pieces in which the file is read.
    locked = workbook_file.COMPOUND_MAGIC + b"\0" * (workbook_file.CHUNK - 9) + workbook_file.ENCRYPTED + b"\0" * 99
    assert refused(locked).rule == "protected"
    assert refused(zipped(**{"xl/workbook.bin": b"x"})).rule == "wrong_format"
    assert refused(zipped(**{"content.xml": b"<x/>"})).rule == "wrong_format"


def test_macros_are_refused(refused):
    for name in ("xl/vbaProject.bin", "xl/other/VBAPROJECT.BIN", "xl/macrosheets/sheet1.xml"):
        assert refused(altered(sheet_of(HEADERS, ["A1"]), {name: b"x"})).rule == "macros"


def test_a_part_under_a_password_is_refused(refused):
    content = bytearray(sheet_of(HEADERS, ["A1"]))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    assert refused(bytes(content)).rule == "protected"


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "docProps/app.xml", "xl/new.xml"])
def test_document_types_are_refused_in_every_part(refused, part):
    content = sheet_of(HEADERS, ["A1"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(part) if part in archive.namelist() else b"<?xml version='1.0'?><x/>"
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    assert refused(altered(content, {part: xml.replace(b"?>", b"?>" + entity, 1)})).rule == "external_entities"


def test_a_bomb_is_refused_before_it_is_opened(refused, monkeypatch):
    def open_it(*_: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr("python_calamine.CalamineWorkbook.from_filelike", open_it)
    monkeypatch.setattr(workbook_file, "RATIO_FROM", 1 << 20)
    bomb = altered(sheet_of(HEADERS, ["A1"]), {"xl/media/image1.xml": b"<x>" + b" " * (8 << 20) + b"</x>"})
    assert len(bomb) < 20_000
    assert refused(bomb).rule == "too_large"


def test_a_large_file_is_refused_however_it_is_packed(refused, monkeypatch):
    monkeypatch.setattr(workbook_file, "MAX_UNPACKED", 5_000)
    assert refused(sheet_of(HEADERS, ["A1"])).rule == "too_large"


def test_a_file_that_states_too_small_a_size_is_found_out(refused):
    content = altered(sheet_of(HEADERS, ["A1"]), {"xl/media/a.bin": b"\0" * 100_000})
    stated = (100_000).to_bytes(4, "little")
    assert content.count(stated) == 2
    assert refused(content.replace(stated, (1000).to_bytes(4, "little"))).rule == "broken_workbook"


def test_a_cell_far_away_is_refused_before_room_is_made_for_it(refused):
    refusal = refused(with_cells('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))
    assert (refusal.rule, "XFD1048576" in refusal.reason) == ("too_large", True)


def test_cells_that_are_only_formatted_take_no_room(read):
    cells = '<row r="2"><c r="A2" t="s"><v>0</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert len(read(with_cells(cells))[1]) == 1


@pytest.mark.parametrize(
    "name", ["../evil.xml", "/etc/passwd", "xl\\worksheets\\sheet1.xml", "c:evil.xml", "XL/Workbook.xml"]
)
def test_paths_out_of_the_file_and_doubled_parts_are_refused(refused, name):
    assert refused(altered(sheet_of(HEADERS, ["A1"]), {name: b"<x/>"})).rule == "unsafe_archive"


@pytest.mark.parametrize("size", [60, 1000, -30])
def test_a_file_that_ends_in_the_middle_is_refused(refused, size):
    assert refused(sheet_of(HEADERS, ["A1"])[:size]).rule == "broken_workbook"


def test_a_directory_that_points_outside_the_file_is_refused(refused):
    content = bytearray(sheet_of(HEADERS, ["A1"]))
    at = content.index(b"PK\x05\x06")
    content[at + 12 : at + 16] = (len(content) * 2).to_bytes(4, "little")
    assert refused(bytes(content)).rule == "broken_workbook"


def test_a_changed_byte_is_found(refused):
    content = bytearray(sheet_of(HEADERS, *([f"A{n}", n] for n in range(500))))
    content[content.index(b"xl/worksheets/sheet1.xml") + 500] ^= 0xFF
    assert refused(bytes(content)).rule == "broken_workbook"


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="2"><c r="A2"><v>1</v></c>',
        '<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>',
        '<row r="3"><c r="A3"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="2"><c r="B2"><v>2</v></c></row>',
        '<row r="2"><c r="A3"><v>1</v></c></row>',
        '<row r="2"><c r="AAAA2"><v>1</v></c></row>',
        '<row r="2"><c r="a2"><v>1</v></c></row>',
        '<row r="x"/>',
        f'<row r="{"9" * 5000}"/>',
        '<row r="1048577"><c r="A1048577"><v>1</v></c></row>',
        '<row r="2"><c r="A2" t="q"><v>1</v></c></row>',
        '<row r="2"><c r="A2" t="s"><v>99</v></c></row>',
        '<row r="2"><c r="A2" t="n"><v>ett</v></c></row>',
    ],
)
def test_a_sheet_that_excel_would_not_have_written_is_refused(refused, cells):
    assert refused(with_cells(cells)).rule == "broken_workbook"


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/sharedStrings.xml", b'uniqueCount="7"', b'uniqueCount="4294967296"'),
        ("xl/sharedStrings.xml", b"<si>", b'<sst uniqueCount="+4294967296"/><si>'),
        ("xl/styles.xml", b'<cellXfs count="1"', b'<cellXfs count="4294967296"'),
        ("xl/workbook.xml", b"<sheets>", b"<y:sheets>"),
        ("xl/workbook.xml", b"<sheets>", b"<y:x/><sheets>"),
        ("xl/_rels/workbook.xml.rels", b"<Relationship ", b"<y:Relationship "),
    ],
)
def test_parts_that_would_break_the_reader_are_refused(refused, part, old, new):
    content = sheet_of(HEADERS, ["A1"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(part)
    assert old in xml
    assert refused(altered(content, {part: xml.replace(old, new, 1)})).rule == "broken_workbook"


def test_parts_that_are_not_utf8_are_refused(refused):
    content = sheet_of(HEADERS, ["A1"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read(SHEET).decode()
    bare = sheet[sheet.index("<worksheet") :]
    for xml in (bare.encode("utf-16"), ('<?xml version="1.0" encoding="ISO-8859-1"?>' + bare).encode("latin-1")):
        assert refused(altered(content, {SHEET: xml})).rule == "broken_workbook"


def test_a_nul_character_is_refused_with_its_cell(refused):
    cells = '<row r="2"><c r="D2" t="inlineStr"><is><t>a_x0000_b</t></is></c></row>'
    refusal = refused(with_cells(cells))
    assert (refusal.rule, "Cellen D2" in refusal.reason) == ("nul_characters", True)


def test_texts_stand_as_they_are(read):
    texts = [" pad ", "rad 1\nrad 2", "a\r\nb", "\ttab", "_x000D_", "nb\u00a0sp"]
    assert read(sheet_of(HEADERS, texts))[1] == [(2, texts)]
    rich = '<c r="A2" t="inlineStr"><is><r><t>fe</t></r><r><rPr><b/></rPr><t>t</t></r></is></c>'
    assert read(with_cells(f'<row r="2">{rich}</row>'))[1][0][1][0] == "fet"


@pytest.mark.parametrize("target", ["/xl/worksheets/sheet1.xml", "worksheets/Sheet1.xml"])
def test_a_sheet_is_found_however_the_file_points_to_it(read, target):
    content = sheet_of(HEADERS, ["A1"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        relations = archive.read("xl/_rels/workbook.xml.rels").decode()
    assert "worksheets/sheet1.xml" in relations
    changed = relations.replace("worksheets/sheet1.xml", target).encode()
    assert read(altered(content, {"xl/_rels/workbook.xml.rels": changed})) == read(content)


def test_cells_without_references_and_elements_with_prefixes_are_read(read):
    assert read(with_cells("<row><c><v>1</v></c><c/><c><v>3</v></c></row>"))[1] == [(2, ["1", "", "3", "", "", ""])]
    prefixed = '<y:row r="2" xmlns:y="y"><y:c r="D2" t="e"><y:f>X</y:f><y:v>#N/A</y:v></y:c></y:row>'
    assert read(with_cells(prefixed))[1] == [(2, ["", "", "", "#N/A", "", ""])]


ROW = st.sampled_from(
    [
        '<row r="{n}" spans="1:6"><c r="A{n}" t="s"><v>0</v></c><c r="D{n}" s="1"><v>{n}</v></c></row>',
        '<row r="{n}"><c r="A{n}"/><c r="F{n}" t="str"><v>x</v></c></row>\n',
        '<row r="{n}"><c r="D{n}" t="e"><v>#N/A</v></c></row>',
        '<row r="{n}"><c r="D{n}"><f>1/0</f></c><c r="F{n}" t="n"><v>2</v></c></row>',
        '<row r="{n}"><!-- </row> --><c r="B{n}" t="e"><v>#REF!</v></c></row>',
        '<row r="{n}"><c r="A{n}"><v><!-- </row><row r="{n}"><c r="A{n}"><v>--></v></c></row>',
        "<row><c><v>1</v></c></row>",
        '<row r="{n}"/>',
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(ROW, max_size=12), st.integers(1, 60))
def test_what_is_told_of_a_sheet_depends_neither_on_the_fast_way_nor_on_the_pieces(rows, size):
    body = "".join(row.format(n=n) for n, row in enumerate(rows, 1))
    merged = '<mergeCells><mergeCell ref="A2:B3"/></mergeCells>'
    data = f'<?xml version="1.0"?><worksheet><sheetData>{body}</sheetData>{merged}</worksheet>'.encode()
    exact, fast = (workbook_sheet._SheetScan("Blad", 1, False) for _ in range(2))
    exact._is_regular = False
    exact.feed(data)
    for at in range(0, len(data), size):
        fast.feed(data[at : at + size])
    assert fast.marks() == exact.marks()
    assert (fast._top, fast._left, fast._bottom, fast._right) == (exact._top, exact._left, exact._bottom, exact._right)
