"""Delivered texts: each that is not blank gives the value that its contract says, or one fault; never another value."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.intake.contract import Column, Source
from orchestration.intake.contracts import load_contracts
from orchestration.intake.dialect import AMOUNT_FACTORS
from orchestration.intake.moments import MONTHS, written
from orchestration.intake.values import EXCEL_ERRORS, REASONS_SV, canonical
from orchestration.settings import CHECKOUT

LEDGER = load_contracts(CHECKOUT / "expectations" / "contracts")["ledger"]
PLAIN = replace(LEDGER.sources["ekonomisystem"], values={})
AMOUNT, DAY, MONTH = (
    replace(LEDGER.column(name), is_required=False) for name in ("amount_sek", "posting_date", "month")
)
CODE = LEDGER.column("cost_centre")
PERCENT = replace(AMOUNT, data_type="DECIMAL(9,4)", unit="pct")
YEAR = replace(AMOUNT, data_type="BIGINT", unit=None)
MOMENT = replace(DAY, data_type="TIMESTAMP")
NBSP, NNBSP, MINUS = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{MINUS SIGN}"
FULL = replace(
    PLAIN,
    thousands_mark=" ",
    negative_forms=("trailing", "parentheses"),
    unit_suffixes={"kr": "kr", "tkr": "tkr", "mkr": "mnkr", "mkr/år": "mnkr", "%": "pct"},
)
CONNECTION = duckdb.connect()


@dataclass(frozen=True)
class Fault:
    rule: str


def read_all(texts: list[str], column: Column, source: Source) -> list[Any]:
    """What becomes of each text: a value, None where nothing is given, or its one Fault."""
    made = canonical(column, source, "c0")
    broken = ", ".join(rule.named() for rule in made.rules)
    rows = CONNECTION.execute(
        f"""
        with delivered as (select unnest(cast(? as varchar[])) as c0),
        texts as (select *, {made.text} as {made.text_name} from delivered),
        typed as (select *, {made.value} as {made.value_name} from texts)
        select {made.value_name}, [{broken}] from typed
        """,
        [texts],
    ).fetchall()
    outcomes = []
    for text, (value, rules) in zip(texts, rows, strict=True):
        faults = [Fault(rule) for rule in rules if rule is not None]
        assert len(faults) <= 1, f"{text!r} is told of twice"
        assert not (faults and value is not None and made.value_name == made.value), f"{text!r} is both"
        outcomes.append(faults[0] if faults else value)
    return outcomes


def read(text: str, column: Column, source: Source) -> Any:
    return read_all([text], column, source)[0]


NUMBER, PRECISION, UNIT, FOOTNOTE = Fault("number"), Fault("precision"), Fault("unit"), Fault("footnote")


@pytest.mark.parametrize(
    ("text", "sek"),
    [
        ("1 234,50", "1234.50"),
        (f"1{NBSP}234{NBSP}567,5", "1234567.5"),
        (f"1{NNBSP}234 567", "1234567"),
        (f"{NBSP}-1 234,50{NBSP}", "-1234.50"),
        (f"{MINUS}1 234,50", "-1234.50"),
        ("1 234,50-", "-1234.50"),
        ("(1 234,50)", "-1234.50"),
        ("1234567,00", "1234567"),
        ("0", "0"),
        ("-0,00", "0"),
        ("1,500000", "1.5"),
        ("1 23", NUMBER),
        ("12 34,5", NUMBER),
        ("1234 567", NUMBER),
        ("1  234", NUMBER),
        ("0 123", NUMBER),
        ("1 234,567", PRECISION),
        ("1.234", NUMBER),
        ("1.234,50", NUMBER),
        ("1,234,5", NUMBER),
        ("--5", NUMBER),
        (f"{MINUS}-5", NUMBER),
        ("-5-", NUMBER),
        ("(-5)", NUMBER),
        ("(5", NUMBER),
        ("(5)-", NUMBER),
        ("- 5", NUMBER),
        ("+5", NUMBER),
        (",5", NUMBER),
        ("5,", NUMBER),
        ("-", NUMBER),
        ("1E3", NUMBER),
        ("12:-", NUMBER),
        ("#N/A", NUMBER),
        ("NaN", NUMBER),
        (NBSP, NUMBER),
        ("9" * 17, PRECISION),
        ("9" * 60, PRECISION),
        ("78¹", FOOTNOTE),
        ("78,5 ²⁾", FOOTNOTE),
        ("1 078*", FOOTNOTE),
        ("78 mkr¹", FOOTNOTE),
        ("78¹ mkr", FOOTNOTE),
        ("7¹8", FOOTNOTE),
    ],
)
def test_numbers_are_read_by_the_marks_and_signs_of_the_contract(text: str, sek: str | Fault) -> None:
    assert read(text, AMOUNT, FULL) == (Decimal(sek) if isinstance(sek, str) else sek)


@pytest.mark.parametrize("text", ["1 234,50", f"1{NBSP}234", "1.234,50", "1'234", "5-", "(5)", "5 kr", "5%"])
def test_what_the_contract_does_not_allow_is_a_fault(text: str) -> None:
    assert read(text, AMOUNT, PLAIN) in (NUMBER, UNIT)


@pytest.mark.parametrize(
    ("decimal_mark", "thousands_mark", "text", "sek"),
    [
        (",", ".", "1.234", 1234),
        (",", ".", "1.234.567,89", Decimal("1234567.89")),
        (",", ".", "1.23", NUMBER),
        (",", ".", "0.123", NUMBER),
        (",", ".", "12.34.567", NUMBER),
        (",", None, "1.234", NUMBER),
        (".", ",", "1,234.50", Decimal("1234.5")),
        (".", ",", "1,5", NUMBER),
        (".", ",", "0,500", NUMBER),
        (".", "'", "1'234.50", Decimal("1234.5")),
        (".", "'", "1'23", NUMBER),
        (".", None, "1.5", Decimal("1.5")),
        (".", NBSP, f"1 234{NNBSP}567.5", Decimal("1234567.5")),
    ],
)
def test_a_mark_is_what_the_contract_says_and_never_guessed(decimal_mark, thousands_mark, text, sek) -> None:
    assert read(text, AMOUNT, replace(PLAIN, decimal_mark=decimal_mark, thousands_mark=thousands_mark)) == sek


@pytest.mark.parametrize(
    ("unit", "text", "sek"),
    [
        ("mnkr", "1,5 mkr", 1_500_000),
        ("mnkr", "2 mkr/år", 2_000_000),
        ("mnkr", f"(2{NBSP}mkr)", NUMBER),
        ("mnkr", "(2) mkr", -2_000_000),
        ("mnkr", f"{MINUS}500 tkr", -500_000),
        ("mnkr", "12kr", 12),
        ("mnkr", "4,000", 4_000_000),
        ("mnkr", "0,00000001", Decimal("0.01")),
        ("mnkr", "0,000000001", PRECISION),
        ("mnkr", "0,001 kr", PRECISION),
        ("mnkr", "99999999999,0", PRECISION),
        ("mnkr", "99999999999999999", PRECISION),
        ("tkr", "1 234,5", 1_234_500),
        ("tkr", "1,5 mkr", 1_500_000),
        ("kr", "1,5", Decimal("1.5")),
        ("öre", "123456", Decimal("1234.56")),
        ("öre", "0000000000123456", Decimal("1234.56")),
        ("öre", "-7", Decimal("-0.07")),
        ("öre", "7,0", Decimal("0.07")),
        ("öre", "7,5", PRECISION),
        ("öre", "5 tkr", 5000),
        ("kr", "1,5 mdkr", UNIT),
        ("kr", "3,4 %", UNIT),
        ("kr", "2 mkr per år", UNIT),
        ("kr", "mkr", NUMBER),
    ],
)
def test_amounts_become_sek_by_their_suffix_else_by_the_unit_of_the_source(unit, text, sek) -> None:
    assert read(text, AMOUNT, replace(FULL, amount_factor=AMOUNT_FACTORS[unit])) == sek


def test_a_suffix_holds_for_columns_of_its_unit() -> None:
    mnkr = replace(FULL, amount_factor=AMOUNT_FACTORS["mnkr"])
    assert read_all(["3,4 %", "3,4%", "3,4", "3,4 mkr", "-3,41234"], PERCENT, mnkr) == [
        *[Decimal("3.4")] * 3,
        *(UNIT, PRECISION),
    ]


def test_a_turned_sign_is_turned_in_every_form() -> None:
    credit = replace(FULL, negated=("amount_sek",))
    assert read_all(["1,5", "-1,5", "1,5-", "(1 000)", "2 tkr"], AMOUNT, credit) == [
        *(Decimal("-1.5"), Decimal("1.5"), Decimal("1.5"), 1000, -2000)
    ]


def test_whole_numbers_have_no_decimals() -> None:
    assert read_all(["2024", "2 024", f"{MINUS}7", "12,0", "12,5", "78¹", "9" * 19], YEAR, FULL) == [
        *(2024, 2024, -7, 12),
        *(PRECISION, FOOTNOTE, PRECISION),
    ]


@pytest.mark.parametrize(
    ("date_format", "text", "day"),
    [
        ("%Y-%m-%d", "2024-12-31", date(2024, 12, 31)),
        ("%Y-%m-%d", "2024-02-29", date(2024, 2, 29)),
        ("%Y-%m-%d", "2023-02-29", None),
        ("%Y-%m-%d", "2024-1-5", None),
        ("%Y-%m-%d", "2024/01/05", None),
        ("%Y-%m-%d", "24-01-05", None),
        ("%Y-%m-%d", "2024-01-05 00:00", None),
        ("%Y-%m-%d", "infinity", None),
        ("%Y-%m-%d", "epoch", None),
        ("%Y%m%d", "20241231", date(2024, 12, 31)),
        ("%Y%m%d", "2024105", None),
        ("%Y%m%d", "\t2024105", None),
        ("%d/%m/%y", "31/12/24", date(2024, 12, 31)),
        ("%d/%m/%y", "31/12/68", date(2068, 12, 31)),
        ("%d/%m/%y", "31/12/69", date(1969, 12, 31)),
        ("%d/%m/%y", "12/31/24", None),
        ("%d/%m/%y", "31/12/2024", None),
        ("%-d/%-m %Y", "5/1 2024", date(2024, 1, 5)),
        ("%-d/%-m %Y", "05/01 2024", None),
        ("%-d %B %Y", "5 oktober 2024", date(2024, 10, 5)),
        ("%d-%b-%y", "05-Okt-24", date(2024, 10, 5)),
        ("%d-%b-%y", "05-Oct-24", None),
        ("excel_serial", "45657", date(2024, 12, 31)),
        ("excel_serial", "36526", date(2000, 1, 1)),
        ("excel_serial", "18264", date(1950, 1, 1)),
        ("excel_serial", "73050", date(2099, 12, 31)),
        ("excel_serial", "73051", None),
        ("excel_serial", "2024", None),
        ("excel_serial", "60", None),
        ("excel_serial", "45657,5", None),
        ("excel_serial", "20241231", None),
        ("excel_serial", "2024-12-31", None),
    ],
)
def test_a_date_is_written_just_as_the_contract_says(date_format: str, text: str, day: date | None) -> None:
    assert read(text, DAY, replace(PLAIN, date_format=date_format)) == (day or Fault("date"))


@pytest.mark.parametrize(
    ("month_format", "max_period", "text", "month"),
    [
        ("%Y-%m", 12, "2024-10", 10),
        ("%Y-%m", 12, "2 024 -09", None),
        ("%Y-%m", 12, "2024-13", None),
        ("%Y-%m", 12, "2024-00", None),
        ("%Y-%m", 12, "2024-10-01", None),
        ("%Y%m", 12, "202413", None),
        ("%Y%m", 13, "202413", 12),
        ("%Y%m", 13, "202412", 12),
        ("%Y%m", 13, "202414", None),
        ("%Y%m", 14, "202414", 12),
        ("%Y%m", 13, "202400", None),
        ("%Y-%m", 13, "2024-13", 12),
        ("%Y-%m", 13, "2024-01", 1),
        ("%m/%Y", 13, "13/2024", 12),
        ("%b %Y", 12, "okt 2024", 10),
        ("%b %Y", 12, "OKT. 2024", 10),
        ("%b %Y", 12, "maj 2024", 5),
        ("%b %Y", 12, "sept 2024", 9),
        ("%b %Y", 12, "juni 2024", 6),
        ("%b %Y", 12, "oktober 2024", None),
        ("%b %Y", 12, "oct 2024", None),
        ("%b %Y", 12, "okt 24", None),
        ("%b %Y", 12, "okt  2024", None),
        ("%b %Y", 12, "10 2024", None),
        ("%b-%y", 12, "Okt-24", 10),
        ("%B %Y", 12, "Oktober 2024", 10),
        ("%B %Y", 12, "okt 2024", None),
        ("%Y-%m-%d", 12, "2024-10-17", 10),
        ("excel_serial", 12, "45567", 10),
    ],
)
def test_a_month_is_written_just_as_the_contract_says(month_format, max_period, text, month) -> None:
    source = replace(PLAIN, month_format=month_format, max_period=max_period)
    assert read(text, MONTH, source) == (date(2024, month, 1) if month else Fault("month"))


def test_period_13_is_kept_as_text_where_text_is_asked_for() -> None:
    source = replace(PLAIN, month_format="%Y%m", max_period=13)
    assert read("202413", LEDGER.column("period"), source) == "202413"


@pytest.mark.parametrize("date_format", ["%Y-%m-%d", "%d.%m.%Y", "%-d %b %Y", "excel_serial"])
def test_sentinel_dates_mean_not_given_where_the_contract_lists_them(date_format: str) -> None:
    sentinels = (date(1799, 12, 31), date(1899, 12, 31), date(2999, 12, 31))
    source = replace(PLAIN, date_format=date_format, sentinel_dates=sentinels)
    texts = [written(day, date_format) for day in (*sentinels, date(2024, 12, 31))]
    assert read_all(texts, DAY, source) == [None, None, None, date(2024, 12, 31)]
    assert read_all(texts[:3], replace(DAY, is_required=True), source) == [Fault("required")] * 3
    unlisted = read(texts[0], DAY, replace(source, sentinel_dates=()))
    assert unlisted == (Fault("date") if date_format == "excel_serial" else sentinels[0])


def test_a_sentinel_instant_means_not_given_too() -> None:
    source = replace(PLAIN, timestamp_format="%Y-%m-%d %H:%M", sentinel_dates=(date(1899, 12, 31),))
    assert read_all(["1899-12-31 00:00", "2024-07-01 08:00", "2024-07-01 8:00"], MOMENT, source) == [
        *(None, datetime(2024, 7, 1, 6), Fault("timestamp"))
    ]


def test_codes_keep_their_zeros_and_padding_alone_is_no_code() -> None:
    assert read_all(["0110", " 0110  ", "   ", "1 2", "78¹"], CODE, FULL) == ["0110", "0110", None, "1 2", "78¹"]


def test_a_code_that_has_lost_its_zeros_breaks_the_pattern_of_the_contract() -> None:
    fixed = replace(CODE, pattern=r"\d{4}")
    assert read_all(["0110", "110", "110.0", "1.1E2", " "], fixed, PLAIN) == ["0110", *[Fault("pattern")] * 3, None]


@pytest.mark.parametrize("column", [CODE, AMOUNT, DAY, MONTH, MOMENT, YEAR, LEDGER.column("is_preliminary")])
def test_error_cells_are_faults_in_every_column(column: Column) -> None:
    texts = [*EXCEL_ERRORS, "#saknas!", "########"]
    assert read_all(texts, column, replace(FULL, has_excel_errors=True)) == [Fault("error_cell")] * len(texts)


def test_a_hash_is_a_text_where_it_is_no_error_of_excel() -> None:
    excel = replace(PLAIN, has_excel_errors=True)
    assert read_all(["#", "#12", "N/A"], CODE, excel) == ["#", "#12", "N/A"]
    assert read_all(["#N/A", "#########"], CODE, PLAIN) == ["#N/A", "#########"]


def test_every_rule_has_words_for_a_controller() -> None:
    columns = [replace(column, pattern="x", allowed=("x",)) for column in LEDGER.columns] + [MOMENT]
    excel = replace(FULL, has_excel_errors=True)
    rules = {name for column in columns for rule in canonical(column, excel, "c0").rules for name in rule.reasons}
    of_readers = {"columns", "line_length", "sie_row", "unbalanced"}
    assert rules | of_readers == set(REASONS_SV)


# --- dialects without end -------------------------------------------------------------------------------------------

MARKS = [(",", None), (",", " "), (",", "."), (".", None), (".", " "), (".", ","), (".", "'"), (",", "'")]


@st.composite
def number_sources(draw: st.DrawFn) -> Source:
    decimal_mark, thousands_mark = draw(st.sampled_from(MARKS))
    suffixes = {"kr": "kr", "tkr": "tkr", "mkr": "mnkr", "milj. kr": "mnkr", "mkr/år": "mnkr"}
    return replace(
        PLAIN,
        decimal_mark=decimal_mark,
        thousands_mark=thousands_mark,
        negative_forms=tuple(draw(st.sets(st.sampled_from(["trailing", "parentheses"])))),
        unit_suffixes={s: suffixes[s] for s in draw(st.sets(st.sampled_from(sorted(suffixes))))},
        amount_factor=AMOUNT_FACTORS[draw(st.sampled_from(sorted(AMOUNT_FACTORS)))],
        negated=draw(st.sampled_from([(), ("amount_sek",)])),
    )


@st.composite
def numbers(draw: st.DrawFn, source: Source) -> tuple[str, Decimal]:
    """A number as a source may write it, and what it then is in SEK."""
    unit = draw(st.sampled_from([None, *source.unit_suffixes]))
    factor = source.amount_factor if unit is None else AMOUNT_FACTORS[source.unit_suffixes[unit]]
    # Written by hand from the digits, so that the expected value owes nothing to what is tested.
    places = max(2 + factor.adjusted(), 0)
    decimals = draw(st.text("0123456789", max_size=places)) + "0" * draw(st.integers(0, 3))
    whole = str(draw(st.integers(0, 10 ** (15 - max(factor.adjusted(), 0)))))
    amount = Decimal(f"{whole}.{decimals or 0}") * factor
    mark = source.thousands_mark
    if mark is not None and draw(st.booleans()):
        groups = [whole[max(end - 3, 0) : end] for end in range(len(whole), 0, -3)][::-1]
        marks = st.sampled_from([" ", NBSP, NNBSP] if mark == " " else [mark])
        whole = groups[0] + "".join(draw(marks) + group for group in groups[1:])
    text = whole + (source.decimal_mark + decimals if decimals else "")
    forms = {"-": "-{}", MINUS: MINUS + "{}", "trailing": "{}-", "parentheses": "({})"}
    form = draw(st.sampled_from(["", "-", MINUS, *source.negative_forms]))
    text = forms.get(form, "{}").format(text)
    if unit is not None:
        text += draw(st.sampled_from(["", " ", NBSP])) + unit
    text = draw(st.sampled_from(["", " "])) + text + draw(st.sampled_from(["", "  "]))
    is_turned = bool(form) != bool(source.negated)
    return text, -amount if is_turned else amount


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_number_written_by_a_dialect_is_read_back_exactly(data: st.DataObject) -> None:
    source = data.draw(number_sources())
    written_numbers = data.draw(st.lists(numbers(source), min_size=1, max_size=20))
    assert read_all([text for text, _ in written_numbers], AMOUNT, source) == [amount for _, amount in written_numbers]


SLIPS = [*" .,'-()+¹²*%xkr#", NBSP, NNBSP, MINUS]


@st.composite
def slips(draw: st.DrawFn, source: Source) -> tuple[str, Decimal]:
    """A number with one character too many, and what it would be without."""
    text, amount = draw(numbers(source))
    place, slip = draw(st.integers(0, len(text))), draw(st.sampled_from(SLIPS))
    # What makes a rightly written number of another value is no slip that anyone could see.
    is_sign = slip in ("-", MINUS) and not text[:place].strip()
    is_mark = slip == source.decimal_mark and source.decimal_mark not in text
    return (text, amount) if is_sign or is_mark else (text[:place] + slip + text[place:], amount)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_slip_beside_the_digits_gives_the_same_number_or_a_fault(data: st.DataObject) -> None:
    source = replace(data.draw(number_sources()), unit_suffixes={}, negative_forms=())
    slipped = data.draw(st.lists(slips(source), min_size=1, max_size=20))
    outcomes = read_all([text for text, _ in slipped], AMOUNT, source)
    for outcome, (text, amount) in zip(outcomes, slipped, strict=True):
        assert isinstance(outcome, Fault) or outcome == amount, text


DATE_FORMATS = ["%Y-%m-%d", "%Y%m%d", "%d/%m/%y", "%d.%m.%Y", "%-d/%-m %Y", "%-d %B %Y", "%d-%b-%y", "excel_serial"]
MONTH_FORMATS = ["%Y-%m", "%Y%m", "%m/%Y", "%b %Y", "%B %Y", "%b-%y", "%y%m", "%Y-%m-%d", "excel_serial"]
DAYS = st.dates(date(1969, 1, 1), date(2068, 12, 31))


@settings(max_examples=100, deadline=None)
@given(st.lists(DAYS, min_size=1, max_size=20), st.sampled_from(DATE_FORMATS), st.sampled_from(MONTH_FORMATS))
def test_a_date_and_a_month_written_by_a_dialect_are_read_back_exactly(days, date_format, month_format) -> None:
    source = replace(PLAIN, date_format=date_format, month_format=month_format)
    assert read_all([written(day, date_format) for day in days], DAY, source) == days
    firsts = [day.replace(day=1) for day in days]
    assert read_all([written(day, month_format) for day in days], MONTH, source) == firsts


@settings(max_examples=100, deadline=None)
@given(DAYS, st.sampled_from(DATE_FORMATS), st.sampled_from([*" .-/x¹", NBSP]))
def test_a_slip_in_a_date_gives_the_same_date_or_a_fault(day: date, date_format: str, slip: str) -> None:
    text = written(day, date_format)
    slipped = [text[:place] + slip + text[place:] for place in range(len(text) + 1)]
    assert set(read_all(slipped, DAY, replace(PLAIN, date_format=date_format))) <= {day, Fault("date")}


CHARACTERS = st.sampled_from("0123456789 .,'-()¹mkr/#" + NBSP + MINUS) | st.characters(exclude_characters="\0")
TEXTS = st.text(CHARACTERS, max_size=10).filter(lambda text: text.strip(" "))


def digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789").strip("0")


@settings(max_examples=25, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=80), st.data())
def test_no_text_that_is_there_becomes_nothing_or_other_digits(texts: list[str], data: st.DataObject) -> None:
    source = replace(
        data.draw(number_sources()),
        date_format=data.draw(st.sampled_from(DATE_FORMATS)),
        month_format=data.draw(st.sampled_from(["%Y-%m", "%m/%Y", "%Y%m"])),
        max_period=data.draw(st.sampled_from([12, 13])),
        has_excel_errors=data.draw(st.booleans()),
    )
    for column in (DAY, MONTH, MOMENT):
        assert None not in read_all(texts, column, source)
    for column in (AMOUNT, PERCENT, YEAR):
        for text, outcome in zip(texts, read_all(texts, column, source), strict=True):
            assert isinstance(outcome, Fault) or digits(f"{outcome:f}") == digits(text), text


def test_the_days_of_excel_are_counted_from_the_turn_of_the_century() -> None:
    source = replace(PLAIN, date_format="excel_serial")
    days = [date(1950, 1, 1) + timedelta(days=365 * year) for year in range(150)]
    # Excel's own: 1950-01-01 is 18264, 2000-01-01 is 36526, 2024-12-31 is 45657.
    assert read_all([str(18264 + 365 * year) for year in range(150)], DAY, source) == days


def test_month_names_are_all_there() -> None:
    source = replace(PLAIN, month_format="%B %Y")
    assert read_all([f"{name} 2024" for name in MONTHS], MONTH, source) == [date(2024, m, 1) for m in range(1, 13)]
