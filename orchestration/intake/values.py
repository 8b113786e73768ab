"""From delivered text to a canonical value: one SQL expression per column, and the rules that reject what is not one.

Nothing becomes NULL or 0 by failing: a text that a rule rejects makes its row a quarantined row. Blank text is "not
given" (NULL), which only a required column rejects.
"""

import re
from dataclasses import dataclass, replace

from orchestration.intake.contracts import Column, Source

MINUS = "\N{MINUS SIGN}"

# What a controller reads about a quarantined row, by rule.
REASONS_SV = {
    "required": "värde saknas",
    "number": "är inte ett tal enligt kontraktet",
    "precision": "har fler siffror än kolumnen rymmer",
    "date": "är inte ett datum enligt kontraktet",
    "month": "är inte en månad enligt kontraktet",
    "timestamp": "är inte en tidpunkt enligt kontraktet",
    "boolean": "är varken sant eller falskt enligt kontraktet",
    "enum": "är inte ett tillåtet värde",
    "pattern": "har inte den form som kontraktet kräver",
    "sie_row": "raden följer inte formatet SIE 4",
    "unbalanced": "verifikationen går inte jämnt upp, så hela verifikationen hålls utanför",
    "columns": "raden har fel antal kolumner eller trasiga citattecken",
}


@dataclass(frozen=True)
class ValueRule:
    """A rule's stable name and the SQL condition under which a row breaks it."""

    name: str
    broken_when: str


@dataclass(frozen=True)
class CanonicalColumn:
    """A canonical column in three steps of SQL, each over the columns of the one before, so that none is done twice.

    `text` over the delivered columns; `value`, typed, over `text_name`; `rules` over `text_name` and `value_name`.
    """

    column: Column
    text: str
    value: str
    rules: tuple[ValueRule, ...]

    @property
    def text_name(self) -> str:
        return f"text_of_{self.column.name}"

    @property
    def value_name(self) -> str:
        return f"value_of_{self.column.name}"


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
        # Trimming every text costs three times as much as looking first whether it must be.
        padded = f"starts_with({delivered}, ' ') or ends_with({delivered}, ' ')"
        text = f"case when {padded} then nullif(trim({delivered}), '') else {delivered} end"
    given = CanonicalColumn(column, _mapped(text, source.values.get(column.name, {})), "", ())
    value, rules = _typed(given, source)
    if column.is_required:
        rules = (ValueRule("required", f"{given.text_name} is null"), *rules)
    return replace(given, value=value, rules=rules)


def _mapped(text: str, values: dict[str, str]) -> str:
    """Replaces the source's words by the canonical ones; what is not listed stands."""
    if not values:
        return text
    cases = " ".join(f"when {literal(theirs)} then {literal(ours)}" for theirs, ours in values.items())
    return f"(case {text} {cases} else {text} end)"


def _typed(given: CanonicalColumn, source: Source) -> tuple[str, tuple[ValueRule, ...]]:
    column, text, kind = given.column, given.text_name, given.column.data_type
    if kind.startswith("DECIMAL"):
        return _decimal(given, source)
    if kind == "BIGINT":
        value = f"case when regexp_full_match({text}, '-?\\d{{1,18}}') then try_cast({text} as bigint) end"
        return value, (_must_read("number", given),)
    if kind == "BOOLEAN":
        return f"case {text} when 'true' then true when 'false' then false end", (_must_read("boolean", given),)
    if kind == "DATE" and column.is_month:
        moment = _moment(text, source.month_format)
        return f"cast(date_trunc('month', {moment}) as date)", (_must_read("month", given),)
    if kind == "DATE":
        return f"cast({_moment(text, source.date_format)} as date)", (_must_read("date", given),)
    if kind == "TIMESTAMP":
        moment = _moment(text, source.timestamp_format)
        value = f"timezone('UTC', timezone({literal(source.timezone)}, {moment}))"
        return value, (_must_read("timestamp", given),)
    rules = []
    if column.allowed:
        allowed = ", ".join(literal(value) for value in column.allowed)
        rules.append(ValueRule("enum", f"{text} not in ({allowed})"))
    if column.pattern:
        rules.append(ValueRule("pattern", f"not regexp_full_match({text}, {literal(column.pattern)})"))
    return text, tuple(rules)


def _moment(text: str, date_format: str) -> str:
    """A point in time whose text reads back the same, so that 2024-1-5 is not taken for 2024-01-05; else NULL."""
    moment = f"try_strptime({text}, {literal(date_format)})"
    return f"case when strftime({moment}, {literal(date_format)}) = {text} then {moment} end"


def _must_read(rule: str, given: CanonicalColumn) -> ValueRule:
    """Text that is there must give a value."""
    return ValueRule(rule, f"{given.text_name} is not null and {given.value_name} is null")


def _decimal(given: CanonicalColumn, source: Source) -> tuple[str, tuple[ValueRule, ...]]:
    """A decimal number by the source's marks, unit and sign; exact, never rounded."""
    text = given.text_name
    precision, scale = (int(part) for part in re.findall(r"\d+", given.column.data_type))
    mark = re.escape(source.decimal_mark)
    whole = r"\d{1,15}"
    if source.thousands_mark:
        whole = rf"(?:\d{{1,3}}(?:{re.escape(source.thousands_mark)}\d{{3}}){{0,4}}|\d{{1,15}})"
    plain = f"replace({text}, {literal(MINUS)}, '-')"
    if source.thousands_mark:
        plain = f"replace({plain}, {literal(source.thousands_mark)}, '')"
    if source.decimal_mark != ".":
        plain = f"replace({plain}, {literal(source.decimal_mark)}, '.')"
    factor = source.amount_factor if given.column.unit == "SEK" else 1
    factor = -factor if given.column.name in source.negated else factor
    if (
        factor == 1
    ):  # no more decimals than the type holds, but for zeros: a cast of 64 bits, much faster than exact reckoning
        exact = rf"[-{MINUS}]?{whole}(?:{mark}\d{{1,{scale}}}0*)?"
        number = f"try_cast({plain} as decimal({precision},{scale}))"
    else:
        exact = rf"[-{MINUS}]?{whole}(?:{mark}\d{{1,9}})?"
        number = f"try_cast({plain} as decimal(28,9)) * {factor}"
    readable = rf"[-{MINUS}]?{whole}(?:{mark}\d+)?"
    value = f"case when regexp_full_match({text}, {literal(exact)}) then {number} end"
    if factor != 1:
        value = (
            f"case when round({value}, {scale}) = {value} then try_cast({value} as decimal({precision},{scale})) end"
        )
    missing = f"{text} is not null and {given.value_name} is null"
    matches = f"regexp_full_match({text}, {literal(readable)})"
    return value, (
        ValueRule("number", f"{missing} and not {matches}"),
        ValueRule("precision", f"{missing} and {matches}"),
    )
