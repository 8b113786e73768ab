"""The engine against one SQL script written by hand: the same net effects to the öre, on a small invented ledger."""

from pathlib import Path

import pytest

from tests.benchmarks.net_effect import measure

pytestmark = pytest.mark.pipeline


def test_the_models_come_to_what_a_script_by_hand_comes_to(tmp_path: Path):
    found = measure(tmp_path, lines=40_000, rules=80)
    assert found.rows > 1_000
    assert found.differing == {"fct_net_effect": 0, "fct_net_effect_source": 0}
