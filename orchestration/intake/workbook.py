"""Workbooks (.xlsx): from one sheet to the texts that the source would have written in a text file.

Cells have types in a workbook. They become texts in the source's own dialect, so that the same rules judge values of
every format: a number with the source's decimal mark, a date in the format of the column it feeds.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import python_calamine

from orchestration.errors import RefusedFileError
from orchestration.intake import workbook_file, workbook_sheet
from orchestration.intake.contract import Contract, Source
from orchestration.intake.moments import EXCEL_SERIAL, written
from orchestration.intake.workbook_file import Package, Sheet, broken
from orchestration.intake.workbook_sheet import Marks, cell_name

EXACT_DIGITS = 15  # every decimal number of so many digits has a double of its own, and Excel shows no more
EXACT_INTEGERS = 10**EXACT_DIGITS
DAYS_TO_1904 = 1462  # from the first day of the 1900 system to that of the 1904 system


@dataclass(frozen=True)
class _Dialect:
    """How the values of one column are written."""

    decimal_mark: str
    date_format: str
    timestamp_format: str
    days_ahead: int = 0  # added to numbers that are days

    def text(self, cell: Any) -> str:
        """The text of a cell. What the column cannot hold, as a time of day in a date, stays to be seen and judged."""
        kind = type(cell)
        if kind is str:
            return cell
        if kind is float:
            return number_text(cell + self.days_ahead).replace(".", self.decimal_mark)
        if kind is bool:
            return "true" if cell else "false"
        if kind is datetime and cell.time() != time.min:
            return written(cell, self.timestamp_format)
        if kind is datetime:
            return written(cell.date(), self.date_format)
        if kind is date:
            return written(cell, self.date_format)
        if kind is timedelta:
            return _duration_text(cell)
        return str(cell)  # whole numbers, times of day


def read(path: Path, contract: Contract, source: Source) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The headers of the source's sheet, and its data rows: the row's number in the sheet, its cells in their order.

    Headers have single blanks for line breaks and padding. A column without header and values is passed over, and so is
    a row without values. Both the call and the iterator raise RefusedFileError for what cannot be taken.
    """
    package = workbook_file.check(path)
    sheet = _chosen(package, source)
    marks = workbook_sheet.scan(path, package, sheet, source.header_row)
    grid = _Grid(path, sheet, marks)
    headers = _headers(grid, source)
    unnamed = [place for place, header in enumerate(headers) if not header]
    kept = sorted({*range(len(headers))} - {*unnamed} | grid.places_with_values(unnamed, source.header_row))
    feeding = {*source.headers.values(), source.extract_date_header}
    columns = {grid.column(place): header for place, header in enumerate(headers) if header in feeding}
    _require_calculated(marks, columns, package)
    _require_unmerged(marks, columns, source)
    dialects = [(place, _dialect(headers[place], contract, source, package)) for place in kept]
    return [headers[place] for place in kept], _rows(grid, source.header_row, dialects)


class _Grid:
    """The cells of one sheet as calamine has them, with the errors that it leaves out. A place is that of a cell in its
    row, from 0; rows are counted from 1."""

    def __init__(self, path: Path, sheet: Sheet, marks: Marks) -> None:
        self.name, self.merged = sheet.name, marks.merged
        self._errors = marks.errors
        with path.open("rb") as file, _reading():
            # From a stream: calamine would take an extension's word for the format.
            workbook = python_calamine.CalamineWorkbook.from_filelike(file)
            self._cells = workbook.get_sheet_by_name(sheet.name)
            self._first_column = self._cells.start[1] + 1 if self._cells.start else 1

    def column(self, place: int) -> int:
        """The column of a place, counted from 1."""
        return self._first_column + place

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Every row from the sheet's first to the last that has a value."""
        for row, cells in enumerate(self._cells.iter_rows(), 1):
            for column, literal in self._errors.get(row, {}).items():
                cells[column - self._first_column] = literal
            yield row, cells

    def places_with_values(self, places: list[int], header_row: int) -> set[int]:
        """Those of the places that have a value below the header."""
        found: set[int] = set()
        if places:
            for row, cells in self.rows():
                if row > header_row:
                    found.update(place for place in places if cells[place] != "")
        return found


@contextmanager
def _reading() -> Iterator[None]:
    """What calamine cannot read is a broken workbook; so is what it panics at, which is no Exception."""
    try:
        yield
    except python_calamine.CalamineError as error:
        broken(f"den går inte att läsa ({' '.join(str(error).split())})")
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        broken("bladet går inte att läsa")


def _chosen(package: Package, source: Source) -> Sheet:
    """The sheet that the contract names, hidden or not; without a name the only one that shows."""
    named = [sheet for sheet in package.sheets if sheet.name == source.sheet]
    candidates = named if source.sheet is not None else [sheet for sheet in package.sheets if sheet.is_visible]
    if len(candidates) == 1:
        return candidates[0]
    listed = ", ".join(f"{sheet.name!r}{'' if sheet.is_visible else ' (dolt)'}" for sheet in package.sheets)
    fault = (
        f"Bladet {source.sheet!r} finns inte i arbetsboken."
        if source.sheet is not None
        else f"Arbetsboken har {len(candidates)} synliga blad, och kontraktet säger inte vilket som gäller."
    )
    raise RefusedFileError(
        "sheet",
        f"{fault} Den har bladen {listed or '(inga)'}. Rätta filen, eller ange sheet för källan {source.name} i"
        f" kontraktet {source.feed}.yaml.",
    )


def _headers(grid: _Grid, source: Source) -> list[str]:
    """The header row. A cell merged with those above it has the text of the topmost; one merged with those to its left
    has none. Raises RefusedFileError if the row is blank."""
    above: list[list[Any]] = []
    for row, cells in grid.rows():
        above.append(cells)
        if row == source.header_row:
            break
    if len(above) < source.header_row:
        above.append([])
    found = list(above[-1])
    for area in grid.merged:
        place = area.first_column - grid.column(0)
        if area.first_row < source.header_row <= area.last_row and 0 <= place < len(found):
            found[place] = above[area.first_row - 1][place]
    plain = _Dialect(source.decimal_mark, source.date_format, source.timestamp_format)
    headers = [" ".join(plain.text(cell).split()) for cell in found]
    if not any(headers):
        raise RefusedFileError(
            "header",
            f"Bladet {grid.name!r} har inga rubriker på rad {source.header_row}. Rätta filen, eller ange headerRow för"
            f" källan {source.name} i kontraktet {source.feed}.yaml.",
        )
    return headers


def _dialect(header: str, contract: Contract, source: Source, package: Package) -> _Dialect:
    """How the values under a header are written: a date as the column that it feeds reads dates."""
    fed = [column for column in contract.columns if source.headers.get(column.name) == header]
    is_day = header == source.extract_date_header or any(column.data_type == "DATE" for column in fed)
    if any(column.data_type == "TIMESTAMP" for column in fed):
        date_format, is_day = source.timestamp_format, False
    elif any(column.is_month for column in fed):
        date_format = source.month_format
    else:
        date_format = source.date_format
    # calamine reads cells formatted as dates by the file's own system; here the number is a day only by contract.
    days_ahead = DAYS_TO_1904 if package.is_1904 and is_day and date_format == EXCEL_SERIAL else 0
    return _Dialect(source.decimal_mark, date_format, source.timestamp_format, days_ahead)


def _require_calculated(marks: Marks, columns: Mapping[int, str], package: Package) -> None:
    """A formula that no program has calculated is neither 0 nor blank: nobody knows what it is."""
    for column, cell in marks.uncalculated.items():
        if column in columns:
            why = " (arbetsboken säger själv att den ska räknas om)" if package.must_recalculate else ""
            raise RefusedFileError(
                "uncalculated_formula",
                f"Cellen {cell} i kolumnen {columns[column]!r} är en formel utan beräknat värde{why}. Öppna filen i"
                " Excel, spara den och skicka den igen, eller exportera värden i stället för formler.",
            )


def _require_unmerged(marks: Marks, columns: Mapping[int, str], source: Source) -> None:
    """Of rows merged in a column only the first has the value, and the others would read as blank."""
    for area in marks.merged:
        column = next((c for c in columns if area.first_column <= c <= area.last_column), None)
        if source.header_row < area.first_row < area.last_row and column is not None:
            cells = f"{cell_name(area.first_row, column)}:{cell_name(area.last_row, column)}"
            raise RefusedFileError(
                "merged_cells",
                f"Cellerna {cells} i kolumnen {columns[column]!r} är sammanfogade, så att bara den första raden har"
                " värdet. Dela dem, fyll i värdet på varje rad och skicka filen igen.",
            )


def _rows(grid: _Grid, header_row: int, dialects: list[tuple[int, _Dialect]]) -> Iterator[tuple[int, list[str]]]:
    for row, cells in grid.rows():
        if row <= header_row:
            continue
        texts = [cell if type(cell := cells[place]) is str else dialect.text(cell) for place, dialect in dialects]
        joined = "".join(texts)
        if "\0" in joined:
            place = next(place for (place, _), text in zip(dialects, texts, strict=True) if "\0" in text)
            cell_text = cell_name(row, grid.column(place))
            raise RefusedFileError("nul_characters", f"Cellen {cell_text} innehåller NUL-tecken. Rätta filen.")
        if joined and not joined.isspace():
            yield row, texts


def number_text(number: float) -> str:
    """A number in plain digits, exactly: the shortest text that reads back as the same double.

    But one as 0.30000000000000004, whose digits past the fifteenth are noise of binary reckoning, is what Excel shows:
    0.3.
    """
    if number.is_integer() and abs(number) < EXACT_INTEGERS:
        return str(int(number))
    exact = Decimal(repr(number))
    if not exact.is_finite():
        return repr(number)
    if exact == exact.to_integral_value():
        return format(exact.to_integral_value(), "f")
    shown = Decimal(f"{number:.{EXACT_DIGITS}g}").normalize()
    return format(shown if len(shown.as_tuple().digits) < EXACT_DIGITS else exact, "f")


def _duration_text(duration: timedelta) -> str:
    """Hours, minutes and seconds, as 36:00:00: no number of days or hours, which a column might take for another."""
    seconds = round(duration.total_seconds())
    minutes, second = divmod(abs(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{'-' if seconds < 0 else ''}{hour}:{minute:02}:{second:02}"
