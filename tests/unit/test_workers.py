"""Processes that share work do not outlive a parent that is killed, and their errors come back whole."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.errors import TransformError
from orchestration.workers import pool

# As a module of its own, since the processes of a pool import what started them.
PARENT = """
import os, sys, time
sys.path.insert(0, {checkout!r})
from orchestration.workers import pool

def tell(_):
    time.sleep(0.2)
    return os.getpid()

if __name__ == "__main__":
    with pool(2) as executor:
        print(*set(executor.map(tell, range(4))), flush=True)
        time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_the_processes_of_a_killed_parent_end(tmp_path: Path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(checkout=os.getcwd()))
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert workers
        assert all(map(is_alive, workers))
        parent.kill()
    end = time.monotonic() + 10
    while any(map(is_alive, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(is_alive, workers))


def fail() -> None:
    raise TransformError("dbt", "it cannot be done", "Mend it")


def test_an_error_comes_back_with_place_rule_and_remedy():
    with pool(1) as executor, pytest.raises(TransformError) as caught:
        executor.submit(fail).result()
    assert (caught.value.place, caught.value.rule, caught.value.remedy) == ("dbt", "it cannot be done", "Mend it")
