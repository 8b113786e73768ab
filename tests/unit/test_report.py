"""The report as page and workbook: what is missing is said, what is hostile is text, the same in is the same out."""

import re
import zipfile
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from orchestration.reporting import report_charts
from orchestration.reporting.report_model import Figure, Kind
from orchestration.reporting.report_page import page
from orchestration.reporting.report_words import written
from orchestration.reporting.report_workbook import CONTENTS, write_workbook
from tests.unit.report_example import HOSTILE, report


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (Decimal("337000000"), Kind.MNKR, "337,0"),
        (Decimal("-1234567890"), Kind.MNKR, "−1\u00a0234,6"),
        (Decimal("12400"), Kind.MNKR, "0,012"),
        (Decimal("-400"), Kind.MNKR, "0,0"),
        (Decimal("3.4002"), Kind.PCT, "3,4"),
        (Decimal("-0.04"), Kind.PCT, "0,0"),
        (Decimal("5171.9274"), Kind.FTE, "5\u00a0171,9"),
        (1760, Kind.COUNT, "1\u00a0760"),
        (Decimal("0.5"), Kind.COUNT, "0,50"),
        (True, Kind.YES_NO, "ja"),
        ("gross_only", Kind.CODE, "brutto – nettoberäkning saknas"),
        ("a_code_of_tomorrow", Kind.CODE, "a_code_of_tomorrow"),
        (date(2024, 12, 1), Kind.MONTH, "december 2024"),
        (date(2025, 1, 31), Kind.DATE, "31 januari 2025"),
    ],
)
def test_values_are_written_as_swedes_write_them(value: object, kind: Kind, shown: str):
    assert written(Figure(value, kind)) == shown


def test_what_is_not_known_is_said_with_its_reason():
    assert written(Figure(None, Kind.MNKR, why_empty="ej beräknat")) == "ej beräknat"


def test_a_hostile_name_is_text_on_the_page():
    seen = Tags(page(report()))
    assert "script" not in seen.tags
    assert "img" not in seen.tags
    for name in HOSTILE:
        assert name in seen.text


def test_the_page_says_what_is_missing_and_what_is_empty():
    text = Tags(page(report())).text
    assert text.count("ej beräknat") == 6 + 2 + 1  # the actions, those behind the picture, the card
    assert "Här finns inga åtgärder." in text


def test_a_page_needs_nothing_from_anywhere():
    text = page(report())
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert "url(" not in text


@pytest.mark.parametrize("rows", [0, 1, 400])
def test_a_page_holds_any_number_of_actions(rows: int):
    text = page(report(rows))
    assert len(text.encode()) < 1_000_000
    assert text.count("<tr data-key") == rows + 2


def test_the_same_report_is_the_same_bytes(tmp_path: Path):
    assert page(report()) == page(report())
    first, second = tmp_path / "1.xlsx", tmp_path / "2.xlsx"
    for file in (first, second):
        write_workbook(file, report())
    assert first.read_bytes() == second.read_bytes()


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    file = tmp_path / "rapport.xlsx"
    write_workbook(file, report())
    return file


def test_a_workbook_has_numbers_as_numbers_and_no_formula(workbook: Path):
    sheet = CalamineWorkbook.from_path(str(workbook)).get_sheet_by_name("01 atgarder").to_python()
    assert sheet[0] == ["Åtgärd", "Mål (kr)", "Netto (kr)"]
    assert sheet[1] == [HOSTILE[0], -1234567.89, ""]
    assert [row[0] for row in sheet[1:]] == list(HOSTILE)
    with zipfile.ZipFile(workbook) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert sheets
    assert not any("<f>" in text or "mergeCell" in text or "hyperlink" in text for text in sheets)


def test_each_sheet_is_one_table_from_its_first_cell(workbook: Path):
    with zipfile.ZipFile(workbook) as parts:
        tables = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/tables/")]
    areas = [re.search(r' ref="([A-Z]+\d+):', text).group(1) for text in tables]
    assert len(tables) == len(report().tables) + 1
    assert areas.count("A1") == len(report().tables)  # that of the contents stands below its headline


def test_the_contents_name_every_sheet(workbook: Path):
    book = CalamineWorkbook.from_path(str(workbook))
    told = [row[0] for row in book.get_sheet_by_name(CONTENTS).to_python()]
    assert set(book.sheet_names) - {CONTENTS} <= set(told)


def test_a_chart_is_hidden_from_screen_readers_and_the_same_each_time():
    month = date(2024, 1, 1)
    drawn = [report_charts.lines([{"month": month, "Andel": Decimal("3.4")}], ("Andel",), "%", 1) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert drawn[0].startswith('<svg aria-hidden="true"')
    assert "3,4" in drawn[0]
    assert not re.search(r"role=|aria-(?!hidden)", drawn[0])


def test_a_bridge_says_each_step_with_its_number():
    svg = report_charts.bridge(Decimal("500000000"), Decimal("500000000"), None, Decimal("337000000"))
    for shown in ("Sparbeting", "500,0", "ej känt", "337,0", "Saknas", "163,0"):
        assert shown in svg
