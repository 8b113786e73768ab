"""What a monthly report holds, before it becomes a page or a workbook: figures that know where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

NOT_KNOWN = "ej känt"


class Reader(StrEnum):
    """For whom a report is written; each has a first page of its own."""

    BOARD = "styrelse"
    HEAD = "forvaltning"
    CONTROLLER = "controller"
    CLOSING = "slutredovisning"


class Kind(StrEnum):
    """How a value is written."""

    TEXT = "text"
    CODE = "code"  # a code with Swedish words of its own
    MNKR = "mnkr"  # SEK in the mart, million kronor on the page
    PCT = "pct"
    FTE = "fte"
    COUNT = "count"
    DATE = "date"
    MONTH = "month"
    YES_NO = "yes_no"

    @property
    def is_number(self) -> bool:
        return self in (Kind.MNKR, Kind.PCT, Kind.FTE, Kind.COUNT)


@dataclass(frozen=True)
class Figure:
    """One value. `column` is `table.column` of schema marts and `key` the row it stands in; None for a label of the
    report's own. `is_sum` if it is the column's sum over the rows of the key, whose names may end in >= or <=.
    `why_empty` is said where the value is None."""

    value: Any
    kind: Kind = Kind.TEXT
    column: str | None = None
    key: Mapping[str, Any] = field(default_factory=dict)
    is_sum: bool = False
    why_empty: str = NOT_KNOWN


@dataclass(frozen=True)
class Card:
    """A key figure of the first page, with what must be known to read it."""

    label: str
    figure: Figure
    note: str = ""
    is_warning: bool = False


@dataclass(frozen=True)
class Header:
    """A column of a table."""

    label: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Table:
    """Rows of figures, the first of each row its name. `empty` is said instead of a table without rows."""

    name: str
    caption: str
    headers: tuple[Header, ...]
    rows: tuple[tuple[Figure, ...], ...]
    empty: str


@dataclass(frozen=True)
class Chart:
    """A picture as SVG, the sentence that says what it shows, and the table of its figures."""

    name: str
    sentence: str
    svg: str
    table: Table


@dataclass(frozen=True)
class Section:
    """One question and its answer."""

    name: str
    title: str
    sentences: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Report:
    """The whole of one report. `first` are the sections of the reader's own first page."""

    reader: Reader
    node_type: str
    node_id: str
    node_name: str
    month: date
    release_id: str
    as_of: date
    published_at: datetime
    headline: str
    lead: tuple[str, ...]
    cards: tuple[Card, ...]
    unknown: tuple[str, ...]
    first: tuple[Section, ...]
    sections: tuple[Section, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables in the order in which they stand."""
        return tuple(
            table
            for section in (*self.first, *self.sections)
            for table in (*section.tables, *(chart.table for chart in section.charts))
        )

    @property
    def name(self) -> str:
        """What its files are called: node, reader and month."""
        return f"{self.node_id}-{self.reader}-{self.month:%Y-%m}".replace(":", "_").replace("/", "_")


def plain(value: Any) -> str:
    """A value as it stands in the mart, for machines: plain digits, ISO dates."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)
