"""The refused folder: files kept out, each with a .txt that names rule and place."""

import os
import shutil
from pathlib import Path

from orchestration.intake import door
from orchestration.intake.door import Arrival
from orchestration.intake.landing import Receipt
from orchestration.settings import DataDirectory

LONGEST_NAME = 200  # bytes of a name, which also takes a hash and .txt


def clear(directory: DataDirectory, arrival: Arrival, receipt: Receipt) -> None:
    """Takes the file away from where it lay: it is in landing now, or goes to refused/ with the reason beside it."""
    folder = directory.refused
    old_reason = arrival.path.with_name(arrival.path.name + ".txt")
    was_refused = arrival.path.is_relative_to(folder)
    if receipt.status == "refused":
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds what landing holds: persons in clear
        target = arrival.path if was_refused else _place(directory, arrival, receipt)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target != arrival.path:
            shutil.move(arrival.path, target)
        reason = f"{receipt.file_name}\nRegel: {receipt.rule}\n{receipt.reason}\n"
        target.with_name(target.name + ".txt").write_text(reason, encoding="utf-8")
        return
    arrival.path.unlink()
    if was_refused:
        old_reason.unlink(missing_ok=True)


def _place(directory: DataDirectory, arrival: Arrival, receipt: Receipt) -> Path:
    """refused/<feed>/<source>/<name>; the hash before the name if another file has that, or the name of its reason."""
    folders = arrival.path.relative_to(directory.inbox).parent.parts[:2] or (door.UNKNOWN,)
    folder = directory.refused.joinpath(*folders)
    name = os.fsdecode(os.fsencode(arrival.path.name)[-LONGEST_NAME:])
    target = folder / name
    same = target.exists() and Arrival(target, "", "").identity == receipt.delivery_id
    if not same and (target.exists() or target.with_name(f"{name}.txt").exists()):
        target = folder / f"{receipt.delivery_id[:8]}-{name}"
    return target
