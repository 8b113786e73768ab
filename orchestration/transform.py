"""dbt in this process: seeds, models and tests, by the pipeline's paths. Heavy imports stay inside the functions."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import TransformError, UsageError
from orchestration.settings import CHECKOUT, Settings, Workspace

PROJECT = CHECKOUT / "dbt_project"
PROJECT_NAME = "nettoeffekt"

# Not what is held before dbt starts (reference tables) or judged after it (M1: keys of the marts), and not the worked
# examples. All of these belong to `make test`.
JUDGED_LATER = ("test_name:unique,path:models/marts", "test_name:unique_combination,path:models/marts")
EXCLUDED = " ".join(("tag:reference", *JUDGED_LATER))
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


def build(settings: Settings, workspace: Workspace) -> tuple[Node, ...]:
    """Builds seeds, models and their tests in the workspace's warehouse; every node with its outcome.

    Raises TransformError if a model could not be built or a test of severity error failed.
    """
    nodes = _invoke(settings, workspace, [*BUILD])
    failed = [node for node in nodes if node.is_failed]
    if failed:
        first = " ".join(failed[0].message.split())
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise TransformError(
            f"dbt {failed[0].unique_id}", f"{first}{more}", f"See {workspace.dbt / 'logs' / 'dbt.log'}"
        )
    return nodes


@contextmanager
def parsing_ahead(settings: Settings, workspace: Workspace) -> Iterator[None]:
    """Has dbt parse the project in a process of its own while the block runs, if it never has for this workspace.

    What goes wrong there is left for `build` to say, which parses again.
    """
    if (workspace.dbt / "target" / "partial_parse.msgpack").exists():
        yield
        return
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *_words(workspace, ["parse"])]
    environment = os.environ | _wanted(settings, workspace)
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as child:
        try:
            yield
        except BaseException:
            child.kill()
            raise


def manifest(settings: Settings) -> Path:
    """dbt's manifest for the graph of assets, parsed anew: the models may be others since the last run."""
    workspace = settings.directory.main
    _invoke(settings, workspace, ["parse"])
    return workspace.dbt / "target" / "manifest.json"


def _invoke(settings: Settings, workspace: Workspace, words: Sequence[str]) -> tuple[Node, ...]:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.results import RunExecutionResult

    with _environment(settings, workspace), _closed_afterwards():
        outcome = dbtRunner().invoke(_words(workspace, words))
    if outcome.exception is not None:
        message = " ".join(str(outcome.exception).split())
        raise TransformError("dbt", message, "The warehouse is as it was before this step")
    if not isinstance(outcome.result, RunExecutionResult):
        return ()
    return tuple(
        Node(result.node.unique_id, str(result.status), result.message or "", result.execution_time)
        for result in outcome.result.results
    )


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


def _wanted(settings: Settings, workspace: Workspace) -> dict[str, str]:
    """What profiles.yml and dbt_project.yml read."""
    return {
        "NETTOEFFEKT_WAREHOUSE": str(workspace.warehouse),
        "NETTOEFFEKT_REFERENCE": reference_for_dbt(settings, workspace),
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def _environment(settings: Settings, workspace: Workspace) -> Iterator[None]:
    """What dbt reads of the environment, for as long as it runs."""
    wanted = _wanted(settings, workspace)
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


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
