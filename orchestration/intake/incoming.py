"""From delivered texts to raw in one pass: accepted rows are inserted, the others set aside, by the contract alone.

Each row is read once. What a rule rejects never reaches raw: it is handed, masked, to a `Tally`, which keeps the counts
that must add up. All of it happens in the caller's transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import duckdb

from orchestration.intake import slices
from orchestration.intake.contracts import Contract, Source
from orchestration.intake.privacy import SUSPECT, PersonKey, is_identity_number, mask
from orchestration.intake.values import CanonicalColumn, canonical, literal

HIDDEN = "[raden visas inte: den kan rymma personuppgifter]"
FAULT_MARK = ";"


@dataclass(frozen=True)
class Delivered:
    """Rows as a reader hands them on: an SQL relation with the column `row_number` and one text column per header.

    `columns` gives the SQL name of each delivered header; `extract_text` is the file's own extract date as its first
    row has it, None if the contract reads none or the row is blank there. `fault` is a column with a fault that the
    reader has found, `column|rule`, or `irregular`: then the column `given` says what it could not read.
    """

    relation: str
    parameters: tuple[str, ...]
    columns: dict[str, str]
    extract_text: str | None = None
    fault: str | None = None
    given: str | None = None


@dataclass(frozen=True)
class AsideRow:
    """A row kept out of raw. `faults` are `column|rule`, none for a row left out by declared rule; `text` is masked."""

    row_number: int
    faults: tuple[str, ...]
    text: str | None
    amount: Decimal | None
    slice_id: str | None


@dataclass
class Tally:
    """What became of the rows of one file. `first_row_id` is where its accepted rows begin in raw.<feed>."""

    first_row_id: int
    accepted: int = 0
    quarantined: list[AsideRow] = field(default_factory=list)
    left_out: list[AsideRow] = field(default_factory=list)
    totals: list[tuple[str | None, Decimal | None]] = field(default_factory=list)
    irregular: list[tuple[int, str]] = field(default_factory=list)
    masked: int = 0
    of_other_extracts: int = 0

    @property
    def rows(self) -> int:
        """All rows seen, whatever became of them."""
        aside = len(self.quarantined) + len(self.left_out)
        return self.accepted + aside + self.of_other_extracts

    def set_aside(
        self, row_number: int, faults: str | None, text: str | None, amount: str | None, slice_id: str | None
    ) -> bool:
        """Takes a row that is not accepted: with faults to quarantine, without it is left out. SQL calls it for those
        rows alone; the answer keeps them out of raw."""
        clean = None if text is None else mask(text)[0]
        broken = tuple(faults.split(FAULT_MARK)) if faults else ()
        row = AsideRow(row_number, broken, clean, Decimal(amount) if amount else None, slice_id)
        (self.quarantined if broken else self.left_out).append(row)
        return False

    def set_total_aside(self, row_number: int, text: str | None, amount: str | None, count: str | None) -> bool:
        """Takes the row that states the control total: it is left out, and remembered."""
        self.totals.append((count, Decimal(amount) if amount else None))
        return self.set_aside(row_number, None, text, amount, None)

    def set_extract_aside(self, text: str) -> bool:
        """Takes a row that tells another extract date than the first row does."""
        self.of_other_extracts += 1
        return False

    def set_irregular_aside(self, row_number: int, given: str) -> bool:
        """Takes a row that its reader will read once more, exactly."""
        self.irregular.append((row_number, given))
        return False

    def masked_text(self, text: str) -> str:
        """Free text without personal data; what was masked is counted."""
        clean, count = mask(text)
        self.masked += count
        return clean


class LentFunctions:
    """The functions that SQL calls for the few rows that must be set aside, and the values that must be hidden.

    `key` is the key for persons, `tally` that of the file in hand.
    """

    def __init__(self, key: PersonKey | None) -> None:
        self.key = key
        self.tally = Tally(0)

    def set_aside(
        self, row_number: int, faults: str | None, text: str | None, amount: str | None, slice_id: str | None
    ) -> bool:
        """Takes a row to the tally of the file in hand."""
        return self.tally.set_aside(row_number, faults, text, amount, slice_id)

    def set_total_aside(self, row_number: int, text: str | None, amount: str | None, count: str | None) -> bool:
        """Takes the row of the control total to it."""
        return self.tally.set_total_aside(row_number, text, amount, count)

    def set_irregular_aside(self, row_number: int, given: str) -> bool:
        """Takes a row that must be read once more to it."""
        return self.tally.set_irregular_aside(row_number, given)

    def set_extract_aside(self, text: str) -> bool:
        """Takes another extract date to it."""
        return self.tally.set_extract_aside(text)

    def masked_text(self, text: str) -> str:
        """Masks and counts for it."""
        return self.tally.masked_text(text)

    def pseudonym(self, value: str) -> str:
        """The keyed hash of a person."""
        assert self.key is not None
        return self.key.pseudonym(value)

    def pseudonym_of_person(self, value: str) -> str:
        """The keyed hash of an identity number; what is none is kept."""
        return self.pseudonym(value) if is_identity_number(value) else value


@contextmanager
def lent_functions(connection: duckdb.DuckDBPyConnection, key: PersonKey | None) -> Iterator[LentFunctions]:
    """Lends a connection the functions that `insert` needs. Rows may come in any order: each has its number."""
    lent = LentFunctions(key)
    connection.execute("set preserve_insertion_order = false")
    aside = (["bigint", *["varchar"] * 4], "boolean")
    text = (["varchar"], "varchar")
    functions: dict[str, tuple[Callable[..., object], list[str], str, str]] = {
        "set_aside": (lent.set_aside, *aside, "special"),
        "set_total_aside": (lent.set_total_aside, ["bigint", *["varchar"] * 3], "boolean", "special"),
        "set_irregular_aside": (lent.set_irregular_aside, ["bigint", "varchar"], "boolean", "default"),
        "set_extract_aside": (lent.set_extract_aside, ["varchar"], "boolean", "default"),
        "masked_text": (lent.masked_text, *text, "default"),
        "pseudonym": (lent.pseudonym, *text, "default"),
        "pseudonym_of_person": (lent.pseudonym_of_person, *text, "default"),
    }
    for name, (function, takes, gives, null_handling) in functions.items():
        connection.create_function(
            f"intake_{name}", function, takes, gives, side_effects=True, null_handling=null_handling
        )
    try:
        yield lent
    finally:
        for name in functions:
            connection.remove_function(f"intake_{name}")
        connection.execute("reset preserve_insertion_order")


def first_row_id(connection: duckdb.DuckDBPyConnection, contract: Contract) -> int:
    """Where the rows that this transaction will insert begin."""
    ((last,),) = connection.execute(f"select max(rowid) from raw.{contract.feed}").fetchall()
    return 0 if last is None else last + 1


def make_slice_candidates(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    source: Source,
    delivered: Delivered,
    delivery_id: str,
    as_of: date,
) -> None:
    """Makes the table of the slices that rows of this file may belong to. Costs a reading of the file only where its
    rows alone can tell parts of the key other than the month."""
    parts = slices.varying_parts(contract, source)
    query = None
    if parts:
        listed = ", ".join(f"{expression} as key_{part}" for part, expression in parts.items())
        distinct = (
            f"with {_typed(delivered, _columns(contract, source, delivered))} select distinct {listed} from typed"
        )
        query = (distinct, list(delivered.parameters))
    slices.make_candidates(connection, contract, source, delivery_id, as_of, query)


def insert(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    source: Source,
    delivered: Delivered,
    lent: LentFunctions,
) -> None:
    """Inserts the accepted rows of `delivered` into raw.<feed>, with their slices; the others go to the tally.

    The slice candidates must have been made. A row whose month lies outside them gets no slice.
    """
    columns = _columns(contract, source, delivered)
    month = slices.month_part(contract)
    same = [f"candidate.key_{part} = {sql}" for part, sql in slices.varying_parts(contract, source).items()]
    same += [f"candidate.slice_month = value_of_{month}"] if month else []
    kept = ", ".join(f"{_kept(column)} as {column.column.name}" for column in columns)
    ((accepted,),) = connection.execute(
        f"""
        insert into raw.{contract.feed} by name
        with {_typed(delivered, columns)}
        select {kept}, candidate.slice_id as _slice_id, row_number as _row_number
        from typed left join {slices.CANDIDATE} as candidate on {" and ".join(same) or "true"}
        where {_verdict(contract, source, delivered, columns)}
        """,
        list(delivered.parameters),
    ).fetchall()
    lent.tally.accepted += accepted


def _columns(contract: Contract, source: Source, delivered: Delivered) -> list[CanonicalColumn]:
    headers = source.headers
    return [
        canonical(column, source, delivered.columns.get(headers.get(column.name, ""))) for column in contract.columns
    ]


def _typed(delivered: Delivered, columns: list[CanonicalColumn]) -> str:
    """The common table expressions up to `typed`, each over the one before, so that nothing is done twice."""
    return f"""delivered as ({delivered.relation}),
            texts as (select *, {", ".join(f"{c.text} as {c.text_name}" for c in columns)} from delivered),
            typed as (select *, {", ".join(f"{c.value} as {c.value_name}" for c in columns)} from texts)"""


def _kept(column: CanonicalColumn) -> str:
    """A column as raw keeps it: from here on no person is in clear."""
    value = column.value_name
    if column.column.classification == "personal_dropped":
        return "null"
    if column.column.classification == "personal":
        return f"intake_pseudonym({value})"
    if column.column.classification == "personal_if_identity_number":
        return f"case when length({value}) >= 10 then intake_pseudonym_of_person({value}) else {value} end"
    if column.column.classification == "free_text":
        return (
            f"case when regexp_matches({value}, {literal(SUSPECT)}) then intake_masked_text({value}) else {value} end"
        )
    return value


def _verdict(contract: Contract, source: Source, delivered: Delivered, columns: list[CanonicalColumn]) -> str:
    """True for a row that is accepted. Whatever else there is to do with a row is done for that row alone."""
    amount = next((c.value_name for c in columns if c.column.name == contract.control_column), "null")
    text = _row_text(contract, source, delivered)
    given = f"{text}, cast({amount} as varchar), candidate.slice_id)"
    rules = [(rule.broken_when, f"{c.column.name}|{rule.name}") for c in columns for rule in c.rules]
    cases = []
    if delivered.given is not None:
        cases.append((f"{delivered.fault} = 'irregular'", f"intake_set_irregular_aside(row_number, {delivered.given})"))
    if source.extract_date_header in delivered.columns:
        text = delivered.columns[source.extract_date_header]
        cases.append((f"trim({text}) <> {literal(delivered.extract_text or '')}", f"intake_set_extract_aside({text})"))
    total = source.control_total
    if total is not None:
        count = delivered.columns[total.count_header] if total.count_header else "null"
        call = f"intake_set_total_aside(row_number, {text}, cast({amount} as varchar), {count})"
        cases.append((f"trim({delivered.columns[total.header]}) = {literal(total.text)}", call))
    for header, texts in source.left_out_rows.items():
        for left_out in texts:
            at = f"trim({delivered.columns[header]})"
            beginning = literal(left_out.removesuffix("*"))
            condition = f"starts_with({at}, {beginning})" if left_out.endswith("*") else f"{at} = {beginning}"
            cases.append((condition, f"intake_set_aside(row_number, null, {given}"))
    if delivered.fault is not None:
        cases.append(
            (
                f"{delivered.fault} is not null",
                f"intake_set_aside(row_number, {delivered.fault}, {given}",
            )
        )
    if rules:
        named = ", ".join(f"case when {condition} then {literal(fault)} end" for condition, fault in rules)
        broken = " or ".join(condition for condition, _ in rules)
        faults = f"concat_ws({literal(FAULT_MARK)}, {named})"
        cases.append((broken, f"intake_set_aside(row_number, {faults}, {given}"))
    return "case " + " ".join(f"when {condition} then {call}" for condition, call in cases) + " else true end"


def _row_text(contract: Contract, source: Source, delivered: Delivered) -> str:
    """The delivered row as `header=value; …`: the columns that the contract reads, but for those with personal data."""
    read = {source.headers.get(c.name) for c in contract.columns if not c.classification.startswith("personal")}
    shown = [f"{literal(header + '=')} || {name}" for header, name in delivered.columns.items() if header in read]
    return f"concat_ws('; ', {', '.join(shown)})" if shown else "''"
