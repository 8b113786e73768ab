"""dbt, by the pipeline's paths, in a process of its own: there it is imported, and reads its project, during the load.

Only while it builds does it hold the warehouse. Set-up reads the project once (`prepare`), so that a data directory
begins with what was read there, and reads only what has changed since.
"""

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.errors import TransformError, UsageError
from orchestration.settings import CHECKOUT, Settings, Workspace
from orchestration.warehouse import full, is_full
from orchestration.workers import ask, pool

PROJECT = CHECKOUT / "dbt_project"
PROJECT_NAME = "nettoeffekt"
PARTIAL_PARSE = "partial_parse.msgpack"  # dbt's name for what it has read
PREPARED = Workspace(build=PROJECT / "target", published=PROJECT / "target")  # where nothing is built, only read

# Not what is held before dbt starts (reference tables), as models are built (`hold_keys`) or after (M1: keys of marts),
# and not the worked examples. All of these belong to `make test`.
HELD_ELSEWHERE = ("test_name:unique", "test_name:unique_combination", "test_name:never_null")
EXCLUDED = " ".join(("tag:reference", *HELD_ELSEWHERE))
BUILD = ("build", "--exclude-resource-type", "unit_test", "exposure", "--exclude", *EXCLUDED.split())


@dataclass(frozen=True)
class Node:
    """How one dbt node ended: a seed, a model or a test, by its unique id."""

    unique_id: str
    status: str
    message: str
    seconds: float

    @property
    def is_failed(self) -> bool:
        return self.status in ("error", "fail", "runtime error")


@dataclass(frozen=True)
class Dbt:
    """dbt at work for one workspace."""

    workspace: Workspace
    process: ProcessPoolExecutor

    def build(self, keeps_nothing: bool = False) -> tuple[Node, ...]:
        """Builds seeds, models and their tests in the workspace's warehouse; every node with its outcome.

        With `keeps_nothing` the models that keep rows of earlier runs begin anew too: other code made those rows.
        Raises TransformError if a model could not be built or a test of severity error failed, SpaceError if the disk
        is full, EndedProcessError if dbt was killed.
        """
        words = (*BUILD, "--full-refresh") if keeps_nothing else BUILD
        nodes = ask("dbt", self.process, _build, _words(self.workspace, words))
        failed = [node for node in nodes if node.is_failed]
        if any(is_full(node.message) for node in failed):
            raise full(self.workspace.warehouse)
        if failed:
            first = " ".join(failed[0].message.split())
            more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
            log = self.workspace.dbt / "logs" / "dbt.log"
            raise TransformError(f"dbt {failed[0].unique_id}", f"{first}{more}", f"See {log}")
        return nodes


@contextmanager
def dbt(settings: Settings, workspace: Workspace) -> Iterator[Dbt]:
    """dbt, which reads its project from now on, beside whatever the block does before it calls `build`."""
    with _process(settings, workspace) as process:
        process.submit(_parse, _words(workspace, ["parse"]))
        yield Dbt(workspace, process)


def manifest(settings: Settings) -> Path:
    """dbt's manifest for the graph of assets, parsed anew: the models may be others since the last run."""
    workspace = settings.directory.main
    with _process(settings, workspace) as process:
        process.submit(_parse, _words(workspace, ["parse"])).result()
    return workspace.dbt / "target" / "manifest.json"


def prepare(settings: Settings) -> None:
    """Reads the project for every data directory that has not read it: most of what a first reading costs."""
    with _process(settings, PREPARED) as process:
        process.submit(_parse, _words(PREPARED, ["parse"])).result()


@contextmanager
def _process(settings: Settings, workspace: Workspace) -> Iterator[ProcessPoolExecutor]:
    """dbt's process, at home in the workspace's build folder, with what has been read of the project before."""
    target, prepared = workspace.dbt / "target", PREPARED.dbt / "target" / PARTIAL_PARSE
    target.mkdir(parents=True, exist_ok=True)
    if prepared.exists() and not (target / PARTIAL_PARSE).exists():
        shutil.copyfile(prepared, target / "prepared")
        (target / "prepared").replace(target / PARTIAL_PARSE)
    with pool(1, environment=_environment(settings, workspace), folder=workspace.build) as process:
        yield process


def _words(workspace: Workspace, words: Sequence[str]) -> list[str]:
    """A command of dbt's with its places."""
    return [
        *words,
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(workspace.dbt / "target"), "--log-path", str(workspace.dbt / "logs")),
        *("--log-level", "none", "--log-level-file", "info", "--no-use-colors"),
    ]


def reference_for_dbt(settings: Settings, workspace: Workspace) -> str:
    """The reference tables as dbt must be told of them: by a path relative to the project.

    dbt writes what it runs for a seed to target/run/<project>/<seed path>. With an absolute path, or one that climbs to
    the root, that is the CSV file itself. Raises UsageError where it would be.
    """
    reference = settings.reference.resolve()
    relative = os.path.relpath(reference, PROJECT)
    written = os.path.normpath(workspace.dbt / "target" / "run" / PROJECT_NAME / relative)
    if Path(written).is_relative_to(reference):
        place = f"NETTOEFFEKT_REFERENCE={settings.reference}"
        remedy = "Move the reference tables, or the data directory, one folder deeper"
        raise UsageError(place, "dbt would overwrite the reference tables there", remedy)
    return relative


def _environment(settings: Settings, workspace: Workspace) -> dict[str, str]:
    """What profiles.yml and dbt_project.yml read. The warehouse is named as its folder has it: another path would void
    what dbt has read of its project."""
    return {
        "NETTOEFFEKT_WAREHOUSE": workspace.warehouse.name,
        "NETTOEFFEKT_REFERENCE": reference_for_dbt(settings, workspace),
        "DO_NOT_TRACK": "1",
    }


_parsed: Any = None  # in dbt's process: what it has read of its project


def _parse(words: Sequence[str]) -> None:
    """Runs in dbt's process. What goes wrong here goes wrong again, and is told, when it builds."""
    global _parsed
    _parsed = _invoke(words)


def _build(words: Sequence[str]) -> tuple[Node, ...]:
    """Runs in dbt's process."""
    with _closed_afterwards():
        results = _invoke(words, _parsed).results
    return tuple(
        Node(result.node.unique_id, str(result.status), result.message or "", result.execution_time)
        for result in results
    )


def _invoke(words: Sequence[str], parsed: Any = None) -> Any:
    """What a command of dbt's comes to. Raises TransformError if it cannot be carried out."""
    from dbt.cli.main import dbtRunner

    logging.raiseExceptions = False  # a full disk is told once, not for every line of the log
    outcome = dbtRunner(manifest=parsed).invoke([*words])
    if outcome.exception is not None:
        message = " ".join(str(outcome.exception).split())
        if is_full(message):
            raise full(Path(words[words.index("--target-path") + 1]))
        raise TransformError("dbt", message, "The warehouse is as it was before this step")
    return outcome.result


@contextmanager
def _closed_afterwards() -> Iterator[None]:
    """dbt-duckdb keeps its connection for the life of the process: no later step could open the file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    try:
        yield
    finally:
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
            DuckDBConnectionManager._ENV = None
        reset_adapters()
