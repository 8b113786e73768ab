"""Going back to an earlier release, and staying there until somebody says otherwise."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.model import Release
from orchestration.publishing.files import write_whole
from orchestration.publishing.release import current, releases, swap_in
from orchestration.settings import Workspace


@dataclass(frozen=True)
class Hold:
    """Publishing is held at a release since a moment, UTC."""

    release_id: str
    since: str


def held(workspace: Workspace) -> Hold | None:
    """The hold that is in force; None if runs publish."""
    try:
        return Hold(**json.loads(_file(workspace).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def roll_back(workspace: Workspace, release_id: str, now: datetime) -> Release:
    """Publishes a kept release again, and holds it. Raises UsageError if it is not kept.

    The hold is written first: a rollback that is killed between is completed by the next run.
    """
    kept = {release.release_id: release for release in releases(workspace)}
    if release_id not in kept:
        known = ", ".join(kept) or "none"
        raise UsageError(f"rollback {release_id}", "no such release is kept", f"Kept are {known}")
    write_whole(_file(workspace), json.dumps(asdict(Hold(release_id, now.isoformat()))))
    swap_in(workspace, release_id)
    return kept[release_id]


def keep_hold(workspace: Workspace) -> Release | None:
    """The release that is held, put in place if it is not there; None if publishing is free."""
    hold = held(workspace)
    if hold is None:
        return None
    there = current(workspace)
    if there is None or there.release_id != hold.release_id:
        swap_in(workspace, hold.release_id)
        there = current(workspace)
    return there


def let_go(workspace: Workspace) -> Hold:
    """Ends the hold; the next run publishes, new or not. Raises UsageError if there is none."""
    hold = held(workspace)
    if hold is None:
        raise UsageError("rollback --release", "publishing is not held", "See nettoeffekt releases")
    workspace.last_run.unlink(missing_ok=True)  # what it found does not stand published
    _file(workspace).unlink()
    return hold


def _file(workspace: Workspace) -> Path:
    return workspace.published / "hold.json"
