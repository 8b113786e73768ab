"""What only the XML of a worksheet tells, read as a stream.

python-calamine reads cells fast, but gives an error cell, and a formula that was never calculated, as a blank; of two
cells in one place it keeps the last; and it makes room for the whole rectangle around the cells, however far they lie.
An XML parser calls for every element, which takes three times as long as calamine itself. Rows of plain values, which
are nearly all, are therefore recognised by a pattern and never reach the parser.
"""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration.errors import RefusedFileError
from orchestration.intake.workbook_file import Package, Sheet, broken, chunks, parse, xml_parser

MAX_CELLS = 20_000_000  # of the rectangle around the values: what calamine makes room for, about 1.5 GB
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
LONGEST_ROW = 1 << 22  # bytes

# A whole row in which no cell is an error or a formula, or says that it stands in another row.
PLAIN_ROW = re.compile(
    rb"""<row\ r="(\d++)" (?:\ [\w:]++="[^"<>/]*+")*+ (?: /> | >
        (?: <c\ r="[A-Z]++\1" (?:\ (?!t="e")[a-z]++="[^"<>/]*+")*+
            (?: /> | > (?: <v>[^<]*+</v> | <is><t[^<>/]*+>[^<]*+</t></is> ) </c> )
        )*+ </row> ) \s*+""",
    re.VERBOSE,
)
PLAIN_VALUE = re.compile(rb'<c r="([A-Z]++)[^/>]*+>')  # a cell that is not empty


@dataclass(frozen=True)
class Area:
    """Merged cells; rows and columns counted from 1, both ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class Marks:
    """What the XML of a sheet tells besides values; rows and columns counted from 1.

    `errors` are error cells by row and column, as `#N/A`. `uncalculated` is by column the first cell below the header,
    as `D5`, with a formula that has no value.
    """

    errors: Mapping[int, Mapping[int, str]]
    uncalculated: Mapping[int, str]
    merged: tuple[Area, ...]


def scan(path: Path, package: Package, sheet: Sheet, header_row: int) -> Marks:
    """What the XML of a sheet tells besides values. Raises RefusedFileError if cells are too many or misplaced."""
    found = _SheetScan(sheet.name, header_row, package.must_recalculate)
    with zipfile.ZipFile(path) as archive:
        for chunk in chunks(archive, archive.getinfo(sheet.part)):
            found.feed(chunk)
    return found.marks()


def cell_name(row: int, column: int) -> str:
    """A cell as Excel names it: 5, 4 is D5."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row}"


@cache
def _column_number(letters: str) -> int:
    """The column of A, B … AA; 0 for what is none."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64 if "A" <= letter <= "Z" else LAST_COLUMN + 1
    return number if number <= LAST_COLUMN else 0


def _row_number(digits: str) -> int:
    """The row of a reference; 0 for what is none."""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= len(str(LAST_ROW)) else 0


class _SheetScan:
    """Goes through the XML of a sheet: plain rows as a whole, others element by element. Only values of formulas and
    errors are read as text."""

    def __init__(self, name: str, header_row: int, must_recalculate: bool) -> None:
        self._name, self._header_row, self._must_recalculate = name, header_row, must_recalculate
        self._part = f"bladet {name!r}"
        self._row = self._column = 0
        self._row_text = "0"
        self._cell: dict[str, str] | None = None  # the attributes of the open cell
        self._is_watched = self._is_formula = False
        self._text: list[str] = []
        self._top = self._left = self._bottom = self._right = 0  # of the cells with values
        self._errors: dict[int, dict[int, str]] = {}
        self._uncalculated: dict[int, str] = {}
        self._merged: list[Area] = []
        self._plain_columns: list[bytes] = []  # of the last plain row
        self._is_regular = True  # until a comment or the like, in which rows may stand that are none
        self._rest = b""
        self._kinds: dict[str, str] = {}  # names of elements without the prefix that some writers give them
        self._parser = xml_parser(self._part)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start

    def feed(self, chunk: bytes) -> None:
        data, at = self._rest + chunk, 0
        while self._is_regular:
            if plain := PLAIN_ROW.match(data, at):
                self._take_plain_row(plain)
                at = plain.end()
                continue
            end = data.find(b"</row>", at) + len(b"</row>")
            if end < at + len(b"</row>"):
                break
            self._parse(data[at:end])
            at = end
        self._rest = data[at:]
        if not self._is_regular or len(self._rest) > LONGEST_ROW:
            self._is_regular = False
            self._parse(self._rest)
            self._rest = b""

    def marks(self) -> Marks:
        self._parse(self._rest)
        parse(self._parser, b"", self._part, is_final=True)
        self._close_cell()
        return Marks(self._errors, self._uncalculated, tuple(self._merged))

    def _parse(self, data: bytes) -> None:
        self._is_regular = self._is_regular and b"<!" not in data and data.rfind(b"<?") <= 0
        parse(self._parser, data, self._part)

    def _take_plain_row(self, plain: re.Match[bytes]) -> None:
        self._open_row(_row_number(plain[1].decode()))
        columns = PLAIN_VALUE.findall(plain.string, plain.start(), plain.end())
        is_as_before = columns == self._plain_columns  # as nearly every row is: then they are in order
        for letters in columns[-1:] if is_as_before else columns:
            self._open_cell(letters.decode())
            self._take_in_place()
        self._plain_columns = columns

    def _open_row(self, row: int) -> None:
        self._close_cell()
        if not self._row < row <= LAST_ROW:
            broken(f"rad {row} på {self._part} står två gånger eller på fel plats")
        self._row, self._row_text, self._column = row, str(row), 0

    def _open_cell(self, letters: str) -> None:
        column = _column_number(letters)
        if column <= self._column:
            broken(f"cellen {letters}{self._row} på {self._part} står två gånger eller på fel plats")
        self._column = column

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = self._kinds.get(name) or self._kinds.setdefault(name, name.rpartition(":")[2])
        if kind == "c":
            if self._is_watched:
                self._close_cell()
            self._cell = attributes
            self._is_formula, self._is_watched = False, attributes.get("t") == "e"
            reference = attributes.get("r")
            if reference is None:
                self._column += 1
                return
            letters = reference.rstrip("0123456789")
            if reference[len(letters) :] != self._row_text:
                broken(f"cellen {reference} på {self._part} står på rad {self._row}")
            self._open_cell(letters)
        elif kind == "v" or kind == "is":
            if self._cell is not None:
                self._take_in_place()
                if self._is_watched:
                    self._parser.CharacterDataHandler = self._text.append
        elif kind == "row":
            self._open_row(_row_number(attributes.get("r", str(self._row + 1))))
        elif kind == "f":
            self._is_formula = self._is_watched = self._cell is not None
        else:
            self._close_cell()
            if kind == "mergeCell":
                self._merged.append(self._area(attributes.get("ref", "")))

    def _take_in_place(self) -> None:
        """Widens the rectangle around the values by the open cell."""
        row, column = self._row, self._column
        if row > self._bottom or column > self._right or column < self._left:
            self._top = self._top or row
            self._bottom = row
            self._left = min(self._left or column, column)
            self._right = max(self._right, column)
            if (self._bottom - self._top + 1) * (self._right - self._left + 1) > MAX_CELLS:
                raise RefusedFileError(
                    "too_large",
                    f"{self._part.capitalize()} sträcker sig till {cell_name(self._bottom, self._right)}, mer än"
                    f" {MAX_CELLS // 1_000_000} miljoner celler. Ta bort celler långt från data, eller leverera den som"
                    " text.",
                )

    def _close_cell(self) -> None:
        """Judges the open cell by what stood in it."""
        cell, self._cell = self._cell, None
        if cell is None or not self._is_watched:
            return
        has_value = self._parser.CharacterDataHandler is not None
        self._parser.CharacterDataHandler = None  # takes in what is buffered
        text = "".join(self._text).strip()
        self._text.clear()
        self._is_watched = False
        kind = cell.get("t", "n")
        if kind == "e" and text:
            self._errors.setdefault(self._row, {})[self._column] = text
        elif self._is_formula and self._row > self._header_row:
            is_blank_text = has_value and kind == "str"  # a formula may give ""
            is_stand_in = self._must_recalculate and kind == "n" and text == "0"
            if is_stand_in or (not text and not is_blank_text):
                self._uncalculated.setdefault(self._column, cell_name(self._row, self._column))

    def _area(self, reference: str) -> Area:
        first, _, last = reference.partition(":")
        corners: list[int] = []
        for corner in (first, last or first):
            letters = corner.rstrip("0123456789")
            if not _column_number(letters) or letters == corner:
                broken(f"sammanfogningen {reference!r} på {self._part} är ingen")
            corners += [_row_number(corner[len(letters) :]), _column_number(letters)]
        return Area(*corners)
