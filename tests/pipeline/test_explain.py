"""`nettoeffekt explain`: every figure of the derivation is the marts' to the öre, down to the voucher lines."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import UsageError
from orchestration.reporting.explain import explain
from orchestration.reporting.explain_text import amount, explanation_lines
from orchestration.reporting.explanation import Explanation, Rule
from orchestration.settings import CHECKOUT, DataDirectory, Settings
from tests.pipeline.conftest import Morning, copy_directory, verb

pytestmark = pytest.mark.pipeline

REVIEWED = [f"RD-A0{number}" for number in (1, 2, 3, 4, 5, 7, 8, 9)]
PROPOSED = [f"RD-F{number:02}" for number in range(1, 17)]


@pytest.fixture(scope="module")
def settings(demo: Morning) -> Settings:
    return Settings(data=demo.directory.root)


@pytest.fixture(scope="module")
def marts(demo: Morning) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo.directory.main.published_warehouse), read_only=True) as connection:
        yield connection


def rules(explanation: Explanation) -> list[Rule]:
    return [rule for component in explanation.components for rule in component.rules]


@pytest.mark.parametrize("month", [None, date(2024, 10, 1), date(2025, 1, 1)], ids=["year", "closed", "preliminary"])
@pytest.mark.parametrize("action_id", REVIEWED)
def test_the_derivation_adds_up_to_the_marts_on_the_ore(
    settings: Settings, marts: duckdb.DuckDBPyConnection, action_id: str, month: date | None
):
    told = explain(settings, action_id, month)
    first, last = told.from_month, told.to_month
    window = [action_id, first, last]
    ((effect, transfer),) = marts.execute(
        "select sum(effect_sek), sum(internal_transfer_sek) from marts.fct_net_effect"
        " where action_id = ? and month between ? and ?",
        window,
    ).fetchall()
    ((actual, lines),) = marts.execute(
        "select sum(ledger_actual_sek), sum(voucher_lines) from marts.fct_net_effect_source"
        " where action_id = ? and month between ? and ?",
        window,
    ).fetchall()

    known = [component for component in told.components if component.effect_sek is not None]
    assert sum(component.effect_sek for component in known) == effect
    assert sum(component.internal_transfer_sek for component in known) == transfer
    if len(known) == len(told.components):
        assert effect == told.gross_sek + told.offsets_sek
    else:  # the budget that one rule is compared with ends with 2024
        assert (action_id, told.from_month.year, told.net_sek) == ("RD-A04", 2025, None)
    for component in known:
        assert component.effect_sek == sum(rule.effect_sek for rule in component.rules)
        assert component.internal_transfer_sek == sum(rule.internal_transfer_sek for rule in component.rules)
        for rule in component.rules:
            assert rule.effect_sek + rule.internal_transfer_sek == sum(cell.effect_sek for cell in rule.cells)
    assert sum(rule.actual_sek for rule in rules(told)) == actual
    cells = [cell for rule in rules(told) for cell in rule.cells]
    assert sum(len(cell.lines) for cell in cells) == lines > 0
    for cell in cells:
        claimed = sum(line.amount_sek * line.share_pct / 100 for line in cell.lines)
        assert (len(cell.lines), round(claimed, 2)) == (cell.voucher_lines, cell.actual_sek)


@pytest.mark.parametrize("action_id", REVIEWED)
def test_the_year_is_the_outcome_of_the_follow_up(settings: Settings, action_id: str):
    told = explain(settings, action_id)
    assert (told.from_month, told.to_month, told.is_closed) == (date(2024, 1, 1), date(2024, 12, 1), True)
    assert (told.gross_sek, told.net_sek) == (told.follow_up["gross_ytd_sek"], told.follow_up["net_ytd_sek"])


def test_what_the_auditors_asked_for_is_told(settings: Settings):
    """Närakuten 0 with its transfer; ward services twice and without net; school transport's pace; hired staff net."""
    near, wards, school, hired = (explain(settings, f"RD-A0{number}") for number in (3, 2, 9, 5))
    assert near.net_sek == 0
    assert near.components[0].internal_transfer_sek == 12_000_000
    assert wards.net_sek is None
    assert {(pair["ground"], pair["amount_sek"], pair["other_amount_sek"]) for pair in wards.double_counts[:2]} == {
        (ground, Decimal("12400000.00"), Decimal("14400000.00")) for ground in ("mirror", "same_measure")
    }
    assert 18_000_000 < school.follow_up["run_rate_sek"] < 19_000_000
    assert school.follow_up["run_rate_basis"] == "baseline_season"
    assert (hired.gross_sek, round(hired.net_sek, -5)) == (78_000_000, 22_700_000)
    assert all(component.noise_sek > 0 for component in hired.components)
    october = explain(settings, "RD-A05", date(2024, 10, 1)).components[0]
    assert october.volume_effect_sek + october.price_effect_sek == october.effect_sek
    assert october.quantity_unit == "hours"


@pytest.mark.parametrize("action_id", [*PROPOSED, "RD-A06", "RD-A10", "RJH-A01"])
def test_what_the_ledger_cannot_show_is_said_with_its_reason(settings: Settings, action_id: str):
    told = explain(settings, action_id)
    text = "\n".join(explanation_lines(told))
    as_delivered = {"avoided": "avoided", "deferred": "deferred"}.get(told.action["effect_type"], "assessed")
    assert (told.components, told.net_sek) == ((), None)
    assert told.action["not_measured_as"] == as_delivered
    assert told.action["not_measured_reason"] in text


def test_every_action_that_counts_is_measured_or_says_why_not(marts: duckdb.DuckDBPyConnection):
    """But for those that only hold others."""
    untold = marts.execute("""
        select action_id from marts.dim_action where not_measured_as is null
            and action_id not in (select action_id from marts.dim_effect_rule)
            and action_id not in (select parent_action_id from marts.dim_action where parent_action_id is not null)
    """).fetchall()
    assert untold == []


def test_the_text_names_every_step(settings: Settings):
    told = explain(settings, "RD-A07", date(2024, 10, 1))
    text = "\n".join(explanation_lines(told))
    for rule in rules(told):
        for word in (rule.rule_id, rule.claim, rule.baseline, f"Bärs av: {rule.borne_by}", amount(rule.effect_sek)):
            assert word in text
    assert f"Netto {amount(told.net_sek)} kr" in text
    assert "Regionservice → Hälso- och sjukvården" in text
    line = next(cell.lines[0] for cell in rules(told)[0].cells if cell.lines)
    assert f"{line.series} {line.number} rad {line.line}" in text


def test_the_verb_prints_text_and_json(demo: Morning):
    text = verb(demo.directory, "explain", "RD-A09", "--month", "2024-10")
    as_json = verb(demo.directory, "explain", "RD-A09", "--month", "2024-10", "--json")
    assert (text.code, text.err, as_json.code) == (0, "", 0)
    told = json.loads(as_json.out)
    lines = [line for rule in told["components"][0]["rules"] for cell in rule["cells"] for line in cell["lines"]]
    assert f"Netto {amount(Decimal(told['net_sek']))} kr" in text.out
    assert sum(Decimal(line["amount_sek"]) for line in lines) == Decimal("-9975000.00")


def test_what_is_not_there_is_said_in_one_line(settings: Settings, demo: Morning):
    with pytest.raises(UsageError, match="no such action in the release"):
        explain(settings, "RD-A99")
    with pytest.raises(UsageError, match="no row for 1999-01"):
        explain(settings, "RD-A05", date(1999, 1, 1))
    ended = verb(demo.directory, "explain", "RD-A99")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)


def test_without_the_build_the_figures_stand_and_the_lines_are_said_to_be_missing(
    demo: Morning, tmp_path_factory: pytest.TempPathFactory
):
    directory = DataDirectory(tmp_path_factory.mktemp("released") / "data")
    copy_directory(demo.directory, directory)
    directory.main.warehouse.unlink()
    told = explain(Settings(data=directory.root), "RD-A09", date(2024, 10, 1))
    assert told.net_sek == Decimal("2075000.00")
    assert told.lines_missing != ""
    assert "Verifikationsrader kan inte läsas nu" in "\n".join(explanation_lines(told))


def test_nothing_is_explained_before_anything_is_published(tmp_path_factory: pytest.TempPathFactory):
    with pytest.raises(UsageError, match="nothing is published"):
        explain(Settings(data=tmp_path_factory.mktemp("empty")), "RD-A05")


def test_a_rule_that_matches_nothing_ends_the_run_before_anything_is_built(
    demo: Morning, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("misspelt")
    directory = DataDirectory(folder / "data")
    copy_directory(demo.directory, directory)
    reference = Path(shutil.copytree(CHECKOUT / "seeds" / "reference", folder / "reference"))
    rules = (reference / "effect_rule.csv").read_text(encoding="utf-8")
    (reference / "effect_rule.csv").write_text(rules.replace(",1405,", ",1499,"), encoding="utf-8")
    ended = verb(directory, "run", "--as-of", "2025-01-31", reference=reference)
    line = 2 + [",1405," in row for row in rules.splitlines()[1:]].index(True)
    assert (ended.code, ended.out, len(ended.errors)) == (2, "", 1)
    assert f"effect_rule.csv, rad {line}, kolumn activity_code: aktivitet 1499 förekommer inte" in ended.errors[0]
