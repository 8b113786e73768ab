"""A load that is killed at any instant leaves a warehouse that the next load makes whole. `kills` does it at length."""

import random
from pathlib import Path

import pytest

from tests.pipeline import kills

pytestmark = pytest.mark.pipeline


def test_loads_that_are_killed_lose_nothing_and_double_nothing(tmp_path: Path):
    kills.kill_loads(tmp_path, 15, random.Random(3))


def test_what_a_kill_might_leave_would_be_seen(tmp_path: Path):
    """Rows of a file that is not recorded, as a load that commits too early would leave them."""
    from orchestration.settings import DataDirectory

    directory = DataDirectory(tmp_path)
    kills.deliver(directory)
    kills.in_process(kills.load, str(tmp_path))
    assert kills.in_process(kills.faults, str(tmp_path)) == []
    kills.in_process(spoil, str(tmp_path))
    assert kills.in_process(kills.faults, str(tmp_path)) == ["raw.forecast: 1 rows without their delivery"]


def spoil(root: str) -> None:
    from orchestration.settings import DataDirectory
    from orchestration.warehouse import connect

    with connect(DataDirectory(Path(root)).main.warehouse) as connection:
        connection.execute("insert into raw.forecast (_slice_id, _row_number) values ('nobody''s', 1)")
