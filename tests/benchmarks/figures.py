"""What the benchmarks measure, what DESIGN asks of it, and the table of both that docs/performance.md shows."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FIGURES = Path(__file__).with_suffix(".json")
BEGIN = "<!-- figures: begin, written by python -m tests.benchmarks --keep -->"
END = "<!-- figures: end -->"


@dataclass(frozen=True)
class Figure:
    """Medians of one variant: seconds, the ratio of its wall time to the first variant's in the same round, peak MB."""

    benchmark: str
    variant: str
    rows: int | None
    wall: float
    cpu: float | None = None
    ratio: float | None = None
    peak_mb: float | None = None

    @property
    def rows_per_second(self) -> float | None:
        return None if self.rows is None else self.rows / self.wall


@dataclass(frozen=True)
class Limit:
    """What one variant must keep to, at full scale."""

    benchmark: str
    variant: str
    wall: float | None = None
    ratio: float | None = None
    peak_mb: float | None = None
    rows_per_second: float | None = None

    def broken(self, figure: Figure) -> list[str]:
        """What the figure does not keep to, each as found and asked for."""
        asked = [
            (figure.wall, self.wall, "{:.1f} s, at most {:.1f}"),
            (figure.ratio, self.ratio, "{:.2f} times, at most {:.2f}"),
            (figure.peak_mb, self.peak_mb, "{:.0f} MB, at most {:.0f}"),
        ]
        found = [words.format(value, most) for value, most, words in asked if most is not None and (value or 0) > most]
        if self.rows_per_second is not None and (figure.rows_per_second or 0) < self.rows_per_second:
            found.append(f"{figure.rows_per_second:.0f} rows/s, at least {self.rows_per_second:.0f}")
        return found


LIMITS = (
    Limit("delimited", "nettoeffekt", ratio=1.5, peak_mb=1024),
    Limit("delimited", "nettoeffekt, whole door", ratio=3),
    Limit("sie", "nettoeffekt", ratio=1.5, peak_mb=1024, rows_per_second=400_000),
    Limit("net_effect", "nettoeffekt", ratio=1.5),
    Limit("one_month", "long history", ratio=1.3),
    Limit("nothing_new", "nettoeffekt", wall=2),
    Limit("demo", "nettoeffekt", wall=45, peak_mb=1536),
)


def limit_of(figure: Figure) -> Limit | None:
    """What is asked of a variant, None if nothing."""
    return next((x for x in LIMITS if (x.benchmark, x.variant) == (figure.benchmark, figure.variant)), None)


def unmet(figures: Iterable[Figure]) -> list[str]:
    """One line per limit that is not kept to."""
    return [
        f"{figure.benchmark}, {figure.variant}: {fault}"
        for figure in figures
        for limit in [limit_of(figure)]
        if limit is not None
        for fault in limit.broken(figure)
    ]


def markdown(figures: Sequence[Figure]) -> str:
    """The table, as the document has it."""
    lines = [
        "| benchmark | variant | rows | wall s | CPU s | ratio | peak MB | rows/s | asked for | kept |",
        "|---|---|---:|---:|---:|---:|---:|---:|---|---|",
    ]
    for figure in figures:
        limit = limit_of(figure)
        cells = [
            figure.benchmark,
            figure.variant,
            _shown(figure.rows, 0),
            _shown(figure.wall, 1),
            _shown(figure.cpu, 1),
            _shown(figure.ratio, 2),
            _shown(figure.peak_mb, 0),
            _shown(figure.rows_per_second, 0),
            "" if limit is None else _asked(limit),
            "" if limit is None else ("no" if limit.broken(figure) else "yes"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _shown(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:,.{decimals}f}".replace(",", " ")


def _asked(limit: Limit) -> str:
    parts = [
        (limit.wall, "≤ {:g} s"),
        (limit.ratio, "≤ {:g} ×"),
        (limit.peak_mb, "≤ {:g} MB"),
        (limit.rows_per_second, "≥ {:g} rows/s"),
    ]
    return ", ".join(words.format(value) for value, words in parts if value is not None)


def read(path: Path = FIGURES) -> list[Figure]:
    """The figures that were kept."""
    return [Figure(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def write(figures: Sequence[Figure], path: Path) -> None:
    """Keeps figures."""
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n", encoding="utf-8")
