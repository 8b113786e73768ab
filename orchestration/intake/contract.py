"""A contract as the intake uses it: canonical columns, sources, what a delivery must hold. Plain values, no reading.

Classifications of a column:
internal                     kept as delivered (the default)
personal                     every value is replaced by its keyed hash
personal_if_identity_number  a value that is a valid identity number is replaced by its keyed hash, others are kept:
                             the number of a one-person firm is its owner's identity number
personal_name                the name that goes with such a number: NULL where that is a person's, else as free text
personal_dropped             never leaves landing: NULL in raw
free_text                    kept, with identity numbers, e-mail addresses and phone numbers masked
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

PERSONAL = frozenset({"personal", "personal_if_identity_number", "personal_name", "personal_dropped"})
CLASSIFICATIONS = PERSONAL | {"internal", "free_text"}


@dataclass(frozen=True)
class Column:
    """One canonical column. `allowed` is empty where the list of values is open; `lag_months` says how many deliveries
    after its own month a measure is complete."""

    name: str
    data_type: str
    is_required: bool
    is_key: bool
    label_sv: str
    description: str
    classification: str
    unit: str | None
    is_month: bool
    lag_months: int
    allowed: tuple[str, ...]
    pattern: str | None


@dataclass(frozen=True)
class DueRule:
    """A delivery for a month is due on this day, so many months after; moved to the next Swedish working day.

    No month before `first_month` is due; None where every month is.
    """

    day: int
    months_after: int
    first_month: date | None = None


@dataclass(frozen=True)
class ControlTotal:
    """The row whose text under `header` is `text`: it has the sum of all other rows in the control column, and how many
    they are under `count_header`, if that is given."""

    header: str
    text: str
    count_header: str | None


@dataclass(frozen=True)
class Layout:
    """Where the fields of a fixed-width line stand: first character from 1, and length. `sign_fields` names the field
    that holds an amount's sign, `implied_decimals` how many of an amount's last digits are decimals."""

    record_length: int
    fields: Mapping[str, tuple[int, int]]
    sign_fields: Mapping[str, str]
    implied_decimals: Mapping[str, int]


@dataclass(frozen=True)
class Source:
    """One server of a contract: how one system delivers the feed. A column that is neither in `headers` nor `constants`
    is NULL.

    delimiter, encoding  empty for formats that have none
    thousands_mark    a blank stands for space, no-break space (U+00A0) and narrow no-break space (U+202F)
    negative_forms    beside the leading minus, '-' or U+2212: trailing (1,50-), parentheses ((1,50))
    unit_suffixes     what may stand after a number, and its unit: an amount unit for columns of unit SEK (mkr: mnkr),
                      else the column's own unit (tim: hours); bare amounts are in `amount_factor`
    *_format          see moments.py; a year of two digits is 1969-2068
    sentinel_dates    dates that mean "not given"
    max_period        above 12: periods from 13 to it are the December of their year
    has_excel_errors  texts as #N/A and #SAKNAS! are faults in every column
    amount_factor     SEK per delivered unit, for the columns of unit SEK
    balanced_by       the columns that make a voucher, whose amounts must sum to zero; none if the extract is a part
    control_total     the row that states the file's sum; a file without it, or with another sum, is refused
    accepts_imported  takes SIE files that another program has marked as imported
    sheet, header_row a workbook's, the first row being 1; without `sheet` it must have just one visible sheet
    left_out_rows     rows that are no data, such as sums, by delivered header: a row is left out if in any of these
                      columns its text, without the blanks around it, equals one of the texts, or begins with what
                      stands before the `*` of one that ends in it. Capitals count. They are counted, with their sums,
                      and not judged
    """

    feed: str
    name: str
    file_format: str
    description: str
    delimiter: str
    encoding: str
    decimal_mark: str
    thousands_mark: str | None
    negative_forms: tuple[str, ...]
    unit_suffixes: Mapping[str, str]
    date_format: str
    month_format: str
    timestamp_format: str
    timezone: str
    sentinel_dates: tuple[date, ...]
    max_period: int
    has_excel_errors: bool
    amount_factor: Decimal
    headers: Mapping[str, str]
    ignored_headers: tuple[str, ...]
    constants: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    negated: tuple[str, ...]
    extract_date_header: str | None
    balanced_by: tuple[str, ...]
    control_total: ControlTotal | None
    accepts_imported: bool
    layout: Layout | None
    owner: str | None
    due_rule: DueRule | None
    sheet: str | None
    header_row: int
    left_out_rows: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Contract:
    """What one feed promises. `digest` is the SHA-256 of the file, so that a changed contract is seen."""

    feed: str
    version: str
    label_sv: str
    description: str
    columns: tuple[Column, ...]
    sources: Mapping[str, Source]
    slice_key: tuple[str, ...]
    control_column: str | None
    max_quarantined_share_pct: Decimal
    max_lag_months: int
    digest: str

    @property
    def has_personal_data(self) -> bool:
        """True if a column is declared personal: the feed is refused without a person key."""
        return any(column.classification in PERSONAL for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
