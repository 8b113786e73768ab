"""The reports of the demo: every figure is that of the marts, on page and in workbook, and all can read them."""

import os
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from orchestration.errors import UsageError
from orchestration.reporting.marts import Marts, conditions
from orchestration.reporting.report import read_reports, write_reports
from orchestration.reporting.report_model import Figure, Reader, Report, plain
from orchestration.reporting.report_workbook import _sheet_name
from orchestration.settings import DataDirectory
from orchestration.warehouse import connect
from tests.pipeline.conftest import Morning, verb

pytestmark = pytest.mark.pipeline

# One report for each reader: node and reader.
SHOWN = {("RD", Reader.BOARD), ("HSF", Reader.HEAD), ("RD", Reader.CONTROLLER), ("RJH", Reader.BOARD)}
DECEMBER = date(2024, 12, 1)


@pytest.fixture(scope="module")
def marts(demo: Morning) -> Iterator[Marts]:
    with connect(demo.directory.main.published_warehouse, read_only=True) as connection:
        yield Marts(connection)


@pytest.fixture(scope="module")
def reports(marts: Marts) -> list[Report]:
    nodes = sorted({node for node, _ in SHOWN})
    found = [report for node in nodes for report in read_reports(marts, None, None, node)]
    found = [report for report in found if (report.node_id, report.reader) in SHOWN]
    return [*found, *read_reports(marts, None, DECEMBER, "RD", is_closing=True)]


@pytest.fixture(scope="module")
def folder(demo: Morning) -> Path:
    return demo.directory.main.reports / demo.release.release_id


def figures(report: Report) -> list[Figure]:
    """All figures that come from the marts, in the order in which they stand."""
    rows = [[card.figure for card in report.cards], *(row for table in report.tables for row in table.rows)]
    return [figure for row in rows for figure in row if figure.column]


def test_every_figure_is_that_of_the_marts(marts: Marts, reports: list[Report]):
    for report in reports:
        assert len(figures(report)) > 100
        for figure in figures(report):
            table, column = figure.column.split(".")
            where, values = conditions(figure.key)
            chosen = f"cast(sum({column}) as decimal(18, 2))" if figure.is_sum else column
            found = [
                row["it"] for row in marts.rows(f"select {chosen} as it from marts.{table} as t where {where}", *values)
            ]
            assert found == [figure.value], (report.name, figure)


class Data(HTMLParser):
    """The values of a page that say where they come from."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.values: dict[tuple[str, str], int] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("data", "span") and "data-from" in given:
            pair = (given["data-from"] or "", given.get("value") or "")
            self.values[pair] = self.values.get(pair, 0) + 1


def test_every_figure_stands_on_the_page(folder: Path, reports: list[Report]):
    for report in reports:
        if report.reader is Reader.CLOSING:
            continue
        wanted: dict[tuple[str, str], int] = {}
        for figure in figures(report):
            pair = (figure.column or "", "" if figure.value is None else plain(figure.value))
            wanted[pair] = wanted.get(pair, 0) + 1
        assert Data((folder / f"{report.name}.html").read_text("utf-8")).values == wanted


def test_every_figure_stands_in_the_workbook(folder: Path, reports: list[Report]):
    for report in reports:
        if report.reader is Reader.CLOSING:
            continue
        book = CalamineWorkbook.from_path(str(folder / f"{report.name}.xlsx"))
        for place, table in enumerate(report.tables, 1):
            cells = book.get_sheet_by_name(_sheet_name(place, table)).to_python()[1:]
            for row, figures_of_row in zip(cells, table.rows, strict=False):
                for cell, figure in zip(row, figures_of_row, strict=True):
                    assert cell == _cell(figure, cell), (report.name, table.name, figure)


def _cell(figure: Figure, cell: object) -> object:
    """What a cell must hold: a number of the mart itself, empty where nothing is known."""
    if figure.value is None:
        return ""
    if figure.kind.is_number:
        return float(figure.value)
    if isinstance(figure.value, date) and isinstance(cell, date | datetime):
        return datetime.combine(figure.value, datetime.min.time()) if isinstance(cell, datetime) else figure.value
    assert isinstance(cell, str)
    return cell


def test_the_board_is_told_what_is_missing_and_what_it_was_shown(reports: list[Report]):
    (report,) = [report for report in reports if (report.node_id, report.reader) == ("RD", Reader.BOARD)]
    assert report.headline == "Prognosen når 337,0 mnkr av sparbetingets 500,0 mnkr"
    assert "163,0 mnkr saknas." in report.lead
    assert any("(F3:" in sentence for sentence in report.unknown)
    (shown,) = [table for table in report.tables if table.name == "visat"]
    latest = {header.label: figure.value for header, figure in zip(shown.headers, shown.rows[0], strict=True)}
    assert (latest["Visad avvikelse"], latest["Känd avvikelse"]) == (Decimal("-175000000"), Decimal("-146600000"))
    assert latest["Stämmer"] is False


def test_a_plan_without_forecasts_is_not_said_to_miss_its_goal(reports: list[Report]):
    (report,) = [report for report in reports if report.node_id == "RJH"]
    assert report.headline.startswith("Ingen vet om målets 10,7 mnkr nås")


def test_the_final_account_names_what_has_no_net_calculation(reports: list[Report]):
    (report,) = [report for report in reports if report.reader is Reader.CLOSING]
    (lacking,) = [table for table in report.tables if table.name == "utan-nettoberakning"]
    assert any("RD-A02" in row[0].value for row in lacking.rows)


def test_what_has_changed_since_the_release_before_is_told(marts: Marts, demo: Morning, tmp_path: Path):
    before = tmp_path / "warehouse.duckdb"
    shutil.copyfile(demo.directory.main.published_warehouse, before)
    before.chmod(0o644)
    with connect(before) as connection:
        connection.execute("update marts.publication set release_id = 'before'")
        connection.execute(
            "update marts.fct_action_follow_up set forecast_sek = 1e6"
            " where action_id = 'RD-A09' and month = '2024-12-01'"
        )
        connection.execute("delete from marts.fct_action_follow_up where action_id = 'RD-A01'")
    marts.connection.execute(f"attach '{before}' as before_it (read_only)")
    try:
        report = next(read_reports(marts, Marts(marts.connection, "before_it.marts"), None, "RD"))
    finally:
        marts.connection.execute("detach before_it")
    (table,) = [table for table in report.tables if table.name == "andringar"]
    changes = {
        (row[0].value.rsplit("(", 1)[1].rstrip(")"), row[1].value): (row[2].value, row[3].value) for row in table.rows
    }
    assert changes["RD-A09", "Prognos"] == (Decimal("1000000"), Decimal("8300000"))
    assert {action for action, _ in changes} == {"RD-A01", "RD-A09"}


def test_writing_again_changes_no_byte(region: DataDirectory, demo: Morning, folder: Path):
    files = write_reports(region.main, node_id="RD")
    assert [file.name for file in files] == [
        *("RD-styrelse-2024-12.html", "RD-styrelse-2024-12.xlsx"),
        *("RD-controller-2024-12.html", "RD-controller-2024-12.xlsx"),
    ]
    for file in files:
        assert file.read_bytes() == (folder / file.name).read_bytes()
        assert file.stat().st_size < 1_000_000


def test_every_node_has_its_reports(folder: Path):
    names = {file.name for file in folder.iterdir()}
    for name in ("RD-styrelse", "RD-controller", "HSN-styrelse", "HSF-forvaltning", "RJH-controller"):
        assert {f"{name}-2024-12.html", f"{name}-2024-12.xlsx"} <= names


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--for", "XX"), "report --for XX: no such region, board or administration"),
        (("--month", "2031-01"), "report --month 2031-01: no such month in the release"),
    ],
)
def test_a_report_that_cannot_be_made_says_why(region: DataDirectory, words: tuple[str, str], said: str):
    ended = verb(region, "report", *words)
    assert ended.code == 2
    assert said in ended.err


def test_without_a_release_there_is_no_report(tmp_path: Path):
    with pytest.raises(UsageError, match="nothing is published"):
        write_reports(DataDirectory(tmp_path).main)


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("No browser: install chromium")
        pytest.skip("no chromium on this machine: pages are not tried in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["RD-styrelse", "HSF-forvaltning", "RD-controller"])
def test_a_page_can_be_read_by_all(browser, folder: Path, name: str, width: int):
    """WCAG 2.1 A and AA, contrast included; and nothing is wider than the screen."""
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": width, "height": 900})
    try:
        page.goto((folder / f"{name}-2024-12.html").as_uri())
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.evaluate("document.querySelectorAll('figure svg').length") >= 5
    finally:
        page.close()
