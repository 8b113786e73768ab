"""The fault table and the tests agree: every line is shown by a test that is there."""

import ast
from functools import cache
from pathlib import Path

import pytest
import yaml

from orchestration.settings import CHECKOUT
from tests.fault_table import FAULTS, Fault

TESTS = Path(__file__).resolve().parents[1]


@cache
def names_in(module: str) -> frozenset[str]:
    if module == "dbt":
        return frozenset(
            example["name"]
            for file in (CHECKOUT / "dbt_project" / "models").rglob("*.yml")
            for example in yaml.safe_load(file.read_text("utf-8")).get("unit_tests", [])
        )
    tree = ast.parse((TESTS / module).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.scenario)
def test_a_fault_is_shown_by_a_test_that_is_there(fault: Fault):
    module, name = fault.shown_by.split("::")
    assert name in names_in(module)
    assert fault.expected


def test_no_scenario_stands_twice():
    scenarios = [fault.scenario for fault in FAULTS]
    assert len(scenarios) == len(set(scenarios)) > 50
