"""Landing: the byte-exact copy of every loaded file, and a receipt for every file seen. Neither is ever changed; bytes
with personal data may go when their time is over (retention.py), and leave a mark.

Receipts are what makes a rebuild repeat history: order, date of knowledge and verdict are written once, beside the
bytes. Folders 0700, files 0400: landing holds what was delivered, in clear, outside the warehouse.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from orchestration.errors import NettoeffektError

CHANGED_KEYS = "changed_keys.json"
EXPIRED = ".expired"
RECEIPT_NAME = re.compile(r"[0-9a-f]{64}\.\d{9}\.json")


class ChangedFileError(Exception):
    """A file in the inbox was written to while it was being taken."""


@dataclass(frozen=True)
class Receipt:
    """One file seen, once. `known_from` is the date from which its content was known; `sequence` orders all receipts.

    `status` is loaded, refused or duplicate; `contract_digest` the contract it was judged by ("" if no contract).
    """

    delivery_id: str
    feed: str
    source: str
    file_name: str
    bytes: int
    received_at: datetime
    known_from: date
    sequence: int
    contract_version: str
    contract_digest: str
    key_id: str | None
    status: str
    rule: str | None = None
    reason: str | None = None


class Landing:
    """The landing folder: <feed>/<sha256> and <feed>/<sha256>.<sequence>.json; <feed>/<sha256>.expired where the bytes
    have gone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last: int | None = None  # the sequence of the last receipt, once it is known: who loads holds the lock

    def file(self, receipt: Receipt) -> Path:
        """Where the bytes of a loaded delivery lie."""
        return self.folder / receipt.feed / receipt.delivery_id

    def require(self, receipt: Receipt) -> None:
        """Raises NettoeffektError unless the bytes of a loaded delivery lie there as they were."""
        file = self.file(receipt)
        if file.with_suffix(EXPIRED).exists():
            place = f"landing/{receipt.feed}/{receipt.delivery_id}"
            rule = f"the time in clear of {receipt.file_name} is over, and this build lacks its rows"
            raise NettoeffektError(place, rule, "Restore the build from backup: it holds them, keyed")
        if not file.exists() or _hash_of(file) != receipt.delivery_id:
            place = f"landing/{receipt.feed}/{receipt.delivery_id}"
            raise NettoeffektError(place, f"the bytes of {receipt.file_name} are lost or altered", "Restore the backup")

    def has_bytes(self, feed: str, delivery_id: str) -> bool:
        """True if the bytes of a delivery lie there."""
        return (self.folder / feed / delivery_id).exists()

    def expire(self, feed: str, delivery_id: str, today: date) -> None:
        """Takes the bytes of a delivery away for good, and leaves a mark with the date."""
        file = self.folder / feed / delivery_id
        _write_whole(file.with_suffix(EXPIRED), f"{today}\n".encode())
        file.unlink()
        _sync_folder(file.parent)

    def expired(self) -> frozenset[tuple[str, str]]:
        """Feed and delivery_id of those whose bytes have been taken away."""
        return frozenset((path.parent.name, path.stem) for path in self.folder.glob(f"*/*{EXPIRED}"))

    def key_now(self, key_id: str | None) -> str | None:
        """The id of the key that persons loaded under `key_id` stand under now: itself, or what it was changed to."""
        changed = self._changed_keys()
        seen: set[str | None] = set()
        while key_id in changed and key_id not in seen:
            seen.add(key_id)
            key_id = changed[key_id]
        return key_id

    def note_new_key(self, key_id: str) -> None:
        """Notes that all that has landed stands under this key from now on."""
        changed = self._changed_keys()
        changed |= {r.key_id: key_id for r in self.receipts() if r.key_id not in (None, key_id)}
        changed.pop(key_id, None)
        target = self.folder / CHANGED_KEYS
        _write_whole(target, json.dumps(changed, indent=1).encode())
        _sync_folder(self.folder)

    def _changed_keys(self) -> dict[str, str]:
        file = self.folder / CHANGED_KEYS
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def next_sequence(self) -> int:
        if self._last is None:
            self._last = max((sequence for _, sequence in self._entries()), default=0)
        return self._last + 1

    def receipts(self, skip: frozenset[int] = frozenset()) -> list[Receipt]:
        """All receipts in order of sequence, but for the sequences in `skip`, which are not even read."""
        entries = sorted((sequence, path) for path, sequence in self._entries() if sequence not in skip)
        return [_read(path) for _, path in entries]

    def keep(self, receipt: Receipt, delivered: Path | None) -> None:
        """Writes the bytes, if any, and then the receipt; both on disk when this returns.

        Raises ChangedFileError if the bytes are not those that the receipt names.
        """
        self._last = receipt.sequence  # used up, whatever happens now
        folder = self.folder / receipt.feed
        for place in (self.folder, folder):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if delivered is not None:
            _write_once(self.file(receipt), delivered, receipt.delivery_id)
        document = json.dumps(asdict(receipt), ensure_ascii=False, indent=1, default=str)
        target = folder / f"{receipt.delivery_id}.{receipt.sequence:09d}.json"
        _write_whole(target, document.encode())
        _sync_folder(folder)

    def _entries(self) -> Iterator[tuple[Path, int]]:
        for path in self.folder.glob("*/*.json"):
            if RECEIPT_NAME.fullmatch(path.name):
                yield path, int(path.name.split(".")[-2])


def _read(path: Path) -> Receipt:
    document = json.loads(path.read_text(encoding="utf-8"))
    document["received_at"] = datetime.fromisoformat(document["received_at"])
    document["known_from"] = date.fromisoformat(document["known_from"])
    return Receipt(**document)


def _write_once(target: Path, delivered: Path, content_hash: str) -> None:
    """Copies the delivered bytes, unless they are there already: the name is their hash."""
    if target.exists():
        return
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    shutil.copyfile(delivered, part)
    if _hash_of(part) != content_hash:
        part.unlink()
        raise ChangedFileError(delivered)
    _finish(part, target)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_whole(target: Path, content: bytes) -> None:
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    part.write_bytes(content)
    _finish(part, target)


def _finish(part: Path, target: Path) -> None:
    """Makes a written file durable and unchangeable, then gives it its name."""
    part.chmod(0o400)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(target)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
