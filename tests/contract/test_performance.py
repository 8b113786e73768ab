"""docs/performance.md says what was measured, and the limits are held against it as they stand."""

import pytest

from orchestration.settings import CHECKOUT
from tests.benchmarks.figures import BEGIN, END, LIMITS, Figure, Limit, markdown, read, unmet

DOCUMENT = CHECKOUT / "docs" / "performance.md"


def test_the_document_shows_the_figures_that_were_kept():
    assert f"{BEGIN}\n{markdown(read())}\n{END}" in DOCUMENT.read_text(encoding="utf-8")


def test_every_limit_has_been_measured():
    measured = {(figure.benchmark, figure.variant) for figure in read()}
    assert {(limit.benchmark, limit.variant) for limit in LIMITS} <= measured


def test_the_document_names_what_is_not_kept():
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Not kept")[2]
    assert [fault for fault in unmet(read()) if fault.partition(",")[0] not in text] == []


@pytest.mark.parametrize(
    ("limit", "fault"),
    [
        (Limit("demo", "v", wall=2), "3.0 s, at most 2.0"),
        (Limit("demo", "v", ratio=1.5), "1.60 times, at most 1.50"),
        (Limit("demo", "v", peak_mb=100), "101 MB, at most 100"),
        (Limit("demo", "v", rows_per_second=4), "3 rows/s, at least 4"),
    ],
)
def test_a_figure_beyond_its_limit_is_told(limit: Limit, fault: str):
    assert limit.broken(Figure("demo", "v", 9, 3.0, ratio=1.6, peak_mb=101)) == [fault]
    assert limit.broken(Figure("demo", "v", 9, 1.0, ratio=1.5, peak_mb=100)) == []
