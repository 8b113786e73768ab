"""The benchmarks of the load run, and their variants load the same; how fast they are is no test's business."""

import subprocess
import sys

import pytest

from orchestration.settings import CHECKOUT
from tests.benchmarks import figures
from tests.benchmarks.intake import BENCHMARKS

pytestmark = pytest.mark.pipeline


def test_a_small_run_of_every_load_ends_with_its_figures(tmp_path):
    kept = tmp_path / "figures.json"
    names = [benchmark.name for benchmark in BENCHMARKS]
    small = ["--scale", "0.0002", "--repeat", "1", "--json", str(kept)]
    command = [sys.executable, "-m", "tests.benchmarks", *names, *small]
    subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)
    found = {(figure.benchmark, figure.variant) for figure in figures.read(kept)}
    assert found == {(benchmark.name, variant) for benchmark in BENCHMARKS for variant in benchmark.variants}
