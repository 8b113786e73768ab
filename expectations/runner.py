"""Suite + table -> results. The only module that imports great_expectations, and only inside functions.

Great Expectations costs seconds to import and refuses a file that this process holds read-write: call `judge` when
every other connection to the database is closed. It leaves none open itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import duckdb

from expectations.identity_numbers import identity_number_query
from expectations.suites import Check, Expectation, Suite, most_severe
from orchestration.model import CheckResult, Finding, Judgement, Severity, Status

# Types of this project: what each becomes in Great Expectations.
OWN_TYPES = {"ExpectColumnsToHoldNoIdentityNumber": identity_number_query}

_GX_SEVERITY = {
    Severity.REFUSE: "critical",
    Severity.STOP: "critical",
    Severity.WARN: "warning",
    Severity.INFO: "info",
}


@dataclass(frozen=True)
class Outcome:
    """What came of one expectation. `observed` is Swedish; `unexpected` counts what broke it, 0 where it held."""

    expectation: Expectation
    status: Status
    observed: str = ""
    unexpected: int = 0
    error: str = ""


def import_library() -> None:
    """Imports Great Expectations, for a process that will judge but waits for something else first."""
    import great_expectations.expectations  # noqa: F401


def judge(database: Path, suites: Sequence[Suite], new_slices: Sequence[str]) -> Judgement:
    """One result per control and table, and every row of the control models that failed.

    `new_slices` are the slice ids not yet in a published release: suites of schema raw judge no other rows. Never
    raises for what it judges: a table, column or database that cannot be read gives results of status `error`.
    """
    results = [
        _verdict(check, [outcome for outcome in outcomes if outcome.expectation.control == check.check_id])
        for suite, outcomes in zip(suites, _outcomes(database, suites, new_slices), strict=True)
        for check in suite.checks
    ]
    naming = {suite.table for suite in suites if suite.names_subjects}
    failed = [i for i, result in enumerate(results) if result.table_name in naming and result.status is Status.FAILED]
    findings: list[Finding] = []
    if failed:  # opening a file takes longer than reading a table, so once for all
        with duckdb.connect(str(database), read_only=True) as connection:
            for index in failed:
                results[index], found = _with_findings(connection, results[index])
                findings.extend(found)
    return Judgement(tuple(results), tuple(findings))


def _verdict(check: Check, outcomes: Sequence[Outcome]) -> CheckResult:
    """Passed only if every expectation of the check was judged and held; an error outranks a failure."""
    broken = [outcome for outcome in outcomes if outcome.status is not Status.PASSED]
    errors = [outcome for outcome in broken if outcome.status is Status.ERROR]
    shown = broken or outcomes
    if errors:
        detail = "; ".join(dict.fromkeys(outcome.error for outcome in errors))
    else:
        detail = " ".join(dict.fromkeys(outcome.expectation.text.what for outcome in broken))
    return CheckResult(
        check_id=check.check_id,
        table_name=check.table_name,
        severity=most_severe([outcome.expectation for outcome in broken]) if broken else check.severity,
        status=Status.ERROR if errors else Status.FAILED if broken else Status.PASSED,
        observed="; ".join(dict.fromkeys(outcome.observed for outcome in shown if outcome.observed)),
        findings=sum(outcome.unexpected for outcome in broken),
        amount_sek=None,
        detail=detail,
    )


def _with_findings(connection: duckdb.DuckDBPyConnection, result: CheckResult) -> tuple[CheckResult, list[Finding]]:
    """The result with count and sum of its control model's rows, which Great Expectations would cut at 200."""
    try:
        rows = (
            connection.table(result.table_name)
            .select("subject_type", "subject_id", "owner_role", "amount_sek", "detail")
            .order("subject_type, subject_id, detail")
            .fetchall()
        )
    except duckdb.Error as error:
        return replace(result, status=Status.ERROR, detail=_first_line(error)), []
    findings = [Finding(result.check_id, *row) for row in rows]
    amounts: list[Decimal] = [finding.amount_sek for finding in findings if finding.amount_sek is not None]
    return replace(result, findings=len(findings), amount_sek=sum(amounts) if amounts else None), findings


def _outcomes(database: Path, suites: Sequence[Suite], new_slices: Sequence[str]) -> list[list[Outcome]]:
    """Per suite, in order, one outcome per expectation."""
    try:
        with _open(database, new_slices) as warehouse:
            return [_judge_suite(warehouse, suite) for suite in suites]
    except Exception as error:  # the library's errors share no type, and none of them may end as a pass
        return [_all_errors(suite, _first_line(error)) for suite in suites]


@dataclass(frozen=True)
class _Warehouse:
    """One context and one connection for all suites of a run."""

    context: Any
    datasource: Any
    engine: Any
    tables: frozenset[str]
    has_new_slices: bool


@contextmanager
def _open(database: Path, new_slices: Sequence[str]) -> Iterator[_Warehouse]:
    """The database, read only, through an in-memory context. Raises whatever keeps it from being opened."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from sqlalchemy import URL, text

    _let_duckdb_keep_its_connection()
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    context.variables.save = lambda: None  # it would write all it holds, to memory and as YAML, for every suite
    # Escaped by URL: the library would take ${NAME} in a folder's name for a variable to fill in.
    address = URL.create("duckdb", database=str(database.resolve())).render_as_string()
    datasource = context.data_sources.add_sql(
        "warehouse",
        connection_string=address,
        kwargs={"connect_args": {"read_only": True}},
    )
    engine = datasource.get_execution_engine()
    try:
        with engine.get_connection() as connection:
            names = connection.execute(text("select table_schema || '.' || table_name from information_schema.tables"))
            tables = frozenset(row[0] for row in names)
            connection.execute(text("create temp table new_slice (slice_id varchar)"))
            if new_slices:
                connection.execute(
                    text("insert into new_slice select unnest(cast(:ids as varchar[]))"), {"ids": list(new_slices)}
                )
            connection.commit()
        yield _Warehouse(context, datasource, engine, tables, bool(new_slices))
    finally:
        # Both: a connection or an engine left behind makes every later connection to the file fail.
        engine.close()
        engine.engine.dispose()
        datasource.get_engine().dispose()


def _let_duckdb_keep_its_connection() -> None:
    """Adds DuckDB to the dialects whose one connection is kept open between metrics.

    Without it every metric fails with duckdb-sqlalchemy on SQLAlchemy 2.1, as results outlive their connection. The
    library offers no setting for this; the pin in requirements.in and the tests of this module guard the private name.
    """
    from great_expectations.execution_engine import sqlalchemy_execution_engine as module

    if "duckdb" not in module._PERSISTED_CONNECTION_DIALECTS:
        dialect = Enum("Dialect", {"DUCKDB": "duckdb"}, type=str).DUCKDB
        module._PERSISTED_CONNECTION_DIALECTS = (*module._PERSISTED_CONNECTION_DIALECTS, dialect)


def _judge_suite(warehouse: _Warehouse, suite: Suite) -> list[Outcome]:
    if suite.table not in warehouse.tables:
        return _all_errors(suite, f"tabellen {suite.table} finns inte")
    if suite.judges_new_slices_only and not warehouse.has_new_slices:
        return [Outcome(expectation, Status.PASSED, "0 rader") for expectation in suite.expectations]
    built: list[Any] = []
    outcomes: dict[int, Outcome] = {}
    for index, expectation in enumerate(suite.expectations):
        try:
            built.append(_build(expectation, index))
        except Exception as error:  # an unknown type or argument must not keep the other expectations from being judged
            outcomes[index] = Outcome(expectation, Status.ERROR, error=f"{expectation.type}: {_first_line(error)}")
    try:
        for result in _validate(warehouse, suite, built):
            index = result.expectation_config.meta["index"]
            outcomes[index] = _read(suite.expectations[index], result)
    except Exception as error:
        return _all_errors(suite, _first_line(error))
    return [
        outcomes.get(index, Outcome(expectation, Status.ERROR, error=f"{expectation.type}: inget svar"))
        for index, expectation in enumerate(suite.expectations)
    ]


def _build(expectation: Expectation, index: int) -> Any:
    """The library's own object. Raises AttributeError for an unknown type and ValueError for wrong arguments."""
    import great_expectations.expectations as types

    class_name, kwargs = expectation.type, dict(expectation.kwargs)
    if class_name in OWN_TYPES:
        class_name, kwargs = "UnexpectedRowsExpectation", {"unexpected_rows_query": OWN_TYPES[class_name](**kwargs)}
    return getattr(types, class_name)(**kwargs, severity=_GX_SEVERITY[expectation.severity], meta={"index": index})


def _validate(warehouse: _Warehouse, suite: Suite, built: Sequence[Any]) -> Sequence[Any]:
    import great_expectations as gx

    if not built:
        return []
    # The names come from a suite whose reader accepts lower-case identifiers only. A table asset would need the schema
    # in the connection's own configuration, and so one connection for each.
    query = f'select * from {suite.schema}."{suite.name}"'
    if suite.judges_new_slices_only:
        query += " where _slice_id in (select slice_id from new_slice)"
    asset = warehouse.datasource.add_query_asset(suite.table, query=query)
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    return batch.validate(gx.ExpectationSuite(name=suite.table, expectations=list(built))).results


def _read(expectation: Expectation, result: Any) -> Outcome:
    raised = _raised(result.exception_info)
    if raised is not None:
        return Outcome(expectation, Status.ERROR, error=f"{expectation.type}: {raised}")
    values: Mapping[str, Any] = result.result or {}
    unexpected = values.get("unexpected_count")
    if unexpected is None and values.get("element_count") == 0:
        unexpected = 0  # the library sums over no rows, which gives NULL
    if unexpected is not None:
        observed = f"{unexpected} avvikande av {values.get('element_count')}"
    elif "observed_value" in values:
        observed = f"{values['observed_value']}"
        if _counts_rows(expectation):
            observed += " rader"
    else:
        return Outcome(expectation, Status.ERROR, error=f"{expectation.type}: svaret saknar värde")
    if result.success:
        return Outcome(expectation, Status.PASSED, observed)
    if unexpected is None:
        unexpected = values["observed_value"] if _returns_unexpected_rows(expectation) else 1
    return Outcome(expectation, Status.FAILED, observed, unexpected)


def _returns_unexpected_rows(expectation: Expectation) -> bool:
    return expectation.type == "UnexpectedRowsExpectation" or expectation.type in OWN_TYPES


def _counts_rows(expectation: Expectation) -> bool:
    return _returns_unexpected_rows(expectation) or expectation.type.startswith("ExpectTableRowCount")


def _raised(info: Any) -> str | None:
    """The first line of the exception behind a result, None if none was raised. The library nests it by metric."""
    if not isinstance(info, Mapping):
        return None
    nested = [info] if "raised_exception" in info else [item for item in info.values() if isinstance(item, Mapping)]
    for item in nested:
        if item.get("raised_exception"):
            return _first_line(item.get("exception_message") or "okänt fel")
    return None


def _all_errors(suite: Suite, message: str) -> list[Outcome]:
    return [Outcome(expectation, Status.ERROR, error=message) for expectation in suite.expectations]


def _first_line(error: object) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
