"""The contracts of the feeds, read from expectations/contracts: one Open Data Contract Standard (ODCS) file per feed.

The `schema` of a contract holds the canonical columns, its `servers` one entry per source system with what differs
between them. A contract is valid when ODCS's JSON schema and its model accept it, and it agrees with itself.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orchestration.errors import ContractError
from orchestration.intake.contract import CLASSIFICATIONS, Column, Contract, ControlTotal, DueRule, Layout, Source
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
    check_headers_of_format,
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
    classes = [column.classification for column in columns]
    is_numbered = "personal_name" not in classes or classes.count("personal_if_identity_number") == 1
    rule = "a personal_name needs the one column of class personal_if_identity_number whose name it is"
    require(is_numbered, f"{path}.properties", rule, "Classify the number too.")
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
    check_headers_of_format(extra, path, server["format"], columns)
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
