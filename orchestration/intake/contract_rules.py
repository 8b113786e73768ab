"""The small rules that contracts.py builds on: names, closed lists, customProperties and their kinds of value.

Each raises BrokenContractError with the key path it was given.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from orchestration.intake.contract_file import BrokenContractError
from orchestration.intake.sie_grammar import FIELDS, GENERATED, PERSONAL_DIMENSIONS

if TYPE_CHECKING:
    from orchestration.intake.contract import Column

ENCODINGS = ("utf-8", "cp1252", "iso-8859-1", "iso-8859-15", "utf-16", "cp437", "pc8")
FORMATS = ("csv", "fixed", "sie", "xlsx")
UNITS = ("SEK", "hours", "fte", "pct", "count")
LOGICAL_TYPES = {
    "VARCHAR": "string",
    "DECIMAL": "number",
    "BIGINT": "integer",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "BOOLEAN": "boolean",
}

# Parts of a slice key that are no columns: the server, the delivered file, the year of the column `month`.
SLICE_PARTS = ("source", "delivery", "year")

# The keys that may stand in customProperties, with the kind of value each takes: a misspelt key is refused.
SCHEMA_KEYS = {
    "sliceKey": "texts",
    "controlColumn": "text",
    "maxQuarantinedSharePct": "number",
    "maxLagMonths": "integer",
}
COLUMN_KEYS = {"unit": "text", "isMonth": "flag", "lagMonths": "integer"}
SERVER_KEYS = {
    "delimiter": "text",
    "encoding": "text",
    "decimalMark": "text",
    "thousandsMark": "text",
    "negativeForms": "texts",
    "unitSuffixes": "map",
    "dateFormat": "text",
    "monthFormat": "text",
    "timestampFormat": "text",
    "timezone": "text",
    "sentinelDates": "texts",
    "maxPeriod": "integer",
    "excelErrors": "flag",
    "amountUnit": "text",
    "headers": "map",
    "ignoredHeaders": "texts",
    "constants": "map",
    "values": "maps",
    "negatedColumns": "texts",
    "extractDateHeader": "text",
    "balancedBy": "texts",
    "acceptsImported": "flag",
    "recordLength": "integer",
    "fields": "cuts",
    "signFields": "map",
    "impliedDecimals": "integers",
    "owner": "text",
    "dueRule": "due rule",
    "sheet": "text",
    "headerRow": "row number",
    "leftOutRows": "lists",
    "controlTotal": "map",
}
REQUIRED_SERVER_KEYS = ("decimalMark", "headers")
# The keys that not every format has, and whether it must have them; on a server of another format they are refused.
KEYS_OF_FORMAT = {
    "csv": {"delimiter": True, "encoding": True},
    "fixed": {"encoding": True, "recordLength": True, "fields": True, "signFields": False, "impliedDecimals": False},
    "sie": {"encoding": True, "acceptsImported": False},
    "xlsx": {"sheet": False, "headerRow": False},
}


def custom_properties(
    entry: Mapping[str, Any], path: str, kinds: Mapping[str, str], required: Iterable[str] = ()
) -> dict[str, Any]:
    """The customProperties of an entry as one mapping; those missing, unknown, doubled or of the wrong kind refused."""
    found: dict[str, Any] = {}
    path += ".customProperties"
    for item in entry.get("customProperties", []):
        key, value = item["property"], item["value"]
        place = f"{path}.{key}"
        require(key in kinds, place, "the key is not known", f"Use one of {', '.join(kinds)}.")
        require(key not in found, place, "the key stands twice", "Keep one of them.")
        require(_IS_KIND[kinds[key]](value), place, f"it is no {_KIND_NAMES[kinds[key]]}", "Write one.")
        found[key] = value
    missing = [key for key in required if key not in found]
    require(not missing, path, f"{', '.join(missing)} is missing", "Add it.")
    return found


def check_keys_of_format(extra: Mapping[str, Any], path: str, file_format: str) -> None:
    own = KEYS_OF_FORMAT[file_format]
    missing = [key for key, is_required in own.items() if is_required and key not in extra]
    require(not missing, path, f"{', '.join(missing)} is missing", "Add it.")
    of_others = {key for keys in KEYS_OF_FORMAT.values() for key in keys} - own.keys()
    for key in sorted(of_others):
        require(key not in extra, f"{path}.{key}", f"a source of format {file_format} has no {key}", "Take it away.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_map(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _is_lists(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(k, str) and _IS_KIND["texts"](v) for k, v in value.items())


def _is_due_rule(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and {"day", "monthsAfter"} <= value.keys() <= {"day", "monthsAfter", "dueFrom"}
        and all(type(value[key]) is int for key in ("day", "monthsAfter"))
        and 1 <= value["day"] <= 31
        and 0 <= value["monthsAfter"] <= 12
        and _is_month(value.get("dueFrom", "2024-01"))
    )


def _is_cut(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(number) is int and number > 0 for number in value)


def _is_month(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", value) is not None


_IS_KIND = {
    "text": lambda value: isinstance(value, str) and value != "",
    "texts": lambda value: isinstance(value, list) and bool(value) and all(isinstance(text, str) for text in value),
    "number": _is_number,
    "integer": lambda value: type(value) is int and value >= 0,
    "flag": lambda value: isinstance(value, bool),
    "map": _is_map,
    "maps": lambda value: isinstance(value, dict) and all(isinstance(k, str) and _is_map(v) for k, v in value.items()),
    "cuts": lambda value: isinstance(value, dict) and bool(value) and all(_is_cut(cut) for cut in value.values()),
    "integers": lambda value: isinstance(value, dict) and all(type(n) is int and n > 0 for n in value.values()),
    "lists": _is_lists,
    "row number": lambda value: type(value) is int and value >= 1,
    "due rule": _is_due_rule,
}
_KIND_NAMES = {
    "text": "text (quote it)",
    "texts": "list of texts",
    "number": "number",
    "integer": "whole number from 0",
    "flag": "true or false",
    "map": "mapping of text to text (quote numbers and dates)",
    "maps": "mapping of columns to mappings of text to text (quote numbers, true and false)",
    "cuts": "mapping of fields to [first character from 1, length]",
    "integers": "mapping of fields to whole numbers from 1",
    "lists": "mapping of headers to lists of texts (quote numbers)",
    "row number": "whole number from 1",
    "due rule": "rule of day (1-31) and monthsAfter (0-12), and where it is needed dueFrom (quoted, as '2024-01')",
}


def base_type(entry: Mapping[str, Any], path: str) -> str:
    """The physical type of a column without its precision; its logical type must be the one that goes with it."""
    data_type = entry.get("physicalType", "")
    found = re.fullmatch(r"(VARCHAR|BIGINT|DATE|TIMESTAMP|BOOLEAN|DECIMAL)(\(\d+,\d+\))?", data_type)
    if found is None or (found[1] == "DECIMAL") != (found[2] is not None):
        known = ", ".join(LOGICAL_TYPES).replace("DECIMAL", "DECIMAL(18,2)")
        raise BrokenContractError(f"{path}.physicalType", f"'{data_type}' is not known", f"Use one of {known}.")
    logical = LOGICAL_TYPES[found[1]]
    agrees = entry.get("logicalType") == logical
    require(agrees, f"{path}.logicalType", "it does not go with the physical type", f"Use {logical}.")
    return found[1]


def check_pattern(path: str, pattern: str | None) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise BrokenContractError(path, f"no regular expression ({error})", "Mend the pattern.") from None


def check_name(path: str, name: str) -> None:
    # Names become tables, columns and folders: nothing in them may need quoting.
    is_plain = re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None
    require(is_plain, path, f"'{name}' is no plain name", "Use a-z, 0-9 and _, a letter first.")


def check_known(path: str, names: Iterable[str], columns: Iterable[str]) -> None:
    unknown = [name for name in names if name not in columns]
    require(not unknown, path, f"'{', '.join(unknown)}' is no column of the feed", "Use a name from schema.properties.")


def check_one_of(path: str, value: Any, known: Iterable[str]) -> None:
    require(value in known, path, f"'{value}' is not known", f"Use one of {', '.join(known)}.")


def text_of(entry: Mapping[str, Any], key: str, path: str) -> str:
    value = entry.get(key)
    require(bool(value), f"{path}.{key}", "it is missing", "Write a line for those who read the table.")
    assert value is not None
    return str(value)


def require(holds: bool, place: str, rule: str, remedy: str) -> None:
    if not holds:
        raise BrokenContractError(place, rule, remedy)


def check_mapping(extra: Mapping[str, Any], path: str, columns: Mapping[str, "Column"]) -> None:
    headers, constants, values = extra["headers"], extra.get("constants", {}), extra.get("values", {})
    for key in ("headers", "constants", "values", "negatedColumns", "balancedBy"):
        check_known(f"{path}.{key}", extra.get(key, ()), columns)
    both = sorted(headers.keys() & constants.keys())
    require(not both, f"{path}.constants", f"'{', '.join(both)}' has a header too", "Keep one of the two.")
    # One text may be read in two ways, as a period's code and as its month, but not twice in the same way.
    read = [(header, columns[name].data_type) for name, header in headers.items()]
    twice = sorted({header for header, data_type in read if read.count((header, data_type)) > 1})
    require(not twice, f"{path}.headers", f"the header '{', '.join(twice)}' feeds two columns", "Map it to one.")
    ignored = sorted(set(extra.get("ignoredHeaders", ())) & {*headers.values(), extra.get("extractDateHeader")})
    require(not ignored, f"{path}.ignoredHeaders", f"'{', '.join(ignored)}' is read", "Take it out of the list.")
    missing = [name for name, column in columns.items() if column.is_required and name not in {*headers, *constants}]
    require(
        not missing,
        f"{path}.headers",
        f"the required column '{', '.join(missing)}' is not mapped",
        "Map it, or give it a constant.",
    )
    idle = sorted((values.keys() | set(extra.get("negatedColumns", ()))) - headers.keys())
    require(not idle, f"{path}.headers", f"'{', '.join(idle)}' is translated but not mapped", "Map it to a header.")
    given = {key: [value] for key, value in constants.items()} | {
        key: list(texts.values()) for key, texts in values.items()
    }
    for name, texts in given.items():
        kind = "constants" if name in constants else "values"
        for text in texts:
            _check_value(f"{path}.{kind}.{name}", text, columns[name])
    for name in extra.get("negatedColumns", ()):
        is_number = columns[name].data_type.startswith("DECIMAL")
        require(is_number, f"{path}.negatedColumns", f"'{name}' has no sign to turn", "Name amounts only.")


def check_headers_of_format(
    extra: Mapping[str, Any], path: str, file_format: str, columns: Mapping[str, "Column"]
) -> None:
    """What a format knows by names of its own is mapped by these: the fields of a line, the fields of SIE."""
    headers, ignored = extra["headers"], extra.get("ignoredHeaders", ())
    if file_format == "fixed":
        named = {*headers.values(), *ignored, *extra.get("signFields", {}), *extra.get("signFields", {}).values()}
        named |= {extra["extractDateHeader"]} if "extractDateHeader" in extra else set()
        unknown = sorted({*named, *extra.get("impliedDecimals", {})} - extra["fields"].keys())
        require(not unknown, f"{path}.fields", f"'{', '.join(unknown)}' is cut nowhere", "Say where it stands.")
        ends = {name: start + length - 1 for name, (start, length) in extra["fields"].items()}
        beyond = sorted(name for name, end in ends.items() if end > extra["recordLength"])
        require(not beyond, f"{path}.fields", f"'{', '.join(beyond)}' ends beyond the line", "Mend the cut.")
    if file_format == "sie":
        named = {*headers.values(), *ignored}
        unknown = sorted(h for h in named if h not in FIELDS and not re.fullmatch(r"dim [1-9]\d*", h))
        known = f"Use one of {', '.join(FIELDS)}, or 'dim 1' for a dimension."
        require(not unknown, f"{path}.headers", f"SIE has no '{', '.join(unknown)}'", known)
        at = f"{path}.extractDateHeader"
        require(
            extra.get("extractDateHeader", GENERATED) == GENERATED, at, "SIE has one such date", f"Use {GENERATED}."
        )
        for name, header in headers.items():
            is_kept = header not in PERSONAL_DIMENSIONS or columns[name].classification.startswith("personal")
            require(
                is_kept, f"{path}.headers", f"'{header}' are persons, '{name}' is no personal column", "Leave it out."
            )


def check_control_total(extra: Mapping[str, Any], path: str) -> None:
    """The row of the control total names its header, its text and perhaps where the rows are counted, and no more."""
    row = extra.get("controlTotal", {"header": "", "text": ""})
    is_whole = {"header", "text"} <= row.keys() <= {"header", "text", "countHeader"}
    require(is_whole, f"{path}.controlTotal", "it is not header, text and countHeader", "Give the first two, or all.")
    delivered = _delivered(extra)
    for key in ("header", "countHeader"):
        is_read = "controlTotal" not in extra or row.get(key) is None or row[key] in delivered
        require(
            is_read, f"{path}.controlTotal.{key}", "the source has no such header", "Name one, also if it ignores it."
        )


def check_left_out_rows(extra: Mapping[str, Any], path: str) -> None:
    delivered = _delivered(extra)
    for header, texts in extra.get("leftOutRows", {}).items():
        place = f"{path}.leftOutRows.{header}"
        require(header in delivered, place, "the source has no such header", "Name a header, also one it ignores.")
        for text in texts:
            is_plain = "*" not in text[:-1] and text.strip() not in ("", "*") and text == text.strip()
            require(is_plain, place, f"'{text}' is no text, nor a beginning", "Write it as in 'Summa' or 'Summa*'.")


def _delivered(extra: Mapping[str, Any]) -> set[str | None]:
    """The headers that the source has, read or ignored."""
    return {*extra["headers"].values(), *extra.get("ignoredHeaders", ()), extra.get("extractDateHeader")}


def _check_value(path: str, text: str, column: "Column") -> None:
    allowed = ("true", "false") if column.data_type == "BOOLEAN" else column.allowed
    if allowed:
        check_one_of(path, text, allowed)


def check_slice_key(path: str, parts: list[str], columns: Mapping[str, "Column"]) -> None:
    for part in parts:
        is_column, is_part = part in columns, part in SLICE_PARTS
        require(is_column or is_part, path, f"'{part}' is no column", f"Use columns or {', '.join(SLICE_PARTS)}.")
        if is_column:
            require(columns[part].is_required, path, f"'{part}' may be blank", "Make the column required.")
        elif part == "year":
            has_month = "month" in columns and columns["month"].is_month
            require(has_month, path, "the table has no month to take the year of", "Add it, or use another part.")
