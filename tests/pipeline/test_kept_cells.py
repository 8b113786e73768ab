"""Mapped ledger cells are kept from run to run, and are as if made anew each time."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from orchestration.settings import CHECKOUT
from tests.pipeline.conftest import LongWork, Stage, Tables, differing, morning, tables

pytestmark = pytest.mark.pipeline

CELLS = "intermediate.int_ledger__mapped_cell"
AS_OF = ("--as-of", "2025-01-31")


@dataclass(frozen=True)
class Kept:
    """The builds of the demo, of a run with other reference tables, of that begun anew, and of one after other code."""

    demo: Tables
    other_reference: Tables
    other_reference_anew: Tables
    after_other_code: Tables
    slices_mapped: int
    slices: int


def run_with_other_reference_and_code(stage: Stage) -> Kept:
    directory = stage.copy_of_demo()
    warehouse = directory.main.warehouse
    demo = tables(warehouse)
    with duckdb.connect(str(warehouse)) as connection:  # what is kept can be told by it
        connection.execute(f"update {CELLS} set quantity = -1 where quantity is null")
    reference = stage.folder / "reference"
    shutil.copytree(CHECKOUT / "seeds" / "reference", reference)
    centres = reference / "cost_centre.csv"
    text = centres.read_text(encoding="utf-8")
    assert text.count("2000,9120,RSV-MAT,2022-01-01,") == 1
    moved = text.replace("2000,9120,RSV-MAT,2022-01-01,", "2000,9120,RSV-VNS,2022-01-01,")
    centres.write_text(moved, encoding="utf-8")
    morning(directory, "run", *AS_OF, reference=reference)
    with duckdb.connect(str(warehouse)) as connection:
        ((slices, mapped),) = connection.execute(
            f"select count(distinct slice_id), count(distinct slice_id) filter (where quantity is null) from {CELLS}"
        ).fetchall()
        connection.execute(f"update {CELLS} set quantity = null where quantity = -1")
    other = tables(warehouse)
    anew = morning(directory, "rebuild", *AS_OF, reference=reference).build
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"update {CELLS} set amount_sek = 0")
        connection.execute("update intermediate.int_ledger__cell set amount_sek = 0")
        connection.execute("update ops.run set code_version = 'earlier'")
    after = morning(directory, "run", *AS_OF).build
    return Kept(demo, other, anew, after, mapped, slices)


LONG_WORK = [LongWork("kept", 120, run_with_other_reference_and_code)]


@pytest.fixture
def kept(long_work: Callable[[str], Any]) -> Kept:
    return long_work("kept")


def test_a_changed_reference_table_maps_anew_what_it_touches_and_no_more(kept: Kept):
    assert 0 < kept.slices_mapped < kept.slices
    assert kept.other_reference[CELLS].content != kept.demo[CELLS].content


def test_kept_cells_are_those_that_a_rebuild_makes(kept: Kept):
    assert differing(kept.other_reference, kept.other_reference_anew, "ops") == []


def test_what_other_code_has_kept_is_made_anew(kept: Kept):
    assert differing(kept.demo, kept.after_other_code, "ops") == []
