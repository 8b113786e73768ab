"""The demo region: its deliveries, its date, and the data directory that is marked as its own."""

import shutil
from datetime import date
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.publishing.release import current
from orchestration.settings import CHECKOUT, DataDirectory, Settings

DEMO_AS_OF = date(2025, 1, 31)
EXTRACTS = CHECKOUT / "seeds" / "extracts"


def deliver(settings: Settings) -> None:
    """Puts the demo's deliveries in the inbox, and marks the data directory as the demo's.

    Raises UsageError in a directory that holds anything else, or has published a later date than the demo's.
    """
    directory = settings.directory
    mark = _mark(directory)
    held = (directory.landing, directory.inbox, directory.refused)
    if not mark.exists() and any(path.is_file() for folder in held for path in folder.rglob("*")):
        raise UsageError(str(directory.root), "the directory holds a real region", "Give the demo another: --data DIR")
    release = current(directory.main)
    if release is not None and release.as_of > DEMO_AS_OF:
        raise UsageError(
            str(directory.root), f"a later date than {DEMO_AS_OF} is published there", "Remove the directory"
        )
    directory.root.mkdir(parents=True, exist_ok=True)
    mark.write_text("This data directory holds the demo region: invented persons under a key that everybody knows.\n")
    for file in files():
        target = directory.inbox / file.relative_to(EXTRACTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}")  # hidden until it is whole
        shutil.copyfile(file, part)
        part.replace(target)


def is_demo(directory: DataDirectory) -> bool:
    """True if the data directory is the demo's."""
    return _mark(directory).exists()


def _mark(directory: DataDirectory) -> Path:
    return directory.root / "DEMO"


def files() -> list[Path]:
    """The demo's deliveries, below seeds/extracts."""
    return sorted(path for path in EXTRACTS.rglob("*") if path.is_file() and path.suffix in (".csv", ".gz"))
