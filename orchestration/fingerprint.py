"""Has anything changed since the last finished run? One hash over all that a run's result depends on.

Importing this must stay cheap: a run that finds nothing new ends within two seconds.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from orchestration.settings import CHECKOUT, Settings, Workspace

CODE = ("orchestration", "dbt_project", "expectations")
CODE_SUFFIXES = (".py", ".sql", ".yml", ".yaml", ".md", ".j2", ".css")


@dataclass(frozen=True)
class LastRun:
    """What the last finished run came to; beside the build it belongs to."""

    fingerprint: str
    run_id: str
    as_of: str
    release_id: str | None
    stops: tuple[str, ...]
    channels_down: tuple[str, ...] = ()


def code_version() -> str:
    """The product's version and twelve digits of a hash over its code, as 0.1.0+3f2a91c0d4e5."""
    files = (path for folder in CODE for path in _files(CHECKOUT / folder, CODE_SUFFIXES))
    return f"{version('nettoeffekt')}+{_hash(CHECKOUT, files)[:12]}"


def fingerprint(settings: Settings, inputs: str) -> str:
    """The hash of a run's inputs (`inputs_hash`) and of how much has landed; the inbox is looked at apart."""
    receipts = sum(1 for _ in settings.directory.landing.glob("*/*.json"))
    return hashlib.sha256(f"{inputs} {receipts}".encode()).hexdigest()


def inputs_hash(settings: Settings, as_of: date) -> str:
    """The hash of what a run is given besides deliveries: date, contracts, suites, reference tables, key and code.

    Taken when a run starts, so that what is changed while it runs counts as new afterwards.
    """
    key = settings.person_key_file
    key_hash = hashlib.sha256(key.read_bytes()).hexdigest() if key is not None and key.is_file() else str(key)
    parts = [as_of.isoformat(), code_version(), key_hash]
    for folder, suffixes in ((settings.contracts, (".yaml",)), (settings.suites, (".yaml",))):
        parts.append(_hash(folder, _files(folder, suffixes)))
    parts.append(_hash(settings.reference, _files(settings.reference, (".csv",))))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def has_unseen_files(settings: Settings) -> bool:
    """True if a file lies in the inbox: what has been seen leaves it."""
    inbox = settings.directory.inbox
    visible = (path for path in inbox.rglob("*") if not any(p.startswith(".") for p in path.relative_to(inbox).parts))
    return any(not path.is_dir() for path in visible)


def read_last_run(workspace: Workspace) -> LastRun | None:
    """The last finished run, if both its build and its note are there."""
    try:
        document = json.loads(workspace.last_run.read_text(encoding="utf-8"))
        last = LastRun(**{name: tuple(value) if isinstance(value, list) else value for name, value in document.items()})
    except (FileNotFoundError, json.JSONDecodeError, TypeError, KeyError):
        return None
    return last if workspace.warehouse.exists() else None


def write_last_run(workspace: Workspace, last: LastRun) -> None:
    """Notes a finished run, whole or not at all."""
    part = workspace.last_run.with_suffix(".part")
    part.write_text(json.dumps(asdict(last), ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(workspace.last_run)


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file())


def _hash(root: Path, files: Iterable[Path]) -> str:
    """A hash over names and bytes, in the order of names."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(f"{path.relative_to(root)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
