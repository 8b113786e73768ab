"""A disk that fills in the middle of a load: a real one, mounted for the test alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.settings import CHECKOUT, DataDirectory
from tests.pipeline import kills

pytestmark = pytest.mark.pipeline

APART = ("unshare", "--mount", "--map-root-user")


def may_mount() -> bool:
    try:
        return subprocess.run([*APART, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not may_mount(), reason="this system lets nobody mount a disk of their own")
def test_a_disk_that_fills_in_a_load_is_named_and_the_next_load_makes_it_whole(tmp_path: Path):
    whole, small = DataDirectory(tmp_path / "whole"), tmp_path / "small"
    kills.deliver(whole)
    kills.in_process(kills.load, str(whole.root))
    small.mkdir()

    program = [*APART, sys.executable, "-m", "tests.pipeline.small_disk", str(small)]
    ended = subprocess.run(program, cwd=CHECKOUT, capture_output=True, text=True)

    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    full = [end for end in told["ends"] if end != "done"]
    assert len(full) >= 3
    assert all("the disk is full. Free space and run again" in end for end in full)
    assert told["ends"][len(full) :] == ["done"] * (len(told["ends"]) - len(full))
    assert told["wrong"] == []
    assert told["content"] == str(kills.in_process(kills.content, str(whole.root)))
