"""The benchmarks run, and their variants load the same; how fast they are is no test's business."""

import json
import subprocess
import sys

import pytest

from orchestration.settings import CHECKOUT
from tests.benchmarks.intake import BENCHMARKS

pytestmark = pytest.mark.pipeline


def test_a_small_run_of_every_benchmark_ends_with_its_figures(tmp_path):
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.benchmarks", "--scale", "0.0002", "--repeat", "1", "--json", str(figures)]
    subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)
    found = {(row["benchmark"], row["variant"]) for row in json.loads(figures.read_text(encoding="utf-8"))}
    assert found == {(benchmark.name, variant) for benchmark in BENCHMARKS for variant in benchmark.variants}
