"""Files that are whole or not there: written beside, synced to the disk, and put in place by one rename."""

import hashlib
import os
from pathlib import Path

CHUNK = 1 << 20


def sync(path: Path) -> None:
    """Has the disk keep a file, or a folder's names, through a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(file: Path, text: str) -> None:
    """Replaces a text file in one step; readers have the old one or the new one."""
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, encoding="utf-8")
    sync(part)
    part.replace(file)
    sync(file.parent)


def sha256(file: Path) -> str:
    """The SHA-256 of a file's bytes."""
    total = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            total.update(chunk)
    return total.hexdigest()
