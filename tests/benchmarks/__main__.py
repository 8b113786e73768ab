"""Measures the product against what DESIGN asks of its speed, and against what one would write by hand.

    python -m tests.benchmarks [NAME ...] [--scale 1.0] [--repeat 3] [--json FILE | --keep] [--folder FOLDER]

Variants run in turn, each in a process of its own, so that a ratio holds on a machine that others use too. Exit code 1
if a limit is not kept to at full scale. `--keep` writes tests/benchmarks/figures.json and the table of
docs/performance.md anew: of what has been measured now, and of the other benchmarks as it was.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from orchestration.settings import CHECKOUT
from tests.benchmarks import figures as kept
from tests.benchmarks import net_effect, runs
from tests.benchmarks.figures import Figure
from tests.benchmarks.intake import BENCHMARKS, Benchmark

DOCUMENT = CHECKOUT / "docs" / "performance.md"
SHORT, LONG = 5_000_000, 50_000_000

Measure = Callable[[Path, float, int], Iterator[Figure]]


def main() -> int:
    """Runs what is asked for and prints a table."""
    arguments = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    arguments.add_argument("names", nargs="*", help=", ".join(MEASURES))
    arguments.add_argument("--scale", type=float, default=1.0, help="share of the rows of a full run")
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--json", type=Path, help="keep the figures here")
    arguments.add_argument(
        "--keep", action="store_true", help="keep the figures in the tree, with the document's table"
    )
    arguments.add_argument("--folder", type=Path, help="keep the deliveries here between runs")
    given = arguments.parse_args()
    unknown = set(given.names) - set(MEASURES)
    if unknown:
        arguments.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        measured = [
            figure for name in given.names or MEASURES for figure in MEASURES[name](folder, given.scale, given.repeat)
        ]
    print(kept.markdown(measured))
    if given.json:
        kept.write(measured, given.json)
    if given.keep:
        keep(measured)
    faults = kept.unmet(measured) if given.scale == 1 else []
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def keep(measured: list[Figure]) -> None:
    """Puts the figures in the place of the earlier ones of the same benchmarks, in the tree and in the document."""
    anew = {figure.benchmark for figure in measured}
    before = [figure for figure in kept.read() if figure.benchmark not in anew] if kept.FIGURES.exists() else []
    order = list(MEASURES)
    together = sorted([*before, *measured], key=lambda figure: order.index(figure.benchmark))
    kept.write(together, kept.FIGURES)
    text = DOCUMENT.read_text(encoding="utf-8")
    head, _, rest = text.partition(kept.BEGIN)
    _, _, tail = rest.partition(kept.END)
    DOCUMENT.write_text(f"{head}{kept.BEGIN}\n{kept.markdown(together)}\n{kept.END}{tail}", encoding="utf-8")


def load(benchmark: Benchmark, folder: Path, scale: float, repeat: int) -> Iterator[Figure]:
    """One file into an empty warehouse, by each variant."""
    rows = int(benchmark.rows * scale)
    file = folder / f"{benchmark.name}-{rows}.txt"
    benchmark.write(file, rows)
    rounds = [{name: _apart(benchmark.name, name, file) for name in benchmark.variants} for _ in range(repeat)]
    results = {
        str(round_[name]["result"]) for round_ in rounds for name in round_ if round_[name]["result"] is not None
    }
    assert len(results) == 1, f"the variants do not load the same: {results}"
    first = next(iter(benchmark.variants))
    for name in benchmark.variants:
        median = {
            figure: statistics.median(round_[name][figure] for round_ in rounds)
            for figure in ("wall", "cpu", "peak_mb")
        }
        ratio = statistics.median(round_[name]["wall"] / round_[first]["wall"] for round_ in rounds)
        yield Figure(benchmark.name, name, rows, **median, ratio=ratio)


def models(folder: Path, scale: float, repeat: int) -> Iterator[Figure]:
    """The dbt models of net effects against one script."""
    lines, rules = int(10_000_000 * scale), max(int(2_000 * scale), 80)
    rounds = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            rounds.append(net_effect.measure(Path(place), lines, rules))
    assert not any(any(found.differing.values()) for found in rounds), "the models and the script differ"
    yield Figure("net_effect", "by hand", lines, statistics.median(found.script for found in rounds), ratio=1.0)
    yield Figure(
        *("net_effect", "nettoeffekt", lines, statistics.median(found.models for found in rounds)),
        ratio=statistics.median(found.ratio for found in rounds),
    )


def one_month(folder: Path, scale: float, repeat: int) -> Iterator[Figure]:
    """A whole run that takes in one changed month, on two lengths of history."""
    lengths = {"short history": int(SHORT * scale), "long history": int(LONG * scale)}
    places = {name: folder / f"history-{lines}" for name, lines in lengths.items()}
    for name, lines in lengths.items():
        runs.prepare(places[name], lines)
    rounds = [{name: runs.changed_month(places[name]) for name in lengths} for _ in range(repeat)]
    yield from _run_figures("one_month", dict.fromkeys(lengths), rounds, "short history")


def nothing_new(folder: Path, scale: float, repeat: int) -> Iterator[Figure]:
    """A run that finds nothing new, after the demo's."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        rounds = [{"nettoeffekt": runs.nothing_new(Path(place) / "data")} for _ in range(repeat)]
    yield from _run_figures("nothing_new", {"nettoeffekt": None}, rounds)


def demo(folder: Path, scale: float, repeat: int) -> Iterator[Figure]:
    """The demo from a clean data directory."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        rounds = [{"nettoeffekt": runs.demo(Path(place) / "data")} for _ in range(repeat)]
    yield from _run_figures("demo", {"nettoeffekt": None}, rounds)


def _run_figures(
    benchmark: str, variants: dict[str, None], rounds: list[dict[str, runs.Figures]], first: str | None = None
) -> Iterator[Figure]:
    for name, rows in variants.items():
        found = [round_[name] for round_ in rounds]
        yield Figure(
            *(benchmark, name, rows, statistics.median(x.wall for x in found), statistics.median(x.cpu for x in found)),
            ratio=statistics.median(round_[name].wall / round_[first].wall for round_ in rounds) if first else None,
            peak_mb=statistics.median(x.peak_mb for x in found),
        )


def _apart(name: str, variant: str, file: Path) -> dict:
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


def _load_of(benchmark: Benchmark) -> Measure:
    return lambda folder, scale, repeat: load(benchmark, folder, scale, repeat)


MEASURES: dict[str, Measure] = {
    **{benchmark.name: _load_of(benchmark) for benchmark in BENCHMARKS},
    "net_effect": models,
    "one_month": one_month,
    "nothing_new": nothing_new,
    "demo": demo,
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        once(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        sys.exit(main())
