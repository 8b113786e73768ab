"""Runs the benchmarks: each variant in a process of its own, in turn, several times.

python -m tests.benchmarks [NAME ...] [--scale 0.01] [--repeat 3] [--json FILE]
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.intake import BENCHMARKS, Benchmark


def main() -> None:
    """Runs what is asked for and prints a table."""
    arguments = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    arguments.add_argument("names", nargs="*", help=", ".join(b.name for b in BENCHMARKS))
    arguments.add_argument("--scale", type=float, default=1.0, help="share of the rows of a full run")
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--json", type=Path, help="keep the figures here")
    arguments.add_argument("--folder", type=Path, help="keep the deliveries here between runs")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        figures = [
            row
            for benchmark in BENCHMARKS
            if not given.names or benchmark.name in given.names
            for row in measure(benchmark, folder, int(benchmark.rows * given.scale), given.repeat)
        ]
    head = ("benchmark", "rows", "variant", "wall s", "cpu s", "ratio", "peak MB", "rows/s")
    print("{:12} {:>11} {:26} {:>8} {:>8} {:>6} {:>8} {:>10}".format(*head))
    for row in figures:
        print(
            f"{row['benchmark']:12} {row['rows']:>11} {row['variant']:26} {row['wall']:>8.2f} {row['cpu']:>8.2f}"
            f" {row['ratio']:>6.2f} {row['peak_mb']:>8.0f} {row['rows'] / row['wall']:>10.0f}"
        )
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def measure(benchmark: Benchmark, folder: Path, rows: int, repeat: int) -> list[dict]:
    """Medians of each variant, and the median of its ratios to the first variant, run by run."""
    file = folder / f"{benchmark.name}-{rows}.txt"
    benchmark.write(file, rows)
    runs = [{name: _once(benchmark.name, name, file) for name in benchmark.variants} for _ in range(repeat)]
    results = {str(run[name]["result"]) for run in runs for name in run if run[name]["result"] is not None}
    assert len(results) == 1, f"the variants do not load the same: {results}"
    first = next(iter(benchmark.variants))
    return [
        {
            "benchmark": benchmark.name,
            "variant": name,
            "rows": rows,
            **{figure: statistics.median(run[name][figure] for run in runs) for figure in ("wall", "cpu", "peak_mb")},
            "ratio": statistics.median(run[name]["wall"] / run[first]["wall"] for run in runs),
        }
        for name in benchmark.variants
    ]


def _once(name: str, variant: str, file: Path) -> dict:
    """One variant in a process of its own, whose peak memory is its own."""
    command = [sys.executable, "-m", "tests.benchmarks.__main__", "--once", name, variant, str(file)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def once(name: str, variant: str, file: Path) -> None:
    """Runs a variant and prints its figures."""
    work = next(b for b in BENCHMARKS if b.name == name).variants[variant]
    with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        start, used = time.monotonic(), time.process_time()
        result = work(file, Path(scratch) / "warehouse.duckdb")
        figures = {"wall": time.monotonic() - start, "cpu": time.process_time() - used, "result": result}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(figures | {"peak_mb": peak / (1024 if sys.platform == "linux" else 1024**2)}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        once(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        main()
