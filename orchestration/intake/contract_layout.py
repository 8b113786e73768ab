"""What a contract may read of formats whose files name no columns: the fields of a fixed-width line, the texts of a SIE
row. A misspelt name is refused here: no file would show that it is missing, and its column would be NULL in every row.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from orchestration.intake.contract_rules import require

SIE_TEXTS = (
    *("series", "number", "voucher_date", "voucher_text", "line", "account"),
    *("amount", "date", "text", "quantity", "month", "any_text"),
)
SIE_EXTRACT_DATE = "generated"
SIE_DIMENSION = re.compile(r"dim \d+")


def check_layout(extra: Mapping[str, Any], path: str, file_format: str) -> None:
    """Every name that the server reads is one that its format, or its own layout, has."""
    if file_format == "fixed":
        _check_cuts(extra, path)
        told = extra.get("extractDateHeader")
        remedy = f"Use one of {', '.join(extra['fields'])}."
        require(told is None or told in extra["fields"], f"{path}.extractDateHeader", f"'{told}' is no field", remedy)
        _check_names(extra, path, extra["fields"], "field", ", ".join(extra["fields"]))
    elif file_format == "sie":
        told = extra.get("extractDateHeader", SIE_EXTRACT_DATE)
        remedy = f"Write {SIE_EXTRACT_DATE}, the date of #GEN."
        require(told == SIE_EXTRACT_DATE, f"{path}.extractDateHeader", f"'{told}' is no date of the file", remedy)
        dimensions = [name for name in extra["headers"].values() if SIE_DIMENSION.fullmatch(name)]
        listed = f"{', '.join(SIE_TEXTS)}, or as 'dim 1'"
        _check_names(extra, path, {*SIE_TEXTS, *dimensions}, "text of SIE 4", listed)


def _check_cuts(extra: Mapping[str, Any], path: str) -> None:
    length = extra["recordLength"]
    beyond = [name for name, (start, size) in extra["fields"].items() if start + size - 1 > length]
    rule = f"'{', '.join(beyond)}' ends beyond the line's {length} characters"
    require(not beyond, f"{path}.fields", rule, "Mend it, or recordLength.")
    signs = extra.get("signFields", {})
    for key, names in (
        ("signFields", [*signs, *signs.values()]),
        ("impliedDecimals", extra.get("impliedDecimals", ())),
    ):
        unknown = [name for name in names if name not in extra["fields"]]
        require(not unknown, f"{path}.{key}", f"'{', '.join(unknown)}' is no field", "Use a name from fields.")


def _check_names(extra: Mapping[str, Any], path: str, known: Iterable[str], kind: str, listed: str) -> None:
    # What leftOutRows and controlTotal name is a header, an ignored one or that of the extract date.
    read = {f"headers.{column}": name for column, name in extra["headers"].items()}
    read |= {f"ignoredHeaders.{name}": name for name in extra.get("ignoredHeaders", ())}
    for place, name in read.items():
        require(name in known, f"{path}.{place}", f"'{name}' is no {kind}", f"Use one of {listed}.")
