"""A report as a workbook: one table per sheet from A1, figures as the numbers of the marts, contents first."""

import re
from pathlib import Path
from typing import Any

from orchestration.reporting.report_model import Figure, Kind, Report, Table
from orchestration.reporting.report_words import CODES, READERS
from orchestration.swedish import swedish_date, swedish_month

CONTENTS = "Innehåll"
FORMATS = {
    Kind.MNKR: "#,##0.00",
    Kind.PCT: "0.0",
    Kind.FTE: "#,##0.0",
    Kind.COUNT: "#,##0.##",
    Kind.DATE: "yyyy-mm-dd",
    Kind.MONTH: "yyyy-mm",
}
UNITS = {Kind.MNKR: " (kr)", Kind.PCT: " (%)"}
WIDTHS = {Kind.TEXT: 34, Kind.CODE: 26}
LONGEST_SHEET_NAME = 31


def write_workbook(file: Path, report: Report) -> None:
    """Writes the workbook. No text becomes a formula, a link or a number; the same bytes for the same report."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as workbook:
        workbook.set_properties(
            {
                "title": f"{report.node_name}, {READERS[report.reader].lower()}, {swedish_month(report.month)}",
                "comments": f"Utgåva {report.release_id}",
                "created": report.published_at,
            }
        )
        formats: dict[Any, Any] = {kind: workbook.add_format({"num_format": code}) for kind, code in FORMATS.items()}
        formats |= {"title": workbook.add_format({"bold": True, "font_size": 14}), "wrap": None}
        contents = workbook.add_worksheet(CONTENTS)
        sheets = [(table, _sheet_name(place, table)) for place, table in enumerate(report.tables, 1)]
        _write_contents(contents, report, sheets, formats)
        for table, name in sheets:
            _write_table(workbook.add_worksheet(name), name, table, formats)


def _sheet_name(place: int, table: Table) -> str:
    return f"{place:02} {table.name}"[:LONGEST_SHEET_NAME]


def _write_contents(sheet: Any, report: Report, sheets: list[tuple[Table, str]], formats: dict[Any, Any]) -> None:
    lines = [
        report.headline,
        f"{READERS[report.reader]}: {report.node_name}, {swedish_month(report.month)}",
        f"Kunskapsläge {swedish_date(report.as_of)}, utgåva {report.release_id}",
        *report.lead,
        "Det här vet vi inte:" if report.unknown else "Kontrollerna pekar inte på några brister här.",
        *report.unknown,
    ]
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line, formats["title"] if row == 0 else None)
    start = len(lines) + 1
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
    rows = [[name, table.caption if table.rows else f"{table.caption}: {table.empty}"] for table, name in sheets]
    sheet.add_table(
        *(start, 0, start + max(len(rows), 1), 1),
        {"name": "Innehallet", "data": rows, "columns": [{"header": "Blad"}, {"header": "Vad det visar"}]},
    )


def _write_table(sheet: Any, sheet_name: str, table: Table, formats: dict[Any, Any]) -> None:
    columns = [{"header": f"{header.label}{UNITS.get(header.kind, '')}"} for header in table.headers]
    name = "T_" + re.sub(r"\W", "_", sheet_name)
    options = {"name": name, "columns": columns, "style": "Table Style Light 1"}
    sheet.add_table(0, 0, max(len(table.rows), 1), len(columns) - 1, options)
    sheet.freeze_panes(1, 1)
    for place, header in enumerate(table.headers):
        sheet.set_column(place, place, WIDTHS.get(header.kind, 18))
    for row, figures in enumerate(table.rows, 1):
        for place, figure in enumerate(figures):
            _write_cell(sheet, row, place, figure, formats)


def _write_cell(sheet: Any, row: int, place: int, figure: Figure, formats: dict[Any, Any]) -> None:
    """A number as a number; what is not known as an empty cell with the reason as its comment."""
    value, shown = figure.value, formats.get(figure.kind)
    if value is None:
        sheet.write_blank(row, place, None, shown)
        if figure.column is not None:
            sheet.write_comment(row, place, figure.why_empty, {"author": "Nettoeffekt"})
    elif figure.kind.is_number:
        sheet.write_number(row, place, value, shown)
    elif figure.kind in (Kind.DATE, Kind.MONTH):
        sheet.write_datetime(row, place, value, shown)
    elif figure.kind is Kind.YES_NO:
        sheet.write_string(row, place, "ja" if value else "nej")
    else:
        sheet.write_string(row, place, CODES.get(value, str(value)) if figure.kind is Kind.CODE else str(value))
