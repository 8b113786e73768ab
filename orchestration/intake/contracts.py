"""The contracts of the feeds, read from expectations/contracts: one Open Data Contract Standard (ODCS) file per feed.

The `schema` of a contract holds the canonical columns, its `servers` one entry per source system with what differs
between them. A contract is valid when ODCS's JSON schema and its model accept it, and it agrees with itself.

Classifications of a column:
internal                     kept as delivered (the default)
personal                     every value is replaced by its keyed hash
personal_if_identity_number  a value that is a valid identity number is replaced by its keyed hash, others are kept:
                             the number of a one-person firm is its owner's identity number
personal_dropped             never leaves landing: NULL in raw
free_text                    kept, with identity numbers, e-mail addresses and phone numbers masked
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orchestration.errors import ContractError
from orchestration.intake.contract_file import BrokenContractError, check_standard, parse
from orchestration.intake.contract_rules import (
    COLUMN_KEYS,
    ENCODINGS,
    FORMATS,
    REQUIRED_SERVER_KEYS,
    SCHEMA_KEYS,
    SERVER_KEYS,
    UNITS,
    base_type,
    check_control_total,
    check_keys_of_format,
    check_known,
    check_left_out_rows,
    check_mapping,
    check_name,
    check_one_of,
    check_pattern,
    check_slice_key,
    custom_properties,
    require,
    text_of,
)
from orchestration.intake.dialect import AMOUNT_FACTORS, check_formats, check_marks

PERSONAL = frozenset({"personal", "personal_if_identity_number", "personal_dropped"})
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


def load_contracts(folder: Path) -> dict[str, Contract]:
    """All contracts of a folder, by feed, in alphabetical order. Raises ContractError at the first one broken."""
    stray = sorted(folder.glob("*.yml"))
    if stray:
        raise ContractError(stray[0].name, "contracts end in .yaml", "Rename the file.")
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise ContractError(str(folder), "there is no contract here", "Point to the folder expectations/contracts.")
    return {file.stem: load_contract(file) for file in files}


def load_contract(file: Path) -> Contract:
    """The contract in a file. Raises ContractError with the file, the key path, the rule and what to do."""
    content = file.read_bytes()
    try:
        document = parse(content)
        check_standard(document)
        return _contract(document, file.stem, hashlib.sha256(content).hexdigest())
    except BrokenContractError as broken:
        place = f"{file.name}, {broken.place}" if broken.place else file.name
        raise ContractError(place, broken.rule, broken.remedy) from None


def _contract(document: dict[str, Any], feed: str, digest: str) -> Contract:
    name = document.get("name")
    require(name == feed, "name", f"the contract is named '{name}', its file '{feed}'", "Give both the same name.")
    check_name("name", feed)
    require(not document.get("customProperties"), "customProperties", "nothing is read from here", "Move it down.")
    objects = document.get("schema", [])
    require(len(objects) == 1, "schema", f"{len(objects)} objects where one is expected", "Describe one table.")
    table, path = objects[0], f"schema[{feed}]"
    require(table["name"] == feed, "schema[0].name", f"the table is named '{table['name']}'", f"Name it '{feed}'.")
    physical = table.get("physicalName")
    require(physical == f"raw.{feed}", f"{path}.physicalName", f"it is '{physical}'", f"Write 'raw.{feed}'.")
    columns = _columns(table, path)
    known = {column.name: column for column in columns}
    extra = custom_properties(table, path, SCHEMA_KEYS, required=("sliceKey", "maxQuarantinedSharePct"))
    sources: dict[str, Source] = {}
    for server in document.get("servers", []):
        source = _source(server, feed, known)
        require(source.name not in sources, f"servers[{source.name}]", "the server stands twice", "Keep one of them.")
        sources[source.name] = source
    require(bool(sources), "servers", "no server delivers the feed", "Describe at least one.")
    share = Decimal(str(extra["maxQuarantinedSharePct"]))
    place = f"{path}.customProperties.maxQuarantinedSharePct"
    require(0 <= share <= 100, place, f"{share} is no percentage", "Write a number from 0 to 100.")
    control = extra.get("controlColumn")
    if control is not None:
        place = f"{path}.customProperties.controlColumn"
        check_known(place, [control], known)
        require(known[control].data_type.startswith("DECIMAL"), place, f"'{control}' has no sum", "Name an amount.")
    check_slice_key(f"{path}.customProperties.sliceKey", extra["sliceKey"], known)
    return Contract(
        feed=feed,
        version=document["version"],
        label_sv=text_of(table, "businessName", path),
        description=text_of(table, "description", path),
        columns=columns,
        sources=MappingProxyType(sources),
        slice_key=tuple(extra["sliceKey"]),
        control_column=control,
        max_quarantined_share_pct=share,
        max_lag_months=extra.get("maxLagMonths", 0),
        digest=digest,
    )


def _columns(table: dict[str, Any], path: str) -> tuple[Column, ...]:
    columns = [_column(entry, f"{path}.properties[{entry['name']}]") for entry in table.get("properties", [])]
    require(bool(columns), f"{path}.properties", "the table has no columns", "Describe them.")
    names = [column.name for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    require(not twice, f"{path}.properties", f"'{', '.join(twice)}' stands twice", "Keep one of them.")
    positions = sorted(entry.get("primaryKeyPosition", -1) for entry in table["properties"] if entry.get("primaryKey"))
    in_order = bool(positions) and positions == list(range(1, len(positions) + 1))
    require(in_order, f"{path}.properties", "primaryKeyPosition does not count 1, 2, 3 ...", "Number the grain.")
    return tuple(columns)


def _column(entry: dict[str, Any], path: str) -> Column:
    name, data_type = entry["name"], entry.get("physicalType", "")
    check_name(path, name)
    base = base_type(entry, path)
    extra = custom_properties(entry, path, COLUMN_KEYS)
    unit = extra.get("unit")
    if unit is not None:
        check_one_of(f"{path}.customProperties.unit", unit, UNITS)
        require(base in ("DECIMAL", "BIGINT"), f"{path}.customProperties.unit", "text has no unit", "Take it away.")
    is_month = extra.get("isMonth", False)
    require(not is_month or data_type == "DATE", f"{path}.customProperties.isMonth", "no DATE", "Make it a DATE.")
    classification = entry.get("classification", "internal")
    check_one_of(f"{path}.classification", classification, sorted(CLASSIFICATIONS))
    is_open = classification == "internal" or data_type == "VARCHAR"
    require(is_open, f"{path}.classification", "a hash or mask is text", "Make the column VARCHAR.")
    allowed = tuple(item["value"] for item in entry.get("enum", []))
    texts = all(isinstance(value, str) for value in allowed) and (not allowed or data_type == "VARCHAR")
    require(texts, f"{path}.enum", "a closed list holds texts", "Quote the values.")
    pattern = entry.get("logicalTypeOptions", {}).get("pattern")
    check_pattern(f"{path}.logicalTypeOptions.pattern", pattern)
    return Column(
        name=name,
        data_type=data_type,
        is_required=entry.get("required", False),
        is_key=entry.get("primaryKey", False),
        label_sv=text_of(entry, "businessName", path),
        description=text_of(entry, "description", path),
        classification=classification,
        unit=unit,
        is_month=is_month,
        lag_months=extra.get("lagMonths", 0),
        allowed=allowed,
        pattern=pattern,
    )


def _source(server: dict[str, Any], feed: str, columns: Mapping[str, Column]) -> Source:
    name = server["server"]
    path = f"servers[{name}]"
    check_name(path, name)
    folder = f"inbox/{feed}/{name}"
    require(server.get("path") == folder, f"{path}.path", f"it is '{server.get('path')}'", f"Write '{folder}'.")
    check_one_of(f"{path}.format", server.get("format"), FORMATS)
    require("encoding" not in server, f"{path}.encoding", "the encoding is read below", "Move it to customProperties.")
    extra = custom_properties(server, path, SERVER_KEYS, required=REQUIRED_SERVER_KEYS)
    path += ".customProperties"
    check_keys_of_format(extra, path, server["format"])
    if "encoding" in extra:
        check_one_of(f"{path}.encoding", extra["encoding"], ENCODINGS)
    check_marks(extra, path)
    check_formats(extra, path)
    check_mapping(extra, path, columns)
    check_left_out_rows(extra, path)
    check_control_total(extra, path)
    return Source(
        feed=feed,
        name=name,
        file_format=server["format"],
        description=text_of(server, "description", f"servers[{name}]"),
        delimiter=extra.get("delimiter", ""),
        encoding=extra.get("encoding", ""),
        decimal_mark=extra["decimalMark"],
        thousands_mark=extra.get("thousandsMark"),
        negative_forms=tuple(extra.get("negativeForms", ())),
        unit_suffixes=MappingProxyType(extra.get("unitSuffixes", {})),
        date_format=extra.get("dateFormat", "%Y-%m-%d"),
        month_format=extra.get("monthFormat", "%Y-%m"),
        timestamp_format=extra.get("timestampFormat", "%Y-%m-%d %H:%M:%S"),
        timezone=extra.get("timezone", "Europe/Stockholm"),
        sentinel_dates=tuple(date.fromisoformat(text) for text in extra.get("sentinelDates", ())),
        max_period=extra.get("maxPeriod", 12),
        has_excel_errors=extra.get("excelErrors", server["format"] == "xlsx"),
        amount_factor=AMOUNT_FACTORS[extra.get("amountUnit", "SEK")],
        headers=MappingProxyType(extra["headers"]),
        ignored_headers=tuple(extra.get("ignoredHeaders", ())),
        constants=MappingProxyType(extra.get("constants", {})),
        values=MappingProxyType({key: MappingProxyType(value) for key, value in extra.get("values", {}).items()}),
        negated=tuple(extra.get("negatedColumns", ())),
        extract_date_header=extra.get("extractDateHeader"),
        balanced_by=tuple(extra.get("balancedBy", ())),
        control_total=_control_total(extra.get("controlTotal")),
        accepts_imported=extra.get("acceptsImported", False),
        layout=_layout(extra),
        owner=extra.get("owner"),
        due_rule=_due_rule(extra.get("dueRule")),
        sheet=extra.get("sheet"),
        header_row=extra.get("headerRow", 1),
        left_out_rows=MappingProxyType({key: tuple(texts) for key, texts in extra.get("leftOutRows", {}).items()}),
    )


def _control_total(row: Mapping[str, str] | None) -> ControlTotal | None:
    return ControlTotal(row["header"], row["text"], row.get("countHeader")) if row else None


def _layout(extra: Mapping[str, Any]) -> Layout | None:
    if "fields" not in extra:
        return None
    cuts = {name: (start, length) for name, (start, length) in extra["fields"].items()}
    return Layout(
        extra["recordLength"],
        MappingProxyType(cuts),
        MappingProxyType(extra.get("signFields", {})),
        MappingProxyType(extra.get("impliedDecimals", {})),
    )


def _due_rule(rule: Mapping[str, Any] | None) -> DueRule | None:
    if rule is None:
        return None
    first = rule.get("dueFrom")
    return DueRule(rule["day"], rule["monthsAfter"], date.fromisoformat(f"{first}-01") if first else None)
