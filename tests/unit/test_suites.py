"""Suites as they stand, how they are read, and the pattern of control P1. No Great Expectations here."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest
import yaml

from expectations import suites as suites_module
from expectations.identity_numbers import identity_number_query
from expectations.suites import README, SUITES, Suite, controls_table, load_suites, with_controls_table
from orchestration.errors import SuiteError
from orchestration.intake.privacy import mask
from orchestration.model import Severity

CONTRACTS = SUITES.parent / "contracts"
NO_IDENTITY_NUMBER = "ExpectColumnsToHoldNoIdentityNumber"

# Numbers that the Tax Agency has published as tests and examples.
PUBLISHED = (
    "900101-9802",
    "900101+9802",
    "9001019802",
    "19900101-9802",
    "199001019802",
    "900101 9802",
    "701063-2391",
    "197010632391",
    "640823-3234",
    "900101\xa09802",
    "900101\u20119802",
    "19900101\u22129802",
)


@pytest.fixture(scope="module")
def suites() -> tuple[Suite, ...]:
    return load_suites(SUITES)


def catalogue(heading_from: str = "## Ids") -> dict[str, str]:
    """Control id -> declared severity, from the tables of ids in the README."""
    text = README.read_text(encoding="utf-8").split(heading_from)[1]
    return {row[1]: row[3].strip() for row in re.finditer(r"^\| ([A-Z]\d+) \|(.+)\|(.+)\|$", text, re.MULTILINE)}


# --- what stands ---------------------------------------------------------------------------------------------------


def test_every_check_id_is_in_the_catalogue_with_that_severity(suites: tuple[Suite, ...]) -> None:
    ids = catalogue()
    assert len(ids) > 30
    for suite in suites:
        for check in suite.checks:
            assert check.check_id in ids, f"{suite.table}: {check.check_id}"
            assert check.severity in ids[check.check_id], f"{suite.table}: {check.check_id}"


def test_the_readme_holds_the_table_of_controls_as_the_suites_have_it(suites: tuple[Suite, ...]) -> None:
    readme = README.read_text(encoding="utf-8")
    assert with_controls_table(readme, controls_table(suites)) == readme, "run python -m expectations.suites"


def test_every_feed_with_a_contract_has_a_suite_and_the_other_way_round(suites: tuple[Suite, ...]) -> None:
    with_suite = {suite.name for suite in suites if suite.schema == "raw"}
    assert with_suite == {file.stem for file in CONTRACTS.glob("*.yaml")}


def test_no_declared_personal_or_free_text_column_escapes_p1(suites: tuple[Suite, ...]) -> None:
    for file in sorted(CONTRACTS.glob("*.yaml")):
        columns = declared_columns(yaml.safe_load(file.read_text(encoding="utf-8")))
        suite = next(suite for suite in suites if suite.table == f"raw.{file.stem}")
        covered = {"keyed_columns": set(), "text_columns": set()}
        for expectation in suite.expectations:
            if expectation.type == NO_IDENTITY_NUMBER and expectation.control == "P1":
                for argument, names in expectation.kwargs.items():
                    covered[argument] |= set(names)
        text = {name for name, classification in columns.items() if classification in ("free_text", "personal_name")}
        keyed = {name for name, classification in columns.items() if classification.startswith("personal")} - text
        assert keyed <= covered["keyed_columns"], file.name
        assert text <= covered["text_columns"], file.name
        assert set().union(*covered.values()) <= set(columns), (
            f"{file.name}: the suite names a column that is not there"
        )


def declared_columns(contract: dict) -> dict[str, str]:
    """Column -> classification, of the one schema of a contract."""
    (schema,) = contract["schema"]
    return {column["name"]: column.get("classification", "internal") for column in schema["properties"]}


def test_a_control_model_is_expected_empty_and_bears_its_id(suites: tuple[Suite, ...]) -> None:
    controls = [suite for suite in suites if suite.names_subjects]
    assert {suite.name for suite in controls} >= {f"control_{c}" for c in ("f1", "f3", "l2", "l3", "l5", "r1")}
    for suite in controls:
        empty = suite.expectations[0]
        assert {f"control_{expectation.control.lower()}" for expectation in suite.expectations} == {suite.name}
        assert (empty.type, dict(empty.kwargs)) == ("ExpectTableRowCountToEqual", {"value": 0})


def test_a_row_count_comes_first_where_a_table_may_not_be_empty(suites: tuple[Suite, ...]) -> None:
    for suite in suites:
        places = [i for i, e in enumerate(suite.expectations) if e.kwargs.get("min_value") == 1]
        assert places in ([], [0]), suite.table
    assert next(s for s in suites if s.table == "marts.fct_follow_up_total").expectations[0].kwargs == {"min_value": 1}


def test_checks_are_one_per_control_with_its_words(suites: tuple[Suite, ...]) -> None:
    suite = next(suite for suite in suites if suite.table == "marts.dim_action")
    assert [(check.check_id, check.severity) for check in suite.checks] == [
        ("M2", "warn"),
        ("M1", "stop"),
        ("P1", "stop"),
    ]
    assert suite.checks[1].description.startswith("Samma rad står två gånger i åtgärdsregistret. En rad i")


# --- how a suite is read -------------------------------------------------------------------------------------------

GOOD = dedent("""\
    table: marts.fct_example
    label_sv: Exempel
    expectations:
      - control: M1
        severity: stop
        type: expect_column_values_to_not_be_null
        kwargs: {column: month}
        text_sv: {what: Vad, means: Kronor, do: Gör, by: Idag}
    """)


def read(folder: Path, text: str, name: str = "marts/fct_example.yaml") -> tuple[Suite, ...]:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return load_suites(folder)


def test_a_suite_is_read_with_its_type_in_either_spelling(tmp_path: Path) -> None:
    (snake,) = read(tmp_path, GOOD)
    (camel,) = read(tmp_path, GOOD.replace("expect_column_values_to_not_be_null", "ExpectColumnValuesToNotBeNull"))
    assert snake == camel
    assert snake.expectations[0].severity is Severity.STOP
    assert (snake.schema, snake.name) == ("marts", "fct_example")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("severity: stop", "severity: stopp", "expectations[0].severity"),
        ("control: M1", "control: m1", "expectations[0].control"),
        ("type: expect_column", "type: except_column", "expectations[0].type"),
        ("kwargs: {column: month}", "kwargs: month", "expectations[0].kwargs"),
        ("kwargs:", "kwarg:", "expectations[0], kwarg"),
        (", by: Idag", "", "expectations[0].text_sv"),
        ("by: Idag", "by: ''", "expectations[0].text_sv.by"),
        ("label_sv: Exempel\n", "", "marts/fct_example.yaml"),
        ("label_sv: Exempel", "label_sv: Exempel\nlabel_sv: Igen", "marts/fct_example.yaml"),
        ("table: marts.fct_example", "table: marts.fct_other", "marts/fct_example.yaml, table"),
        ("table: marts.fct_example", "table: fct_example", "marts/fct_example.yaml, table"),
        ("label_sv: Exempel", "label_sv: [Exempel", "marts/fct_example.yaml"),
    ],
)
def test_a_broken_suite_is_refused_by_file_and_key(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert old in GOOD
    with pytest.raises(SuiteError) as error:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert error.value.place.startswith("marts/fct_example.yaml")
    assert place in error.value.place
    assert error.value.remedy


def test_a_suite_without_expectations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="without expectations"):
        read(tmp_path, "table: marts.fct_example\nlabel_sv: Exempel\nexpectations: []\n")


def test_a_missing_folder_of_suites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="folder of suites is missing"):
        load_suites(tmp_path / "none")


def test_writing_the_table_twice_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suites: tuple[Suite, ...]
) -> None:
    copy = tmp_path / "README.md"
    copy.write_text(with_controls_table(README.read_text(encoding="utf-8"), "borta\n"), encoding="utf-8")
    monkeypatch.setattr(suites_module, "README", copy)
    suites_module.main()
    first = copy.read_text(encoding="utf-8")
    suites_module.main()
    assert copy.read_text(encoding="utf-8") == first == README.read_text(encoding="utf-8")


def test_a_readme_without_marks_is_refused() -> None:
    with pytest.raises(SuiteError, match="a mark of the table is missing"):
        with_controls_table("# no marks", "| id |")


# --- identity numbers ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


@pytest.fixture
def found(connection: duckdb.DuckDBPyConnection) -> Callable[..., int]:
    """How many identity numbers control P1 finds in one text."""

    def count(text: str | None, **arguments: list[str]) -> int:
        connection.execute("create or replace temp table delivered as select cast(? as varchar) as value", [text])
        return len(connection.execute(identity_number_query(**arguments).format(batch="delivered")).fetchall())

    return count


@pytest.mark.parametrize("number", PUBLISHED)
def test_an_identity_number_in_clear_is_found(found: Callable[..., int], number: str) -> None:
    assert found(number, keyed_columns=["value"]) == 1
    assert found(f"Avser {number}, enligt avtal", text_columns=["value"]) == 1
    assert found(f"pnr{number}.", text_columns=["value"]) == 1


def test_each_of_two_numbers_is_found_with_one_sign_between(found: Callable[..., int]) -> None:
    assert found("701063-2391/640823-3234", text_columns=["value"]) == 2


@pytest.mark.parametrize("number", PUBLISHED)
def test_what_the_intake_has_masked_is_not_found(found: Callable[..., int], number: str) -> None:
    masked, count = mask(f"Avser {number}, enligt avtal {number}")
    assert count == 2
    assert found(masked, text_columns=["value"]) == 0


@pytest.mark.parametrize(
    "text",
    [
        "900101-9803",  # check digit
        "900231-9805",  # no such day
        "900101-0009",  # no such serial number
        "556016-0680",  # an organisation number
        "202100-2791",  # a public body's
        "16556016-0680",  # an organisation number with its prefix
        "faktura 1234567890",
        "19900101-98020",  # a digit too many
        "59001019802",  # one before
        "2024-01-31 1234",
        "",
        None,
    ],
)
def test_what_only_looks_like_an_identity_number_is_let_through(found: Callable[..., int], text: str | None) -> None:
    assert found(text, text_columns=["value"]) == 0
    assert found(text, keyed_columns=["value"]) == 0


def test_digits_inside_a_pseudonym_are_no_identity_number(found: Callable[..., int]) -> None:
    assert found("ab9001019802cdef0123456789abcdef", keyed_columns=["value"]) == 0


def test_a_search_of_no_column_is_refused() -> None:
    with pytest.raises(ValueError, match="no column"):
        identity_number_query()


def test_a_suite_tells_which_feeds_explain_what_it_finds():
    feeds = {file.stem for file in (SUITES.parent / "contracts").glob("*.yaml")}
    told = {suite.name: suite.follows_from for suite in load_suites(SUITES) if suite.follows_from}
    assert told["control_n1"] == {"ledger"}
    assert set().union(*told.values()) <= feeds
