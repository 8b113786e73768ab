"""From delivered texts to raw in one pass: accepted rows are inserted, the others set aside, by the contract alone.

Each row is read once. What a rule rejects never reaches raw: it is handed, masked, to a `Tally`, which keeps the counts
that must add up. All of it happens in the caller's transaction.
"""

from dataclasses import dataclass
from datetime import date

import duckdb

from orchestration.intake import slices
from orchestration.intake.contract import Contract, Source
from orchestration.intake.privacy import SUSPECT
from orchestration.intake.tally import FAULT_MARK, LentFunctions
from orchestration.intake.values import CanonicalColumn, canonical, literal

HIDDEN = "[raden visas inte: den kan rymma personuppgifter]"


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
    kept = ", ".join(f"{_kept(column, columns)} as {column.column.name}" for column in columns)
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


def _kept(column: CanonicalColumn, columns: list[CanonicalColumn]) -> str:
    """A column as raw keeps it: from here on no person is in clear."""
    value = column.value_name
    masked = f"case when regexp_matches({value}, {literal(SUSPECT)}) then intake_masked_text({value}) else {value} end"
    if column.column.classification == "personal_dropped":
        return "null"
    if column.column.classification == "personal":
        return f"intake_pseudonym({value})"
    if column.column.classification == "personal_if_identity_number":
        return f"case when {_is_person(value)} then intake_pseudonym({value}) else {value} end"
    if column.column.classification == "free_text":
        return masked
    if column.column.classification == "personal_name":
        numbered = next(c.value_name for c in columns if c.column.classification == "personal_if_identity_number")
        return f"case when {_is_person(numbered)} then null else {masked} end"
    return value


def _is_person(value: str) -> str:
    """True for an identity number; Python is asked only of what is long enough for one."""
    return f"length({value}) >= 10 and intake_is_person({value})"


def _verdict(contract: Contract, source: Source, delivered: Delivered, columns: list[CanonicalColumn]) -> str:
    """True for a row that is accepted. Whatever else there is to do with a row is done for that row alone."""
    amount = next((c.value_name for c in columns if c.column.name == contract.control_column), "null")
    text = _row_text(contract, source, delivered)
    given = f"{text}, cast({amount} as varchar), candidate.slice_id)"
    rules = [(rule, f"{c.column.name}|") for c in columns for rule in c.rules]
    cases = []
    if delivered.given is not None:
        cases.append((f"{delivered.fault} = 'irregular'", f"intake_set_irregular_aside(row_number, {delivered.given})"))
    if source.extract_date_header in delivered.columns:
        extract = delivered.columns[source.extract_date_header]
        is_other = f"trim({extract}) <> {literal(delivered.extract_text or '')}"
        cases.append((is_other, f"intake_set_extract_aside({extract})"))
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
    broken = [rule.broken_when for rule, _ in rules]
    named = [rule.named(column) for rule, column in rules]
    if delivered.fault is not None:
        broken.append(f"{delivered.fault} is not null")
        named.append(delivered.fault)
    if broken:
        faults = f"concat_ws({literal(FAULT_MARK)}, {', '.join(named)})"
        cases.append((" or ".join(broken), f"intake_set_aside(row_number, {faults}, {given}"))
    return "case " + " ".join(f"when {condition} then {call}" for condition, call in cases) + " else true end"


def _row_text(contract: Contract, source: Source, delivered: Delivered) -> str:
    """The delivered row as `header=value; …`: the columns that the contract reads, but for those with personal data."""
    read = {source.headers.get(c.name) for c in contract.columns if not c.classification.startswith("personal")}
    shown = [f"{literal(header + '=')} || {name}" for header, name in delivered.columns.items() if header in read]
    return f"concat_ws('; ', {', '.join(shown)})" if shown else "''"
