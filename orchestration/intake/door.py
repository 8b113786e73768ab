"""The door: which files have come, and which contract each falls under. Nothing is sniffed: the folder chooses."""

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import RefusedFileError
from orchestration.intake.contract import Contract, Source
from orchestration.intake.privacy import mask

# Ledgers unpack to about ten times their size, sheets with blank formatted cells to a hundred. A bomb does a thousand.
MAX_RATIO = 200
RATIO_FROM = 64 << 20  # bytes unpacked from which on the ratio is looked at

UNKNOWN = "_unknown"  # stands for feed or source where the folder names none


@dataclass(frozen=True)
class Arrival:
    """A file in the inbox or among the refused, with the feed and source that its folder names, known or not."""

    path: Path
    feed: str
    source: str

    @property
    def file_name(self) -> str:
        """The name as text, masked as all free text is; bytes that are none are replaced."""
        return mask(os.fsencode(self.path.name).decode("utf-8", "replace"))[0]

    @property
    def is_regular(self) -> bool:
        """False for links, which are never followed, and for pipes and devices, which never end."""
        return stat.S_ISREG(self.path.lstat().st_mode)

    @property
    def identity(self) -> str:
        """What the file is known by: SHA-256 of its bytes; of its name if it is no regular file."""
        return digest(self.path) if self.is_regular else hashlib.sha256(os.fsencode(self.path.name)).hexdigest()


def arrivals(folder: Path, contracts: Mapping[str, Contract]) -> list[Arrival]:
    """The files under an inbox, in the order in which they are taken: by feed, source and name.

    Hidden files are passed over: senders write them while they upload.
    """
    found = []
    for path in sorted(folder.rglob("*")) if folder.exists() else []:
        parts = path.relative_to(folder).parts
        if (path.is_dir() and not path.is_symlink()) or any(part.startswith(".") for part in parts):
            continue
        feed = parts[0] if len(parts) > 1 else UNKNOWN
        source = parts[1] if len(parts) > 2 else UNKNOWN
        if source == UNKNOWN and feed in contracts and len(contracts[feed].sources) == 1:
            source = next(iter(contracts[feed].sources))
        found.append(Arrival(path, feed, source))
    return found


def recognise(arrival: Arrival, contracts: Mapping[str, Contract]) -> tuple[Contract, Source]:
    """The contract and source of a file, by its folder. Raises RefusedFileError if there is none."""
    if not arrival.is_regular:
        raise RefusedFileError("not_a_file", "Det är en länk eller ett rör, inte en fil. Lägg själva filen i inkorgen.")
    contract = contracts.get(arrival.feed)
    if contract is None:
        known = ", ".join(contracts)
        raise RefusedFileError(
            "no_feed",
            f"Mappen hör inte till något flöde. Lägg filen i inbox/<flöde>/<källa>/, där flödet är ett av: {known}.",
        )
    source = contract.sources.get(arrival.source)
    if source is None:
        known = ", ".join(contract.sources)
        raise RefusedFileError(
            "no_source",
            f"Flödet {contract.feed} har ingen källa {arrival.source!r}. Lägg filen i inbox/{contract.feed}/<källa>/,"
            f" där källan är en av: {known}.",
        )
    return contract, source


def digest(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal: what a delivery is known by."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
