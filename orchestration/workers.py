"""Processes that share work: spawned, since who asks may have threads of DuckDB, and gone when who asked is gone."""

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from threading import Thread


def pool(workers: int, environment: Mapping[str, str] | None = None) -> ProcessPoolExecutor:
    """A pool of so many processes, which outlive neither the block nor a parent that is killed. In theirs, the
    environment is also as given."""
    return ProcessPoolExecutor(workers, get_context("spawn"), _begin, (dict(environment or {}),))


def _begin(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    _follow_the_parent()


def _follow_the_parent() -> None:
    parent = parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()
