"""Numbers as a contract says they are written: marks, minus, unit suffixes. Exact, never rounded, never guessed.

A number is read in one of two ways. The plain one, with a leading hyphen at most, costs one pattern and one cast. What
it does not match is read carefully: other minus signs, blanks around, and the forms and suffixes that the contract
allows. What neither matches is a fault.
"""

import re
from collections.abc import Iterable

from orchestration.intake.contract import Column, Source
from orchestration.intake.dialect import AMOUNT_FACTORS, BLANKS
from orchestration.intake.sql import literal, matches

MINUS = "\N{MINUS SIGN}"
FOOTNOTE_MARKS = "⁰¹²³⁴⁵⁶⁷⁸⁹*†‡§"
UNIT_LIKE = "[A-Za-zÅÄÖåäö%€$][^0-9]*"


def number(column: Column, source: Source, text: str) -> tuple[str, dict[str, str]]:
    """The number of a DECIMAL or BIGINT column, as SQL over a text; and why there is none, as conditions by rule.

    The conditions presume that the text gave no number. The first that holds is the reason; `precision` is what is
    left: a number, but with more digits than the column holds. Money becomes SEK, by the suffix or the amount unit.
    """
    dialect = _Dialect(column, source)
    normal = f"trim(translate({text}, {literal(''.join(BLANKS[1:]) + MINUS)}, '  -'))"
    arms = [(matches(text, f"-?{dialect.digits(dialect.bare)}"), dialect.value(text, dialect.bare))]
    careful = [
        (matches(normal, dialect.signed(shift) + _suffix(suffixes, is_optional=shift == dialect.bare)), shift)
        for shift, suffixes in dialect.suffixes.items()
    ]
    arms += [(f"{text} is not null and {arm}", dialect.value(_hyphened(normal, dialect), s)) for arm, s in careful]
    value = f"case {' '.join(f'when {condition} then {number}' for condition, number in arms)} end"
    declared = _suffix([suffix for suffixes in dialect.suffixes.values() for suffix in suffixes], is_optional=True)
    readable = dialect.signed(None) + declared
    return value, {
        "footnote": matches(normal, f"{readable} ?[{FOOTNOTE_MARKS}].*"),
        "unit": f"{matches(normal, f'{dialect.signed(None)} ?{UNIT_LIKE}')} and not {matches(normal, readable)}",
        "number": f"not {matches(normal, readable)}",
        "precision": "true",
    }


class _Dialect:
    """How a source writes the numbers of one column. A shift is the power of ten from what is written to what is
    kept."""

    def __init__(self, column: Column, source: Source) -> None:
        is_money = column.unit == "SEK"
        self.type = column.data_type
        self.scale = int(re.findall(r"\d+", self.type)[1]) if self.type.startswith("DECIMAL") else 0
        self.decimal_mark = source.decimal_mark
        self.thousands = _alike(source.thousands_mark)
        self.negative_forms = source.negative_forms
        self.sign = "-" if column.name in source.negated else ""
        self.bare = source.amount_factor.adjusted() if is_money else 0
        self.suffixes: dict[int, list[str]] = {self.bare: []}
        for suffix, unit in source.unit_suffixes.items():
            if is_money and unit in AMOUNT_FACTORS:
                self.suffixes.setdefault(AMOUNT_FACTORS[unit].adjusted(), []).append(suffix)
            elif unit == column.unit:
                self.suffixes[self.bare].append(suffix)

    def digits(self, shift: int | None) -> str:
        """The pattern of a number without sign whose decimals the column can hold; with any decimals, without shift."""
        # A first group of 0 is a decimal number in other marks (0.123), not a number of thousands.
        whole = rf"(?:[1-9]\d{{0,2}}(?:[{self.thousands}]\d{{3}})+|\d+)" if self.thousands else r"\d+"
        decimals = r"\d+" if shift is None else rf"\d{{1,{self.scale + shift}}}0*" if self.scale + shift > 0 else "0+"
        return rf"{whole}(?:{re.escape(self.decimal_mark)}{decimals})?"

    def signed(self, shift: int | None) -> str:
        """The pattern of a number with its one sign, in the forms that the contract allows."""
        digits = self.digits(shift)
        forms = [f"-?{digits}"]
        forms += [f"{digits}-"] if "trailing" in self.negative_forms else []
        forms += [rf"\({digits}\)"] if "parentheses" in self.negative_forms else []
        return f"(?:{'|'.join(forms)})"

    def value(self, hyphened: str, shift: int) -> str:
        """The value of a text that is known to match: a leading hyphen at most, and the marks."""
        plain = hyphened
        if self.thousands:
            plain = f"translate({hyphened}, {literal(self.decimal_mark + self.thousands)}, '.')"
        elif self.decimal_mark != ".":
            plain = f"replace({hyphened}, {literal(self.decimal_mark)}, '.')"
        if shift == 0:  # a cast of 64 bits, much faster than exact reckoning
            return f"{self.sign}try_cast({plain} as {self.type})"
        factor = f"1{'0' * shift}" if shift > 0 else f"0.{'0' * (-shift - 1)}1"
        exact = f"try_cast({plain} as decimal(28,{max(self.scale + shift, 0)}))"
        return f"{self.sign}try_cast({exact} * {factor} as {self.type})"


def _alike(mark: str | None) -> str:
    """The characters that a mark stands for: a blank for every kind of it."""
    return BLANKS if mark is not None and mark in BLANKS else mark or ""


def _suffix(suffixes: Iterable[str], is_optional: bool) -> str:
    listed = "|".join(re.escape(suffix) for suffix in suffixes)
    if not listed:
        return ""
    return f"(?: ?(?:{listed})){'?' if is_optional else ''}"


def _hyphened(normal: str, dialect: _Dialect) -> str:
    """A number in any form, as its digits and marks with a leading hyphen if it is negative."""
    marks = re.escape(dialect.decimal_mark + dialect.thousands)
    digits = f"regexp_extract({normal}, {literal(rf'[0-9{marks}]*[0-9]')})"
    is_negative = f"regexp_matches({normal}, {literal(r'^[-(]|[0-9]-')})"
    return f"concat(case when {is_negative} then '-' else '' end, {digits})"
