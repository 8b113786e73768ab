"""Processes that share work: spawned, since who asks may have threads of DuckDB, and gone when who asked is gone."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from orchestration.errors import EndedProcessError

T = TypeVar("T")


def pool(workers: int, environment: Mapping[str, str] | None = None, folder: Path | None = None) -> ProcessPoolExecutor:
    """A pool of so many processes, which outlive neither the block nor a parent that is killed. In theirs, the
    environment and the working folder are also as given."""
    return ProcessPoolExecutor(workers, get_context("spawn"), _begin, (dict(environment or {}), folder))


@contextmanager
def prepared(beginning: Callable[[], None], workers: int = 1) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes begin at once with what they will need, such as imports, while the caller does other work.
    What goes wrong there goes wrong again, and is told, when they are asked."""
    with pool(workers) as executor:
        for _ in range(workers):
            executor.submit(beginning)
        yield executor


def ask(who: str, executor: Executor, work: Callable[..., T], *args: Any) -> T:
    """What the work comes to in a process of the pool. Raises what it raises, and EndedProcessError if there is no
    process any more."""
    try:
        return executor.submit(work, *args).result()
    except BrokenProcessPool as error:
        raise EndedProcessError(who, "its process was ended from outside", "Run again, with more memory") from error


def _begin(environment: dict[str, str], folder: Path | None) -> None:
    os.environ.update(environment)
    if folder is not None:
        os.chdir(folder)
    _follow_the_parent()


def _follow_the_parent() -> None:
    parent = parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()
