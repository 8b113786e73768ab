"""The sheets of a form, as XlsxWriter writes them: what is known, the cells to fill in, guidance, and what is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.swedish import FORECAST_STATUS, NET_STATUS, swedish_month

if TYPE_CHECKING:
    from orchestration.reporting.forms import Action, Form

SHEET, GUIDE, READ = "Prognos", "Så fyller du i", "Inläsning"
DATE_ROW, HEADER_ROW = 4, 6  # rows as people count them
DATE_CELL = f"$C${DATE_ROW}"
LIMIT_MNKR = 10_000  # a forecast of the whole region is below it; one typed in kronor is not
LONGEST_TEXT = 500
TWO_LINES, THREE_LINES = 32, 46  # points

CAUSES = (
    "Politiskt ej möjlig",
    "Förankring tog längre tid",
    "Komplext",
    "Många måste enas",
    "Verksamhetsrisk",
    "Effekten överskattad",
    "Annan",
)


@dataclass(frozen=True)
class Column:
    """A column of the sheet that people see. `is_input` where the owner writes; `kind` is a format's name."""

    header: str
    width: float
    kind: str = "text"
    is_input: bool = False


COLUMNS = (
    Column("Åtgärds-id", 11),
    Column("Åtgärd", 34),
    Column("Mål (mnkr)", 11, "mnkr"),
    Column("Utfall hittills (mnkr)", 12, "mnkr"),
    Column("Utfallet är", 30),
    Column("Senaste prognos (mnkr)", 12, "mnkr"),
    Column("Prognosen avser", 16),
    Column("Ålder (dagar)", 9, "count"),
    Column("Prognosen är", 12),
    Column("Ny prognos (mnkr)", 13, "mnkr", is_input=True),
    Column("Bekräfta", 10, "text", is_input=True),
    Column("Eget utfall (mnkr)", 12, "mnkr", is_input=True),
    Column("Underlag", 24, "text", is_input=True),
    Column("Orsak till avvikelse", 22, "text", is_input=True),
    Column("Kommentar", 32, "text", is_input=True),
    Column("Raden är", 22),
)
LETTER = {column.header: chr(ord("A") + place) for place, column in enumerate(COLUMNS)}
NEW, CONFIRM, LAST = LETTER["Ny prognos (mnkr)"], LETTER["Bekräfta"], LETTER["Senaste prognos (mnkr)"]

# The hidden sheet: header → the column that people see, or a formula of its own. The contract names these headers.
READ_HEADERS = (
    *("ÅtgärdsID", "År", "Avser månad", "Inlämnad", "Prognos", "Utfall", "Bekräftelse", "Underlag"),
    *("Avvikelseorsak", "Kommentar", "Inlämnad av"),
)

GUIDANCE = (
    ("Vad du gör", ""),
    ("1", "Skriv dagens datum i den gula cellen överst."),
    ("2", "För varje åtgärd: skriv en ny prognos för helåret, eller välj Ja under Bekräfta om den senaste står sig."),
    (
        "3",
        "Fyll i eget utfall, underlag, orsak och kommentar där du har något att säga. Tomma celler räknas som okända.",
    ),
    ("4", "Spara filen och lämna den till den du fick den av. Den läses in som den är."),
    ("Bra att veta", ""),
    ("", "Belopp skrivs i miljoner kronor: 12,5 är tolv och en halv miljon. En besparing är positiv."),
    ("", "Prognosen avser hela årets effekt, inte bara det som återstår."),
    ("", "Utfallet kommer ur huvudboken. Står det brutto saknas nettoberäkningen: motkostnaderna är inte avdragna."),
    ("", "En rad som lämnas tom ändrar ingenting. Åtgärdens gamla prognos blir en dag äldre för varje dag."),
    ("", "Är både en ny prognos och Ja ifyllda gäller den nya prognosen."),
    ("", "Står samma åtgärd i två blanketter gäller den som lämnades sist."),
    ("", "En blankett för ett annat år räknas till det år som står i den."),
    (
        "",
        "Text i ett talfält, eller en ifylld rad utan datum, läggs åt sidan och den ansvariga för flödet får veta det.",
    ),
)


def write_form(file: Path, form: Form) -> None:
    """Writes one workbook. No text becomes a formula, whatever it begins with."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as workbook:
        workbook.set_properties(
            {
                "title": f"Prognos {swedish_month(form.month)}, {form.owner_role}",
                "comments": f"Utgåva {form.release_id}",
            }
        )
        formats = _formats(workbook)
        _write_actions(workbook.add_worksheet(SHEET), form, formats)
        _write_guidance(workbook.add_worksheet(GUIDE), formats)
        _write_read(workbook.add_worksheet(READ), form, formats)


def _formats(workbook: Any) -> dict[str, Any]:
    base = {"font_name": "Calibri", "font_size": 11, "valign": "top", "text_wrap": True}
    edge = {"border": 1, "border_color": "#C9D1CC"}
    known, entry = {**base, **edge, "bg_color": "#F5F7F5"}, {**base, **edge, "bg_color": "#FFF9DB", "locked": False}
    made = {
        "title": {"font_name": "Calibri", "font_size": 18, "bold": True},
        "lead": {"font_name": "Calibri", "font_size": 11, "font_color": "#4C5852"},
        "label": {"font_name": "Calibri", "font_size": 11, "bold": True, "align": "right"},
        "plain": base,
        "heading": {**base, "bold": True, "font_size": 13},
        "header": {**base, **edge, "bold": True, "bg_color": "#28527A", "font_color": "#FFFFFF"},
        "entry_header": {**base, **edge, "bold": True, "bg_color": "#8A6500", "font_color": "#FFFFFF"},
        "date": {**entry, "num_format": "yyyy-mm-dd", "align": "left"},
        "read_date": {"num_format": "yyyy-mm-dd hh:mm"},
        "wrong": {"bg_color": "#F6D5D2", "font_color": "#7A1F19"},
        "done": {"bg_color": "#D9EEDD", "font_color": "#1E5230"},
        "old": {"font_color": "#7A1F19", "bold": True},
    }
    for name, style in (("known", known), ("entry", entry)):
        made[f"{name}_text"] = style
        made[f"{name}_mnkr"] = {**style, "num_format": "#,##0.0", "align": "right"}
        made[f"{name}_count"] = {**style, "num_format": "0", "align": "right"}
    return {name: workbook.add_format(style) for name, style in made.items()}


def _write_actions(sheet: Any, form: Form, formats: dict[str, Any]) -> None:
    """The sheet that people see."""
    first, last = HEADER_ROW + 1, HEADER_ROW + len(form.actions)
    sheet.write_string("A1", f"Prognos för {form.month.year} sedd från {swedish_month(form.month)}", formats["title"])
    lead = f"{form.owner_role}. Det som är känt per {form.as_of}, utgåva {form.release_id}. Fyll i de gula cellerna."
    sheet.write_string("A2", lead, formats["lead"])
    sheet.write_string(f"B{DATE_ROW}", "Datum då du lämnar:", formats["label"])
    sheet.write_blank(f"C{DATE_ROW}", None, formats["date"])
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, column.width)
        style = formats["entry_header" if column.is_input else "header"]
        sheet.write_string(HEADER_ROW - 1, place, column.header, style)
    sheet.set_row(HEADER_ROW - 1, THREE_LINES)
    for row, action in enumerate(form.actions, start=first):
        sheet.set_row(row - 1, TWO_LINES)  # not every program finds the height of wrapped text by itself
        values = (*_known(action), *[None] * sum(column.is_input for column in COLUMNS))
        for place, (column, value) in enumerate(zip(COLUMNS, values, strict=False)):
            style = formats[f"{'entry' if column.is_input else 'known'}_{column.kind}"]
            _write(sheet, row - 1, place, value, style)
        sheet.write_formula(row - 1, len(COLUMNS) - 1, _row_state(row), formats["known_text"], "Ej ifylld")
    _validate(sheet, form, first, last)
    state = f"{LETTER['Raden är']}{first}:{LETTER['Raden är']}{last}"
    sheet.conditional_format(state, {"type": "cell", "criteria": "==", "value": '"Klar"', "format": formats["done"]})
    fault = {"type": "formula", "criteria": f'=LEFT({LETTER["Raden är"]}{first},4)="Fel:"', "format": formats["wrong"]}
    sheet.conditional_format(state, fault)
    aged = f"{LETTER['Prognosen är']}{first}"
    old = {"type": "formula", "criteria": f'=AND({aged}<>"aktuell",{aged}<>"")', "format": formats["old"]}
    sheet.conditional_format(f"{aged}:{LETTER['Prognosen är']}{last}", old)
    sheet.freeze_panes(HEADER_ROW, 2)
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW - 1)
    sheet.protect("", {"select_locked_cells": True, "format_columns": True, "format_rows": True})
    sheet.set_selection(f"C{DATE_ROW}")


def _known(action: Action) -> tuple[Any, ...]:
    """What is known of an action, in the order of the columns."""
    measured = NET_STATUS.get(action.net_status or "", "")
    if action.outcome_month:
        measured += f", till och med {swedish_month(action.outcome_month)}"
    asked = swedish_month(action.forecast_as_of_month) if action.forecast_as_of_month else None
    return (
        *(action.action_id, action.action_name, _mnkr(action.target_sek), _mnkr(action.outcome_ytd_sek), measured),
        *(_mnkr(action.forecast_sek), asked, action.forecast_age_days),
        FORECAST_STATUS.get(action.forecast_status or "", ""),
    )


def _mnkr(amount: Any) -> float | None:
    """Million kronor: fifteen digits, which hold every öre of a region."""
    return None if amount is None else float(amount / 1_000_000)


def _write(sheet: Any, row: int, place: int, value: Any, style: Any) -> None:
    if value is None or value == "":
        sheet.write_blank(row, place, None, style)
    elif isinstance(value, str):
        sheet.write_string(row, place, value, style)
    else:
        sheet.write_number(row, place, value, style)


def _row_state(row: int) -> str:
    """What the row lacks, said while it is filled in."""
    new, confirm = f"{NEW}{row}", f"{CONFIRM}{row}"
    return (
        f'=IF(AND({new}<>"",NOT(ISNUMBER({new}))),"Fel: skriv ett tal",'
        f'IF(AND({new}<>"",{confirm}="Ja"),"Fel: ny eller bekräftad",'
        f'IF(AND({confirm}="Ja",{LAST}{row}=""),"Fel: inget att bekräfta",'
        f'IF(AND({new}="",{confirm}<>"Ja"),"Ej ifylld",'
        f'IF(ISNUMBER({DATE_CELL}),"Klar","Fel: datum saknas överst")))))'
    )


def _validate(sheet: Any, form: Form, first: int, last: int) -> None:
    """What may be written where, said when a cell is chosen and when something else is written."""

    def rule(header: str, title: str, hint: str, fault: str, **criteria: Any) -> None:
        area = f"{LETTER[header]}{first}:{LETTER[header]}{last}"
        sheet.data_validation(area, {**criteria, **_words(title, hint, fault)})

    number = {"validate": "decimal", "criteria": "between", "minimum": -LIMIT_MNKR, "maximum": LIMIT_MNKR}
    text = {"validate": "length", "criteria": "<=", "value": LONGEST_TEXT}
    unit = "Skriv miljoner kronor med siffror: 12,5 är tolv och en halv miljon."
    rule("Ny prognos (mnkr)", "Ny prognos", f"Hela årets effekt. {unit}", unit, **number)
    hint = "Välj Ja om den senaste prognosen står sig. Lämna då Ny prognos tom."
    rule("Bekräfta", "Bekräfta", hint, "Välj Ja, eller lämna cellen tom.", validate="list", source=["Ja"])
    rule("Eget utfall (mnkr)", "Eget utfall", f"Din egen bedömning från januari. {unit}", unit, **number)
    short = f"Högst {LONGEST_TEXT} tecken."
    rule("Underlag", "Underlag", f"Vad prognosen bygger på. {short}", short, **text)
    choose = "Välj en orsak i listan."
    rule("Orsak till avvikelse", "Orsak", choose, choose, validate="list", source=list(CAUSES))
    rule("Kommentar", "Kommentar", f"Inga personuppgifter. {short}", short, **text)
    day = f"Skriv ett datum från {form.as_of}, som {form.as_of}."
    sheet.data_validation(
        f"C{DATE_ROW}",
        {
            "validate": "date",
            "criteria": "between",
            "minimum": form.as_of,
            "maximum": form.as_of + timedelta(days=366),
            **_words("Datum", "Dagen då du lämnar blanketten.", day),
        },
    )


def _words(title: str, hint: str, fault: str) -> dict[str, str]:
    return {"input_title": title, "input_message": hint, "error_title": "Går inte att läsa", "error_message": fault}


def _write_guidance(sheet: Any, formats: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 4)
    sheet.set_column(1, 1, 100)
    for row, (mark, text) in enumerate(GUIDANCE):
        if text:
            sheet.write_string(row, 0, mark, formats["plain"])
            sheet.write_string(row, 1, text, formats["plain"])
        else:
            sheet.write_string(row, 0, mark, formats["heading"])
    sheet.hide_gridlines(2)
    sheet.protect()


def _write_read(sheet: Any, form: Form, formats: dict[str, Any]) -> None:
    """The hidden sheet that is read: every cell of a row is blank unless the row of its action was answered."""
    for place, header in enumerate(READ_HEADERS):
        sheet.write_string(0, place, header)
    for row, action in enumerate(form.actions, start=2):
        for place, formula in enumerate(_read_formulas(form, action, row)):
            style = formats["read_date"] if READ_HEADERS[place] == "Inlämnad" else None
            sheet.write_formula(row - 1, place, formula, style, "")
    sheet.hide()
    sheet.protect()


def _read_formulas(form: Form, action: Action, row: int) -> tuple[str, ...]:
    """One formula per header of READ_HEADERS. The row of the action is found by its id; one that is gone gives none."""
    quoted = action.action_id.replace('"', '""')

    first, last_row = HEADER_ROW + 1, HEADER_ROW + len(form.actions)

    def area(letter: str) -> str:
        return f"{SHEET}!${letter}${first}:${letter}${last_row}"

    def cell(letter: str) -> str:
        return f'INDEX({area(letter)},MATCH("{quoted}",{area("A")},0))'

    answer = f"${chr(ord('A') + READ_HEADERS.index('Prognos'))}{row}"

    def answered(value: str) -> str:
        return f'=IF({answer}="","",{value})'

    def given(header: str) -> str:
        return answered(f'IF({cell(LETTER[header])}="","",{cell(LETTER[header])})')

    last = f'IF({cell(LAST)}="","inget att bekräfta",{cell(LAST)})'
    forecast = f'IF({cell(NEW)}<>"",{cell(NEW)},IF({cell(CONFIRM)}="Ja",{last},""))'
    role = form.owner_role.replace('"', '""')
    return (
        answered(f'"{quoted}"'),
        answered(str(form.month.year)),
        answered(f'"{form.month:%Y-%m}"'),
        answered(f'IF({SHEET}!{DATE_CELL}="","",{SHEET}!{DATE_CELL})'),
        f'=IFERROR({forecast},"")',
        given("Eget utfall (mnkr)"),
        answered(f'IF(AND({cell(NEW)}="",{cell(CONFIRM)}="Ja"),"Ja","Nej")'),
        given("Underlag"),
        given("Orsak till avvikelse"),
        given("Kommentar"),
        answered(f'"{role}"'),
    )
