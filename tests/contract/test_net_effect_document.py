"""docs/net-effect.md is proven: its examples are unit tests, its rules pass the door, its refusals are those given."""

import csv
import re
import shutil
from pathlib import Path

import pytest
import yaml

from orchestration.reference import declared_seeds, reference_errors
from orchestration.run import DBT_PROPERTIES
from orchestration.settings import CHECKOUT

DOCUMENT = (CHECKOUT / "docs" / "net-effect.md").read_text("utf-8")
MODELS = CHECKOUT / "dbt_project" / "models"


def examples() -> list[tuple[str, str, str]]:
    """Reckoning, model and name of the unit test of each row of the table of examples."""
    return re.findall(r"^\| [^|]+ \| ([^|]+) \| `(\w+)\.(\w+)` \|$", DOCUMENT, re.MULTILINE)


def unit_test(model: str, name: str) -> dict:
    (file,) = MODELS.rglob(f"{model}.yml")
    tests = yaml.safe_load(file.read_text("utf-8")).get("unit_tests", [])
    return next((test for test in tests if test["name"] == name), {})


@pytest.mark.parametrize(("reckoning", "model", "name"), examples())
def test_every_example_is_a_unit_test(reckoning: str, model: str, name: str):
    assert unit_test(model, name), "no such unit test"


@pytest.mark.parametrize(("reckoning", "model", "name"), examples())
def test_the_figures_with_decimals_are_those_of_the_unit_test(reckoning: str, model: str, name: str):
    """In words or in rows, whole or in mnkr."""
    test = str(unit_test(model, name))
    for figure in re.findall(r"\d+,\d+", reckoning):
        plain = figure.replace(",", ".").rstrip("0").rstrip(".")
        whole = str(round(float(plain) * 1_000_000))
        assert re.search(rf"(?<![\d.]){re.escape(plain)}", test) or whole in test, figure


def test_there_are_examples_for_all_that_is_asked():
    named = {name for _, _, name in examples()}
    assert len(examples()) == len(re.findall(r"^\| .+ \| `\w+\.\w+` \|$", DOCUMENT, re.MULTILINE)) >= 20
    overlaps = yaml.safe_load((MODELS / "intermediate/net_effect/int_net_effect__overlap.yml").read_text("utf-8"))
    assert {test["name"] for test in overlaps["unit_tests"]} <= named


def test_the_rules_of_the_document_pass_the_door(tmp_path: Path):
    reference = Path(shutil.copytree(CHECKOUT / "seeds" / "reference", tmp_path / "reference"))
    (block,) = re.findall(r"```csv\n(.*?)```", DOCUMENT, re.DOTALL)
    (reference / "effect_rule.csv").write_text(block, encoding="utf-8")
    rules = [*csv.DictReader(block.splitlines())]
    assert [str(error) for error in reference_errors(reference, DBT_PROPERTIES)] == []
    assert {rule["basis"] for rule in rules} == {"ledger", "fte", "unit_cost"}
    assert {rule["baseline_method"] for rule in rules} == {"same_month", "monthly_average", "budget", "fixed"}


def test_every_field_of_a_rule_is_told():
    fields = set(declared_seeds(DBT_PROPERTIES)["effect_rule"].types) - {"note"}
    assert fields == set(re.findall(r"`(\w+)`", DOCUMENT.split("## Fälten")[1].split("## Formeln")[0])) & fields


def test_the_refusals_are_those_that_are_given():
    rules = [rule for rule in declared_seeds(DBT_PROPERTIES)["effect_rule"].rules if rule.kind == "row_rule"]
    table = DOCUMENT.split("| kolumn | skäl |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE) == [
        (rule.column, rule.arguments["rule"]) for rule in rules
    ]
