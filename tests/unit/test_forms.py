"""Forms: what is known stands there, what is asked for can be written in no wrong way, and what is read is answered."""

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.model import LoadReport
from orchestration.reporting.form_sheets import COLUMNS, GUIDE, READ, READ_HEADERS, SHEET, write_form
from orchestration.reporting.forms import Form, read_forms, write_forms
from orchestration.settings import Workspace
from orchestration.warehouse import connect
from tests.conftest import Deliver
from tests.unit.form_example import FILLED, FORM

Sheets = dict[str, str]


def sheets(file: Path) -> Sheets:
    """The XML of each sheet of a workbook, by its name."""
    with zipfile.ZipFile(file) as package:
        names = re.findall(r'<sheet name="([^"]+)"', package.read("xl/workbook.xml").decode())
        return {name: package.read(f"xl/worksheets/sheet{n}.xml").decode() for n, name in enumerate(names, start=1)}


def strings(file: Path) -> list[str]:
    """The texts that cells of a workbook refer to."""
    with zipfile.ZipFile(file) as package:
        return re.findall(r"<t[^>]*>(.*?)</t>", package.read("xl/sharedStrings.xml").decode())


def formulas(sheet: str) -> dict[str, str]:
    """The formulas of a sheet, by cell."""
    return dict(re.findall(r'<c r="([A-Z]+\d+)"[^>]*><f>(.*?)</f>', sheet))


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    file = tmp_path / "form.xlsx"
    write_form(file, FORM)
    return file


# --- what is written -------------------------------------------------------------------------------------------------


def test_a_form_has_a_sheet_to_fill_in_guidance_and_a_hidden_one_that_is_read(workbook: Path):
    with zipfile.ZipFile(workbook) as package:
        tags = re.findall(r"<sheet [^>]*>", package.read("xl/workbook.xml").decode())
    assert list(sheets(workbook)) == [SHEET, GUIDE, READ]
    assert [f'name="{READ}"' in tag for tag in tags if 'state="hidden"' in tag] == [True]


def test_what_is_known_stands_in_cells_that_cannot_be_changed(workbook: Path):
    sheet = sheets(workbook)[SHEET]
    texts = strings(workbook)
    assert "<sheetProtection " in sheet
    assert {"RD-A01", "Användning av anti-VEGF", "netto, till och med december 2024", "inaktuell"} <= set(texts)
    assert re.search(r'<c r="C7"[^>]*><v>20</v>', sheet)
    assert re.search(r'<c r="F8"[^>]*><v>22.7</v>', sheet)


def test_only_the_cells_to_fill_in_are_open(workbook: Path):
    with zipfile.ZipFile(workbook) as package:
        styles = re.search(r"<cellXfs.*?</cellXfs>", package.read("xl/styles.xml").decode())[0]
    is_open = ['locked="0"' in style for style in styles.split("<xf ")[1:]]
    cells = re.findall(r'<c r="([A-Z])(\d+)" s="(\d+)"', sheets(workbook)[SHEET])
    inputs = {chr(ord("A") + place) for place, column in enumerate(COLUMNS) if column.is_input}
    assert {letter for letter, row, style in cells if int(row) > 6 and is_open[int(style)]} == inputs
    assert [f"{letter}{row}" for letter, row, style in cells if int(row) <= 6 and is_open[int(style)]] == ["C4"]


def test_every_cell_to_fill_in_says_what_may_be_written_there(workbook: Path):
    rules = re.findall(r"<dataValidation .*?</dataValidation>", sheets(workbook)[SHEET])
    areas = {re.search(r'sqref="([^"]+)"', rule)[1]: re.search(r'type="(\w+)"', rule)[1] for rule in rules}
    assert areas == {
        "C4": "date",
        "J7:J14": "decimal",
        "K7:K14": "list",
        "L7:L14": "decimal",
        "M7:M14": "textLength",
        "N7:N14": "list",
        "O7:O14": "textLength",
    }
    assert all(re.search(r'promptTitle="\w', rule) and re.search(r'error="\w', rule) for rule in rules)


def test_no_text_of_the_plan_becomes_a_formula(workbook: Path):
    assert '=HYPERLINK("http://exempel")' in [text.replace("&quot;", '"') for text in strings(workbook)]
    assert {cell[0] for cell in formulas(sheets(workbook)[SHEET])} == {"P"}


def test_texts_with_quotes_are_quoted_in_formulas(tmp_path: Path):
    odd = replace(FORM, owner_role='Chef "Väst"', actions=(replace(FORM.actions[0], action_id='A"1'),))
    write_form(tmp_path / "odd.xlsx", odd)
    read = formulas(sheets(tmp_path / "odd.xlsx")[READ])
    assert '"A""1"' in read["A2"].replace("&quot;", '"')
    assert '"Chef ""Väst"""' in read["K2"].replace("&quot;", '"')


# --- what is read ----------------------------------------------------------------------------------------------------


def test_the_filled_form_has_the_formulas_of_a_new_one(workbook: Path):
    new, filled = sheets(workbook), sheets(FILLED)
    for name in (SHEET, READ):
        assert formulas(new[name]) == formulas(filled[name]) != {}


def answers(file: Path) -> list[list[str]]:
    """The rows of the hidden sheet as a spreadsheet program left them, those without an answer left out."""
    cells = re.findall(r'<c r="[A-Z]+(\d+)"[^>]*><f>.*?</f><v>(.*?)</v></c>', sheets(file)[READ])
    rows: dict[str, list[str]] = {}
    for row, value in cells:
        rows.setdefault(row, []).append(value)
    return [values for values in rows.values() if any(values)]


def test_a_changed_a_confirmed_and_a_spoiled_row_are_read_and_no_other():
    read = [dict(zip(READ_HEADERS, values, strict=True)) for values in answers(FILLED)]
    assert [(row["ÅtgärdsID"], row["Prognos"], row["Bekräftelse"]) for row in read] == [
        ("RD-A01", "25.5", "Nej"),
        ("RD-A02", "22.7", "Ja"),
        ("RD-A03", "ca 40", "Nej"),
        *((f"RD-A0{number}", str(number), "Ja") for number in (6, 7, 8)),
    ]
    assert {(row["År"], row["Avser månad"], row["Inlämnad av"]) for row in read} == {
        ("2024", "2024-12", FORM.owner_role)
    }


def test_a_form_that_nobody_has_filled_in_has_nothing_to_read(workbook: Path):
    assert answers(workbook) == []


def test_a_form_that_comes_back_is_loaded_and_what_is_spoiled_is_set_aside(
    deliver: Deliver, load_inbox: Callable[..., LoadReport], query: Callable[..., list[tuple]]
):
    deliver("forecast/blankett/Hälso- och sjukvårdsdirektör 2024-12.xlsx", FILLED.read_bytes())

    (delivery,) = load_inbox().deliveries

    assert (delivery.status, delivery.rows_accepted, delivery.rows_quarantined) == ("loaded", 5, 1)
    rows = query(
        "select action_id, forecast_sek, is_confirmation, outcome_ytd_sek, deviation_cause from raw.forecast order by 1"
    )
    assert rows == [
        ("RD-A01", Decimal(25_500_000), False, Decimal(24_000_000), "complex"),
        ("RD-A02", Decimal(22_700_000), True, None, None),
        *((f"RD-A0{number}", Decimal(number * 1_000_000), True, None, None) for number in (6, 7, 8)),
    ]
    assert query("select distinct year, as_of_month, submitted_at, submitted_by_role from raw.forecast") == [
        (2024, date(2024, 12, 1), datetime(2025, 1, 30, 23), FORM.owner_role)
    ]
    ((column, text),) = query("select column_name, text from raw.quarantine")
    assert (column, "ÅtgärdsID=RD-A03" in text, "Prognos=ca 40" in text) == ("forecast_sek", True, True)


def test_a_form_that_no_program_has_calculated_is_refused(
    workbook: Path, deliver: Deliver, load_inbox: Callable[..., LoadReport]
):
    deliver("forecast/blankett/untouched.xlsx", workbook.read_bytes())
    (delivery,) = load_inbox().deliveries
    assert (delivery.status, delivery.rule) == ("refused", "uncalculated_formula")


def test_a_form_that_was_saved_without_an_answer_is_refused(
    workbook: Path, deliver: Deliver, load_inbox: Callable[..., LoadReport], tmp_path: Path
):
    saved = tmp_path / "saved.xlsx"
    with zipfile.ZipFile(workbook) as package, zipfile.ZipFile(saved, "w") as copy:
        for name in package.namelist():  # as a program does that has calculated it
            content = package.read(name).replace(b' fullCalcOnLoad="1"', b"")
            copy.writestr(name, re.sub(rb"><f>(.*?)</f><v></v>", rb' t="str"><f>\1</f><v></v>', content))
    deliver("forecast/blankett/saved.xlsx", saved.read_bytes())
    (delivery,) = load_inbox().deliveries
    assert (delivery.status, delivery.rule) == ("refused", "no_rows")


def filled_with(tmp_path: Path, *changes: tuple[str, str]) -> bytes:
    """The filled form with other calculated values in the sheet that is read."""
    changed = tmp_path / "changed.xlsx"
    with zipfile.ZipFile(FILLED) as package, zipfile.ZipFile(changed, "w") as copy:
        for name in package.namelist():
            content = package.read(name)
            if name == "xl/worksheets/sheet3.xml":
                for old, new in changes:
                    assert f"<v>{old}</v>".encode() in content
                    content = content.replace(f"<v>{old}</v>".encode(), f"<v>{new}</v>".encode())
            copy.writestr(name, content)
    return changed.read_bytes()


def test_a_form_of_another_year_is_a_submission_of_that_year(
    deliver: Deliver, load_inbox: Callable[..., LoadReport], query: Callable[..., list[tuple]], tmp_path: Path
):
    deliver("forecast/blankett/old.xlsx", filled_with(tmp_path, ("2024", "2023"), ("2024-12", "2023-12")))
    assert [delivery.status for delivery in load_inbox().deliveries] == ["loaded"]
    assert query("select distinct year, as_of_month from raw.forecast") == [(2023, date(2023, 12, 1))]


def test_two_owners_forms_for_one_action_are_both_kept_with_who_submitted_them(
    deliver: Deliver, load_inbox: Callable[..., LoadReport], query: Callable[..., list[tuple]], tmp_path: Path
):
    other = filled_with(tmp_path, (FORM.owner_role, "Divisionschef"), ("25.5", "19"), ("45688", "45687"))
    deliver("forecast/blankett/first.xlsx", FILLED.read_bytes())
    deliver("forecast/blankett/second.xlsx", other)
    assert [delivery.status for delivery in load_inbox().deliveries] == ["loaded", "loaded"]
    rows = query(
        "select submitted_by_role, forecast_sek, submitted_at from raw.forecast where action_id = 'RD-A01' order by 3"
    )
    assert rows == [
        ("Divisionschef", Decimal(19_000_000), datetime(2025, 1, 29, 23)),
        (FORM.owner_role, Decimal(25_500_000), datetime(2025, 1, 30, 23)),
    ]


# --- from the published release --------------------------------------------------------------------------------------


@pytest.fixture
def published(tmp_path: Path) -> Callable[[str], Workspace]:
    """A published release of a day, with actions of two owners and some that no form asks of."""

    def make(as_of: str) -> Workspace:
        workspace = Workspace(tmp_path / "build", tmp_path / "published")
        with connect(workspace.published_warehouse) as connection:
            connection.execute("create schema marts")
            connection.execute(
                f"create table marts.publication as select 'release-1' as release_id, date '{as_of}' as as_of"
            )
            connection.execute(
                "create table marts.dim_action as from (values ('A1', 'Ett', 'Chef', 'running'),"
                " ('A2', 'Två', 'Chef', 'planned'), ('A3', 'Tre', 'Ekonom', 'completed'),"
                " ('A4', 'Fyra', null, 'running'), ('P', 'Ovan', 'Chef', 'running'))"
                " as t(action_id, action_name, owner_role, status)"
            )
            connection.execute(
                "create table marts.fct_action_follow_up as select action_id, month, 2024 as year,"
                " cast(1.5e6 as decimal(18,2)) as target_sek, cast(null as decimal(18,2)) as outcome_ytd_sek,"
                " cast(null as date) as outcome_month, 'no_rule' as net_status,"
                " cast(2e6 as decimal(18,2)) as forecast_sek, date '2024-10-01' as forecast_as_of_month,"
                " 20 as forecast_age_days, 'late' as forecast_status, action_id <> 'P' as is_reporting_level"
                " from marts.dim_action, (values (date '2024-10-01'), (date '2024-11-01')) as months(month)"
            )
        return workspace

    return make


def test_each_owner_has_a_form_with_the_actions_that_go_on(published: Callable[[str], Workspace]):
    forms = read_forms(published("2024-12-09"))
    assert {form.owner_role: [action.action_id for action in form.actions] for form in forms} == {
        "Chef": ["A1", "A2"],
        "Utan ansvarig": ["A4"],
    }
    assert {(form.month, form.release_id) for form in forms} == {(date(2024, 11, 1), "release-1")}
    (first, *_) = forms[0].actions
    assert (first.target_sek, first.forecast_sek, first.forecast_status) == (
        Decimal(1_500_000),
        Decimal(2_000_000),
        "late",
    )


def test_figures_of_another_year_are_not_shown_as_this_ones(published: Callable[[str], Workspace]):
    (form, _) = read_forms(published("2025-02-10"))
    assert form.month == date(2025, 1, 1)
    assert [(action.action_id, action.target_sek, action.forecast_sek) for action in form.actions] == [
        ("A1", None, None),
        ("A2", None, None),
    ]


def test_without_a_release_there_are_no_forms(tmp_path: Path):
    with pytest.raises(UsageError, match="nothing is published"):
        read_forms(Workspace(tmp_path / "build", tmp_path / "published"))


@pytest.mark.parametrize(
    ("role", "name"),
    [("Chef", "Chef 2024-12.xlsx"), ("Chef A/B: 1", "Chef A_B_ 1 2024-12.xlsx"), ("../../x", "______x 2024-12.xlsx")],
)
def test_a_form_is_named_by_its_owner_whatever_the_owners_name(tmp_path: Path, role: str, name: str):
    form: Form = replace(FORM, owner_role=role)
    (file,) = write_forms([form], tmp_path)
    assert file.relative_to(tmp_path).as_posix() == f"2025-01-31/{name}"
    assert write_forms([form], tmp_path) == [file], "written again, it replaces the one before"
    assert [path.name for path in file.parent.iterdir()] == [name]
