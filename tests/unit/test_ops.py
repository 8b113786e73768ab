"""Schema ops: what the pipeline knows of its runs comes back as it was written, to the öre."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration import ops
from orchestration.model import CheckResult, Finding, Judgement, Release, Severity, Status
from orchestration.ops_tables import TABLES, OpsTable

AS_OF = date(2025, 1, 31)
NOW = datetime(2025, 1, 31, 4, 30)


def check(amount: Decimal | None = None, check_id: str = "F1", status: Status = Status.FAILED) -> CheckResult:
    return CheckResult(check_id, "marts.dim_unit", Severity.WARN, status, "1", 1, amount, "Text.")


def finding(number: int = 1, amount: Decimal | None = None) -> Finding:
    return Finding("F1", "action", f"A{number}", None, amount, "Text.")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with an empty schema ops."""
    with duckdb.connect() as connection:
        ops.create(connection)
        yield connection


def write(connection: duckdb.DuckDBPyConnection, judgement: Judgement, run_id: str = "run-1") -> None:
    ops.write_judgement(connection, run_id, AS_OF, NOW, judgement)


def test_a_verdict_comes_back_as_it_was_given(connection: duckdb.DuckDBPyConnection):
    write(connection, Judgement((check(Decimal("12.50")), check(None, "R1", Status.PASSED)), (finding(),)))
    assert connection.execute("from ops.check_result order by check_id").fetchall() == [
        ("F1", "marts.dim_unit", "run-1", "warn", "failed", False, "1", 1, Decimal("12.50"), "Text.", AS_OF, NOW),
        ("R1", "marts.dim_unit", "run-1", "warn", "passed", True, "1", 1, None, "Text.", AS_OF, NOW),
    ]
    assert connection.execute("from ops.finding").fetchall() == [("F1", "action", "A1", "run-1", None, None, "Text.")]


def test_what_could_not_be_judged_is_no_pass(connection: duckdb.DuckDBPyConnection):
    write(connection, Judgement((check(status=Status.ERROR),)))
    assert connection.execute("select status, passed from ops.check_result").fetchall() == [("error", False)]


def test_amounts_are_exact(connection: duckdb.DuckDBPyConnection):
    @given(st.lists(st.decimals(min_value=Decimal("-9e15"), max_value=Decimal("9e15"), places=2), min_size=1))
    @settings(max_examples=50, deadline=None)
    def hold(amounts: list[Decimal]) -> None:
        write(connection, Judgement((check(amounts[0]),), tuple(finding(*pair) for pair in enumerate(amounts))))
        assert connection.execute("select amount_sek from ops.check_result").fetchall() == [(amounts[0],)]
        kept = connection.execute("select amount_sek from ops.finding order by cast(subject_id[2:] as int)").fetchall()
        assert kept == [(amount,) for amount in amounts]

    hold()


@pytest.mark.parametrize("text", ["1E+3", "5E+6", "1.0E+2", "-2.5E+7"])
def test_an_amount_with_an_exponent_is_the_same_amount(connection: duckdb.DuckDBPyConnection, text: str):
    write(connection, Judgement((check(Decimal(text)),), (finding(1, Decimal(text)),)))
    assert connection.execute("select amount_sek from ops.check_result").fetchall() == [(Decimal(text),)]
    assert connection.execute("select amount_sek from ops.finding").fetchall() == [(Decimal(text),)]


def test_judging_again_replaces_the_verdicts_of_that_run_alone(connection: duckdb.DuckDBPyConnection):
    write(connection, Judgement((check(),), (finding(1), finding(2))), "run-1")
    write(connection, Judgement((check(),), (finding(3),)), "run-2")
    write(connection, Judgement((), (finding(4),)), "run-1")
    assert connection.execute("select run_id from ops.check_result").fetchall() == [("run-2",)]
    assert connection.execute("select run_id, subject_id from ops.finding order by 1").fetchall() == [
        ("run-1", "A4"),
        ("run-2", "A3"),
    ]


def test_every_finding_is_kept_however_many(connection: duckdb.DuckDBPyConnection):
    write(connection, Judgement((), tuple(finding(number) for number in range(1201))))
    assert connection.execute("select count(distinct subject_id) from ops.finding").fetchall() == [(1201,)]


def test_a_run_is_filed_as_it_began(connection: duckdb.DuckDBPyConnection):
    finished = datetime(2025, 1, 31, 4, 31)
    ops.begin_run(connection, "run-0", date(2025, 1, 30), NOW, "0.1.0+abc")
    ops.begin_run(connection, "run-1", AS_OF, NOW, "0.1.0+abc")
    ops.end_run(connection, "run", finished, "release-1", False)
    assert connection.execute("select run_id, as_of from ops.current_run").fetchall() == [("run-1", AS_OF)]
    assert connection.execute("from ops.run").fetchall() == [
        ("run-1", "run", AS_OF, NOW, finished, "release-1", False, "0.1.0+abc")
    ]


def test_making_the_schema_again_keeps_what_is_there(connection: duckdb.DuckDBPyConnection):
    write(connection, Judgement((check(),)))
    ops.create(connection)
    assert connection.execute("select count(*) from ops.check_result").fetchall() == [(1,)]


def test_history_is_copied_into_another_build_whole(connection: duckdb.DuckDBPyConnection, tmp_path: Path):
    connection.execute(f"attach '{tmp_path / 'old.duckdb'}' as old")
    connection.execute("create schema old.ops")
    for table in TABLES:
        values = ", ".join(f"cast({_value(column.data_type)} as {column.data_type})" for column in table.columns)
        names = ", ".join(column.name for column in reversed(table.columns))  # found by name, whatever their order
        connection.execute(
            f"create table old.ops.{table.name} as select {names} from (values ({values})) as t({_names(table)})"
        )

    ops.copy_from(connection, "old")

    for table in TABLES:
        kept = connection.execute(f"select {_names(table)} from ops.{table.name}").fetchall()
        assert kept == connection.execute(f"select {_names(table)} from old.ops.{table.name}").fetchall(), table.name
        assert len(kept) == 1


def _names(table: OpsTable) -> str:
    return ", ".join(column.name for column in table.columns)


def _value(data_type: str) -> str:
    """A value of the type that no other type of the schema would take for its own."""
    return {"date": "'2025-01-31'", "timestamp": "'2025-01-31 04:30'", "boolean": "true"}.get(data_type, "7")


def test_the_release_and_its_slices_replace_those_before(connection: duckdb.DuckDBPyConnection):
    connection.execute("create schema staging")
    connection.execute(
        "create table staging.stg_intake__current_slice as select 's1' as slice_id, 'forecast' as feed,"
        " 'd1' as delivery_id, cast(null as varchar) as company, date '2024-07-01' as month"
    )
    for release_id in ("release-1", "release-2"):
        ops.write_publication(connection, Release(release_id, "run-1", AS_OF, NOW, "hash", "0.1.0", 22, 2, "file"))
    assert connection.execute("from ops.publication").fetchall() == [
        ("release-2", "run-1", AS_OF, NOW, "hash", "0.1.0", 22, 2)
    ]
    assert connection.execute("from ops.release_slice").fetchall() == [("forecast", "s1", "d1", None, date(2024, 7, 1))]
