"""Judging a small warehouse: what holds passes, what is broken fails, what cannot be judged is an error."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from expectations.runner import judge
from expectations.suites import SUITES, ControlText, Expectation, Suite, load_suites
from orchestration.model import CheckResult, Finding, Judgement, Severity, Status

pytestmark = pytest.mark.pipeline

TEXT = ControlText("Det stämmer inte.", "Kronor.", "Rätta.", "Idag.")
PUBLISHED_TEST_NUMBER = "900101-9802"
SCHEMAS = ("raw", "controls", "marts", "ops")


def demand(
    type_: str, control: str = "M1", severity: Severity = Severity.STOP, what: str = TEXT.what, **kwargs: object
) -> Expectation:
    return Expectation(control, severity, type_, kwargs, ControlText(what, TEXT.means, TEXT.do, TEXT.by))


EMPTY = demand("ExpectTableRowCountToEqual", "F1", Severity.WARN, value=0)
FILLED = demand("ExpectTableRowCountToBeBetween", min_value=1)
MONTH_KNOWN = demand("ExpectColumnValuesToNotBeNull", what="Månad saknas.", column="month")
NO_NUMBER = demand("ExpectColumnsToHoldNoIdentityNumber", "P1", text_columns=["text"])


@pytest.fixture
def warehouse(tmp_path: Path) -> Callable[..., Path]:
    """Builds a database of the statements given; nothing holds it open afterwards."""

    def build(*statements: str, name: str = "warehouse.duckdb") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(file)) as connection:
            for schema in SCHEMAS:
                connection.execute(f"create schema {schema}")
            for statement in statements:
                connection.execute(statement)
        return file

    return build


def control_table(rows: int, name: str = "control_f1", further: str = "") -> str:
    return (
        f"create table controls.{name} as select 'action' as subject_type, 'A' || i as subject_id, 'HR' as owner_role, "
        f"case when i > 0 then cast(1000.50 as decimal(18,2)) end as amount_sek, 'text ' || i as detail{further} "
        f"from range({rows}) as t(i)"
    )


def by_check(judgement: Judgement) -> Mapping[tuple[str, str], CheckResult]:
    return {(result.check_id, result.table_name): result for result in judgement.results}


def one(judgement: Judgement) -> CheckResult:
    (result,) = judgement.results
    return result


def test_a_control_that_names_nobody_passes(warehouse: Callable[..., Path]) -> None:
    judgement = judge(warehouse(control_table(0)), [Suite("controls.control_f1", "F1", (EMPTY,))], [])
    assert judgement == Judgement(
        (CheckResult("F1", "controls.control_f1", Severity.WARN, Status.PASSED, "0 rader", 0, None, ""),)
    )


def test_every_row_of_a_failing_control_becomes_a_finding(warehouse: Callable[..., Path]) -> None:
    judgement = judge(warehouse(control_table(251)), [Suite("controls.control_f1", "F1", (EMPTY,))], [])
    result = one(judgement)
    assert (result.status, result.severity, result.observed) == (Status.FAILED, Severity.WARN, "251 rader")
    assert (result.findings, result.amount_sek) == (251, Decimal("250125.00"))
    assert result.detail == TEXT.what
    assert judgement.findings[0] == Finding("F1", "action", "A0", "HR", None, "text 0")
    assert len({finding.subject_id for finding in judgement.findings}) == 251


def test_a_control_that_weighs_no_money_has_no_amount(warehouse: Callable[..., Path]) -> None:
    judgement = judge(warehouse(control_table(1)), [Suite("controls.control_f1", "F1", (EMPTY,))], [])
    assert (one(judgement).findings, one(judgement).amount_sek) == (1, None)


def test_a_control_model_without_its_columns_is_an_error(warehouse: Callable[..., Path]) -> None:
    database = warehouse("create table controls.control_f1 as select 1 as subject")
    judgement = judge(database, [Suite("controls.control_f1", "F1", (EMPTY,))], [])
    assert one(judgement).status is Status.ERROR
    assert "subject_type" in one(judgement).detail
    assert judgement.findings == ()


def test_a_check_passes_only_if_all_its_expectations_do(warehouse: Callable[..., Path]) -> None:
    database = warehouse("create table marts.m as select * from (values (date '2024-01-01'), (null)) as t(month)")
    unique = demand("ExpectColumnValuesToBeUnique", severity=Severity.WARN, column="month")
    result = one(judge(database, [Suite("marts.m", "M", (FILLED, unique, MONTH_KNOWN))], []))
    assert (result.status, result.findings) == (Status.FAILED, 1)
    assert (result.observed, result.detail) == ("1 avvikande av 2", "Månad saknas.")


def test_the_severity_is_that_of_what_broke(warehouse: Callable[..., Path]) -> None:
    database = warehouse("create table marts.m as select * from (values (date '2024-01-01'), (null)) as t(month)")
    lenient = demand("ExpectColumnValuesToNotBeNull", severity=Severity.INFO, column="month")
    result = one(judge(database, [Suite("marts.m", "M", (FILLED, lenient))], []))
    assert (result.status, result.severity, result.stops) == (Status.FAILED, Severity.INFO, False)


def test_controls_on_one_table_are_judged_apart(warehouse: Callable[..., Path]) -> None:
    database = warehouse(
        f"create table marts.m as select date '2024-01-01' as month, '{PUBLISHED_TEST_NUMBER}' as text"
    )
    results = by_check(judge(database, [Suite("marts.m", "M", (FILLED, NO_NUMBER, MONTH_KNOWN))], []))
    assert results["M1", "marts.m"].status is Status.PASSED
    assert results["P1", "marts.m"].status is Status.FAILED
    assert results["P1", "marts.m"].stops


def test_an_empty_table_that_may_not_be_empty_fails(warehouse: Callable[..., Path]) -> None:
    database = warehouse("create table marts.m (month date)")
    result = one(judge(database, [Suite("marts.m", "M", (FILLED, MONTH_KNOWN))], []))
    assert (result.status, result.observed) == (Status.FAILED, "0 rader")


def test_a_table_that_may_be_empty_passes_when_it_is(warehouse: Callable[..., Path]) -> None:
    database = warehouse("create table marts.m (month date, text varchar)")
    unique = demand("ExpectColumnValuesToBeUnique", column="month")
    grain = demand("ExpectCompoundColumnsToBeUnique", column_list=["month", "text"])
    judgement = judge(database, [Suite("marts.m", "M", (unique, grain, MONTH_KNOWN, NO_NUMBER))], [])
    assert {result.status for result in judgement.results} == {Status.PASSED}


def test_a_grain_that_repeats_fails(warehouse: Callable[..., Path]) -> None:
    database = warehouse("create table marts.m as select date '2024-01-01' as month, 'RD' as region from range(3)")
    grain = demand("ExpectCompoundColumnsToBeUnique", column_list=["month", "region"])
    result = one(judge(database, [Suite("marts.m", "M", (FILLED, grain))], []))
    assert (result.status, result.findings, result.observed) == (Status.FAILED, 3, "3 avvikande av 3")


# --- only new slices -----------------------------------------------------------------------------------------------

RAW = (
    "create table raw.ledger as select * from (values "
    f"('old', 1, 'avser {PUBLISHED_TEST_NUMBER}'), ('new', 1, 'avser avtal'), ('bad', 1, '{PUBLISHED_TEST_NUMBER}'), "
    f"('bad', 2, '{PUBLISHED_TEST_NUMBER}')) as t(_slice_id, _row_number, text)"
)


@pytest.mark.parametrize(
    ("new_slices", "status", "observed"),
    [
        ([], Status.PASSED, "0 rader"),
        (["new"], Status.PASSED, "0 rader"),
        (["new", "bad"], Status.FAILED, "2 rader"),
        (["x' or '1'='1"], Status.PASSED, "0 rader"),
    ],
)
def test_a_raw_suite_judges_new_slices_only(
    warehouse: Callable[..., Path], new_slices: list[str], status: Status, observed: str
) -> None:
    result = one(judge(warehouse(RAW), [Suite("raw.ledger", "Huvudbok", (NO_NUMBER,))], new_slices))
    assert (result.status, result.observed) == (status, observed)
    assert result.findings == int(observed.split()[0])
    assert PUBLISHED_TEST_NUMBER not in repr(result)


def test_a_missing_raw_table_is_an_error_even_without_new_slices(warehouse: Callable[..., Path]) -> None:
    assert one(judge(warehouse(), [Suite("raw.ledger", "Huvudbok", (NO_NUMBER,))], [])).status is Status.ERROR


# --- what cannot be judged -----------------------------------------------------------------------------------------


def test_a_missing_table_is_an_error_and_the_others_are_judged(warehouse: Callable[..., Path]) -> None:
    database = warehouse(control_table(2), "create table marts.m as select date '2024-01-01' as month")
    gone, there = Suite("marts.gone", "Borta", (FILLED,)), Suite("marts.m", "M", (FILLED, MONTH_KNOWN))
    results = by_check(judge(database, [gone, there, Suite("controls.control_f1", "F1", (EMPTY,))], []))
    assert results["M1", "marts.gone"].status is Status.ERROR
    assert results["M1", "marts.gone"].detail == "tabellen marts.gone finns inte"
    assert results["M1", "marts.gone"].stops
    assert results["M1", "marts.m"].status is Status.PASSED
    assert results["F1", "controls.control_f1"].findings == 2


@pytest.mark.parametrize(("expectation", "column"), [(MONTH_KNOWN, '"month"'), (NO_NUMBER, '"text"')])
def test_a_renamed_column_is_an_error_that_names_it(
    warehouse: Callable[..., Path], expectation: Expectation, column: str
) -> None:
    database = warehouse("create table marts.m as select date '2024-01-01' as manad")
    holds = demand("ExpectColumnValuesToNotBeNull", "M2", column="manad")
    results = by_check(judge(database, [Suite("marts.m", "M", (FILLED, expectation, holds))], []))
    result = results[expectation.control, "marts.m"]
    assert result.status is Status.ERROR
    assert result.detail.startswith(f"{expectation.type}: ")
    assert column in result.detail
    assert "\n" not in result.detail
    assert results["M2", "marts.m"].status is Status.PASSED


@pytest.mark.parametrize(
    "expectation",
    [
        demand("ExpectColumnValuesToBeMisspelt", column="month"),
        demand("ExpectColumnValuesToNotBeNull", colum="month"),
        demand("ExpectColumnsToHoldNoIdentityNumber"),
        demand("ExpectColumnsToHoldNoIdentityNumber", text_column=["month"]),
    ],
)
def test_an_expectation_that_cannot_be_built_is_an_error(
    warehouse: Callable[..., Path], expectation: Expectation
) -> None:
    database = warehouse("create table marts.m as select date '2024-01-01' as month")
    result = one(judge(database, [Suite("marts.m", "M", (FILLED, expectation))], []))
    assert result.status is Status.ERROR
    assert expectation.type in result.detail


def test_a_query_that_fails_on_a_value_is_an_error_and_the_next_table_is_judged(warehouse: Callable[..., Path]) -> None:
    database = warehouse("create table marts.m as select 'x' as month", "create table marts.n as select 1 as month")
    query = "select * from {batch} where cast(month as integer) = 1"
    bad = Suite("marts.m", "M", (demand("UnexpectedRowsExpectation", unexpected_rows_query=query),))
    results = by_check(judge(database, [bad, Suite("marts.n", "N", (FILLED, MONTH_KNOWN))], []))
    assert results["M1", "marts.m"].status is Status.ERROR
    assert results["M1", "marts.n"].status is Status.PASSED


def test_a_file_that_is_no_database_gives_errors_and_no_pass(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    file.write_bytes(b"not a database" * 400)
    result = one(judge(file, [Suite("marts.m", "M", (FILLED,))], []))
    assert (result.status, result.stops) == (Status.ERROR, True)
    assert "not a valid DuckDB database" in result.detail


def test_a_missing_database_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    assert one(judge(file, [Suite("marts.m", "M", (FILLED,))], [])).status is Status.ERROR
    assert not file.exists()


# --- what is left behind -------------------------------------------------------------------------------------------


def test_the_database_is_free_and_unchanged_afterwards(warehouse: Callable[..., Path]) -> None:
    # A folder name with signs that an address, or the library's own substitution, could read as theirs.
    database = warehouse(RAW, name="år 1 ${HOME} %41 a#b/warehouse.duckdb")
    before = database.read_bytes()
    result = one(judge(database, [Suite("raw.ledger", "Huvudbok", (NO_NUMBER,))], ["bad"]))
    assert result.status is Status.FAILED
    assert database.read_bytes() == before
    assert [file.name for file in database.parent.iterdir()] == ["warehouse.duckdb"]
    with duckdb.connect(str(database), config={"threads": 1}) as connection:
        connection.execute("create table marts.written as select 1 as one")


def test_the_library_is_imported_only_to_judge() -> None:
    code = "import expectations.runner, sys; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- the suites as they stand --------------------------------------------------------------------------------------


def test_every_suite_as_it_stands_can_be_judged(warehouse: Callable[..., Path], capfd: pytest.CaptureFixture) -> None:
    suites = load_suites(SUITES)
    judgement = judge(warehouse(*(table_for(suite) for suite in suites)), suites, ["s1"])
    assert [result for result in judgement.results if result.status is not Status.PASSED] == []
    assert len(judgement.results) == sum(len(suite.checks) for suite in suites)
    assert capfd.readouterr() == ("", "")  # no progress bars, no advertisements


def test_every_suite_as_it_stands_fails_when_its_promise_is_broken(warehouse: Callable[..., Path]) -> None:
    suites = load_suites(SUITES)
    # Two rows alike, with an identity number in every text and no key.
    broken = [table_for(suite, rows=2, value=PUBLISHED_TEST_NUMBER) for suite in suites]
    judgement = judge(warehouse(*broken), suites, ["s1"])
    held = [result for result in judgement.results if result.status is not Status.FAILED]
    assert {result.check_id for result in held} == {"M2"}, "what is doubled is not empty"
    assert {result.check_id for result in judgement.stops} == {"M1", "N4", "P1", "R1"}


@pytest.mark.parametrize(
    ("decided", "status", "severity"),
    [
        ([], Status.PASSED, Severity.WARN),
        ([True, True], Status.FAILED, Severity.INFO),
        ([True, False], Status.FAILED, Severity.WARN),
    ],
)
def test_a_change_that_a_decision_names_is_information(
    warehouse: Callable[..., Path], decided: list[bool], status: Status, severity: Severity
) -> None:
    suites = [suite for suite in load_suites(SUITES) if suite.name == "control_n5"]
    changes = control_table(len(decided), "control_n5", f", cast({decided} as boolean[])[i + 1] as has_decision")
    judgement = judge(warehouse(changes), suites, [])
    result = one(judgement)
    assert (result.status, result.severity, result.findings) == (status, severity, len(decided))


def test_an_empty_mart_warns_and_stops_only_where_it_never_may_be(warehouse: Callable[..., Path]) -> None:
    suites = [suite for suite in load_suites(SUITES) if suite.schema == "marts"]
    empty = [table_for(suite, rows=0) for suite in suites]
    judgement = judge(warehouse(*empty), suites, [])
    failed = [result for result in judgement.results if result.status is Status.FAILED]
    assert {result.check_id for result in failed} == {"M1", "M2"}
    assert {result.table_name for result in judgement.stops} == {
        *("marts.dim_unit", "marts.dim_month", "marts.dim_parameter", "marts.dim_fte_definition")
    }


def table_for(suite: Suite, rows: int = 1, value: str = "värde") -> str:
    """A table with every column its suite names; a control model is empty unless `rows` is above one."""
    if suite.names_subjects:
        weighing = [
            expectation.kwargs["column"] for expectation in suite.expectations if "column" in expectation.kwargs
        ]
        return control_table(rows - 1, suite.name, "".join(f", false as {column}" for column in weighing))
    columns = {"_slice_id": "s1"} if suite.judges_new_slices_only else {}
    for expectation in suite.expectations:
        for argument in expectation.kwargs.values():
            for name in argument if isinstance(argument, list) else [argument]:
                if isinstance(name, str):
                    columns[name] = value
    selected = ", ".join(f"'{value}' as {name}" for name, value in columns.items())
    return f"create table {suite.table} as select {selected} from range({rows})"
