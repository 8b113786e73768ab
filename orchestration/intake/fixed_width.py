"""Fixed width: lines of one length, cut where the contract says. Row numbers are line numbers.

Amounts may come in a smaller unit without a decimal mark (öre), and with their sign in a column of its own.
"""

from orchestration.errors import RefusedFileError
from orchestration.intake.contract import Source
from orchestration.intake.decode import Text
from orchestration.intake.delimited import UNQUOTED, scan
from orchestration.intake.incoming import Delivered


def delivered(text: Text, source: Source) -> Delivered:
    """The lines of a text as rows of texts; one of another length than the contract's has the fault `line_length`.

    Raises RefusedFileError if not even the first line has that length.
    """
    layout = source.layout
    assert layout is not None
    with text.parts[0].path.open(encoding="utf-8", newline="") as file:
        line = file.readline().rstrip("\n")
    if len(line) != layout.record_length:
        raise RefusedFileError(
            "line_length",
            f"Rad 1 har {len(line)} tecken, men kontraktet säger {layout.record_length}. Rätta filen, eller ändra"
            f" källan {source.name} i kontraktet {source.feed}.yaml.",
        )
    extract = None
    if source.extract_date_header is not None:
        start, length = layout.fields[source.extract_date_header]
        extract = line[start - 1 : start - 1 + length].strip() or None
    columns = {name: f"f{place}" for place, name in enumerate(layout.fields)}
    cuts = [f"{_text_of(name, source)} as {column}" for name, column in columns.items()]
    lines = " union all ".join(
        f"select row_number() over () + {part.lines_before} as row_number, c0 as line from {scan(UNQUOTED, 1, False)}"
        for part in text.parts
    )
    relation = f"""
        select row_number, {", ".join(cuts)},
            case when length(line) <> {layout.record_length} then '|line_length' end as fault
        from ({lines}) where line is not null
    """
    return Delivered(relation, tuple(str(part.path) for part in text.parts), columns, extract, fault="fault")


def _text_of(name: str, source: Source) -> str:
    """A field as the text that the contract's marks read."""
    layout = source.layout
    assert layout is not None
    text = _cut(*layout.fields[name])
    decimals = layout.implied_decimals.get(name)
    if decimals is not None:
        digits = f"lpad({text}, cast(greatest(length({text}), {decimals + 1}) as int), '0')"
        marked = f"left({digits}, -{decimals}) || '{source.decimal_mark}' || right({digits}, {decimals})"
        text = f"case when regexp_full_match({text}, '\\d+') then {marked} else {text} end"
    sign = layout.sign_fields.get(name)
    if sign is not None:
        text = f"ltrim({_cut(*layout.fields[sign])}, '+') || {text}"
    return f"nullif({text}, '')"


def _cut(start: int, length: int) -> str:
    return f"trim(substr(line, {start}, {length}))"
