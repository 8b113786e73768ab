"""From delivered text to a canonical value: one SQL expression per column, and the rules that reject what is not one.

Nothing becomes NULL or 0 by failing: a text that a rule rejects makes its row a quarantined row. Blank text is "not
given" (NULL), which only a required column rejects.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from orchestration.intake.contract import Column, Source
from orchestration.intake.moments import day, moment, month, written
from orchestration.intake.numbers import number
from orchestration.intake.sql import literal, matches

EXCEL_ERRORS = (
    *("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"),
    *("#SAKNAS!", "#REFERENS!", "#VÄRDEFEL!", "#DIVISION/0!", "#NAMN?", "#OGILTIGT!", "#SKÄRNING!"),
)

# What a controller reads about a quarantined row, by rule.
REASONS_SV = {
    "required": "värde saknas",
    "error_cell": "är ett felvärde från Excel, inget värde",
    "footnote": "har ett fotnotstecken intill talet",
    "unit": "har en enhet som kontraktet inte anger för kolumnen",
    "number": "är inte ett tal enligt kontraktet",
    "precision": "har fler siffror än kolumnen rymmer",
    "date": "är inte ett datum enligt kontraktet",
    "month": "är inte en månad enligt kontraktet",
    "timestamp": "är inte en tidpunkt enligt kontraktet",
    "boolean": "är varken sant eller falskt enligt kontraktet",
    "enum": "är inte ett tillåtet värde",
    "pattern": "har inte den form som kontraktet kräver",
    "sie_row": "raden följer inte formatet SIE 4",
    "line_length": "raden har en annan längd än kontraktet säger",
    "unbalanced": "verifikationen går inte jämnt upp, så hela verifikationen hålls utanför",
    "columns": "raden har fel antal kolumner eller trasiga citattecken",
}


@dataclass(frozen=True)
class ValueRule:
    """The SQL condition under which a row breaks a rule; and by stable name, why: the first reason that holds.

    The reasons presume that the row breaks the rule. They are many to plan, and few rows need them.
    """

    broken_when: str
    reasons: dict[str, str]

    def named(self, prefix: str = "") -> str:
        """The name of the reason, as SQL, after a prefix; NULL where none holds: another rule tells of that row."""
        arms = (f"when {condition} then {literal(prefix + name)}" for name, condition in self.reasons.items())
        return f"case when {self.broken_when} then case {' '.join(arms)} end end"


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
    text = _mapped(text, source.values.get(column.name, {}))
    if delivered is not None and source.sentinel_dates:
        text = _without_sentinels(text, column, source)
    given = CanonicalColumn(column, text, "", ())
    value, reasons = _typed(column, source, given.text_name)
    return replace(given, value=value, rules=tuple(_rules(given, source, reasons)))


def _mapped(text: str, values: dict[str, str]) -> str:
    """Replaces the source's words by the canonical ones; what is not listed stands."""
    if not values:
        return text
    cases = " ".join(f"when {literal(theirs)} then {literal(ours)}" for theirs, ours in values.items())
    return f"(case {text} {cases} else {text} end)"


def _format(column: Column, source: Source) -> str | None:
    """The format that a column's dates are written in; None for other columns."""
    if column.data_type == "TIMESTAMP":
        return source.timestamp_format
    if column.data_type == "DATE":
        return source.month_format if column.is_month else source.date_format
    return None


def _without_sentinels(text: str, column: Column, source: Source) -> str:
    """No text where it is one of the dates that mean "not given"."""
    date_format = _format(column, source)
    if date_format is None:
        return text
    none = ", ".join(literal(written(sentinel, date_format)) for sentinel in source.sentinel_dates)
    return f"(case when {text} in ({none}) then null else {text} end)"


def _typed(column: Column, source: Source, text: str) -> tuple[str, dict[str, str]]:
    """The value of a text as SQL, and by rule the conditions under which there is none; the first that holds counts."""
    kind = column.data_type
    if kind.startswith("DECIMAL") or kind == "BIGINT":
        return number(column, source, text)
    if kind == "BOOLEAN":
        return f"case {text} when 'true' then true when 'false' then false end", {"boolean": "true"}
    if kind == "DATE" and column.is_month:
        return month(text, source.month_format, source.max_period), {"month": "true"}
    if kind == "DATE":
        return day(text, source.date_format), {"date": "true"}
    if kind == "TIMESTAMP":
        local = moment(text, source.timestamp_format)
        return f"timezone('UTC', timezone({literal(source.timezone)}, {local}))", {"timestamp": "true"}
    return text, {}


def _rules(given: CanonicalColumn, source: Source, reasons: dict[str, str]) -> Iterator[ValueRule]:
    """The rules of a column. All that costs is reckoned only where there is a text and no value."""
    column, text, value = given.column, given.text_name, given.value_name
    if column.is_required:
        yield ValueRule(f"{text} is null", {"required": "true"})
    is_error = "false"
    if source.has_excel_errors:
        listed = ", ".join(literal(error) for error in EXCEL_ERRORS)
        is_error = f"(upper({text}) in ({listed}) or {matches(text, '##+')})"
        yield ValueRule(f"case when starts_with({text}, '#') then {is_error} else false end", {"error_cell": "true"})
    if reasons:
        of_others = {name: f"({condition}) and not {is_error}" for name, condition in reasons.items()}
        yield ValueRule(f"{text} is not null and {value} is null", of_others)
    if column.allowed:
        allowed = ", ".join(literal(value) for value in column.allowed)
        yield ValueRule(f"{text} not in ({allowed})", {"enum": "true"})
    if column.pattern:
        yield ValueRule(f"not {matches(text, column.pattern)}", {"pattern": "true"})
