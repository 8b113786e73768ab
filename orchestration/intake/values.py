"""From delivered text to a canonical value: one SQL expression per column, and the rules that reject what is not one.

Nothing becomes NULL or 0 by failing: a text that a rule rejects makes its row a quarantined row. Blank text is "not
given" (NULL), which only a required column rejects.
"""

import re
from dataclasses import dataclass

from orchestration.intake.contracts import Column, Source

MINUS = "\N{MINUS SIGN}"

# What a controller reads about a quarantined row, by rule.
REASONS_SV = {
    "required": "värde saknas",
    "number": "är inte ett tal enligt kontraktet",
    "precision": "har fler decimaler än kolumnen rymmer",
    "date": "är inte ett datum enligt kontraktet",
    "month": "är inte en månad enligt kontraktet",
    "timestamp": "är inte en tidpunkt enligt kontraktet",
    "boolean": "är varken sant eller falskt enligt kontraktet",
    "enum": "är inte ett tillåtet värde",
    "pattern": "har inte den form som kontraktet kräver",
    "columns": "raden har fel antal kolumner eller trasiga citattecken",
}


@dataclass(frozen=True)
class ValueRule:
    """A rule's stable name and the SQL condition under which a row breaks it."""

    name: str
    broken_when: str


@dataclass(frozen=True)
class CanonicalColumn:
    """A canonical column as SQL over the delivered texts: its value, typed, and the rules that may reject it."""

    column: Column
    value: str
    rules: tuple[ValueRule, ...]


def literal(text: str) -> str:
    """A text as an SQL literal. For what contracts say, where a parameter cannot be bound."""
    return "'" + text.replace("'", "''") + "'"


def canonical(column: Column, source: Source, delivered: str | None) -> CanonicalColumn:
    """How one canonical column is made from the delivered text column named `delivered`.

    A column that the source does not deliver has its constant, else NULL.
    """
    if column.name in source.constants:
        text = literal(source.constants[column.name])
    elif delivered is None:
        text = "cast(null as varchar)"
    else:
        text = f"nullif(trim({delivered}, ' \t\N{NO-BREAK SPACE}'), '')"
    mapped = _mapped(text, source.values.get(column.name, {}))
    value, rules = _typed(column, source, mapped)
    if column.is_required:
        rules = (ValueRule("required", f"{mapped} is null"), *rules)
    return CanonicalColumn(column, value, rules)


def _mapped(text: str, values: dict[str, str]) -> str:
    """Replaces the source's words by the canonical ones; what is not listed stands."""
    if not values:
        return text
    cases = " ".join(f"when {literal(theirs)} then {literal(ours)}" for theirs, ours in values.items())
    return f"(case {text} {cases} else {text} end)"


def _typed(column: Column, source: Source, text: str) -> tuple[str, tuple[ValueRule, ...]]:
    kind = column.data_type
    if kind.startswith("DECIMAL"):
        return _decimal(column, source, text)
    if kind == "BIGINT":
        return _checked("number", f"try_cast({text} as bigint)", text, rf"regexp_full_match({text}, '-?\d{{1,18}}')")
    if kind == "BOOLEAN":
        value = f"(case {text} when 'true' then true when 'false' then false end)"
        return _checked("boolean", value, text)
    if kind == "DATE" and column.is_month:
        moment = f"try_strptime({text}, {literal(source.month_format)})"
        return _checked(
            "month", f"cast(date_trunc('month', {moment}) as date)", text, _exact(moment, text, source.month_format)
        )
    if kind == "DATE":
        moment = f"try_strptime({text}, {literal(source.date_format)})"
        return _checked("date", f"cast({moment} as date)", text, _exact(moment, text, source.date_format))
    if kind == "TIMESTAMP":
        moment = f"try_strptime({text}, {literal(source.timestamp_format)})"
        value = f"timezone('UTC', timezone({literal(source.timezone)}, {moment}))"
        return _checked("timestamp", value, text, _exact(moment, text, source.timestamp_format))
    rules = []
    if column.allowed:
        allowed = ", ".join(literal(value) for value in column.allowed)
        rules.append(ValueRule("enum", f"{text} not in ({allowed})"))
    if column.pattern:
        rules.append(ValueRule("pattern", f"not regexp_full_match({text}, {literal(column.pattern)})"))
    return text, tuple(rules)


def _exact(moment: str, text: str, date_format: str) -> str:
    """Reading back gives the same text, so that 2024-1-5 is not taken for 2024-01-05."""
    return f"strftime({moment}, {literal(date_format)}) = {text}"


def _checked(rule: str, value: str, text: str, also: str = "true") -> tuple[str, tuple[ValueRule, ...]]:
    """A value with the rule that text which is there must give one."""
    return value, (ValueRule(rule, f"{text} is not null and ({value} is null or not ({also}))"),)


def _decimal(column: Column, source: Source, text: str) -> tuple[str, tuple[ValueRule, ...]]:
    """A decimal number by the source's marks, unit and sign; exact, never rounded."""
    precision, scale = (int(part) for part in re.findall(r"\d+", column.data_type))
    mark = re.escape(source.decimal_mark)
    whole = r"\d{1,15}"
    if source.thousands_mark:
        whole = rf"(\d{{1,3}}(?:{re.escape(source.thousands_mark)}\d{{3}}){{0,4}}|\d{{1,15}})"
    pattern = rf"[-{MINUS}]?{whole}(?:{mark}\d{{1,9}})?"
    plain = f"replace({text}, {literal(MINUS)}, '-')"
    if source.thousands_mark:
        plain = f"replace({plain}, {literal(source.thousands_mark)}, '')"
    if source.decimal_mark != ".":
        plain = f"replace({plain}, {literal(source.decimal_mark)}, '.')"
    factor = source.amount_factor if column.unit == "SEK" else 1
    factor = -factor if column.name in source.negated else factor
    number = f"try_cast({plain} as decimal(28,9))" + (f" * {factor}" if factor != 1 else "")
    value = f"try_cast({number} as decimal({precision},{scale}))"
    rules = (
        ValueRule(
            "number", f"{text} is not null and ({value} is null or not regexp_full_match({text}, {literal(pattern)}))"
        ),
        ValueRule("precision", f"round({number}, {scale}) <> {number}"),
    )
    return value, rules
