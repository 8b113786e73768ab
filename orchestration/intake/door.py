"""The door: which contract a file falls under, and whether its bytes are readable text. Nothing is sniffed.

The folder chooses the contract and its source; the contract says how the bytes are to be read.
"""

import csv
import hashlib
import io
import os
import stat
import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import RefusedFileError
from orchestration.intake.contracts import Contract, Source

CHUNK = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
UNKNOWN = "_unknown"  # stands for feed or source where the folder names none


@dataclass(frozen=True)
class Arrival:
    """A file in the inbox or among the refused, with the feed and source that its folder names, known or not."""

    path: Path
    feed: str
    source: str

    @property
    def file_name(self) -> str:
        """The name as text; bytes that are none are replaced."""
        return os.fsencode(self.path.name).decode("utf-8", "replace")

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


def write_text(path: Path, source: Source, target: Path) -> int:
    """Writes the delivered bytes as UTF-8 with LF line ends to `target`, unpacked if they are gzip; how many lines.

    Raises RefusedFileError if the file is empty, broken gzip, not in the contract's encoding, or holds NUL characters.
    """
    if path.stat().st_size == 0:
        raise RefusedFileError("empty_file", "Filen är tom (0 byte). Beställ en ny fil av källsystemet.")
    encoding = "utf-8-sig" if source.encoding == "utf-8" else source.encoding
    decoder = io.IncrementalNewlineDecoder(getincrementaldecoder(encoding)("strict"), translate=True)
    done, lines, text = 0, 0, ""
    with target.open("w", encoding="utf-8", newline="") as out:
        for chunk in _unpacked(path):
            try:
                text = decoder.decode(chunk)
            except UnicodeError as error:
                raise _wrong_encoding(source, error, done) from error
            done += len(chunk)
            if "\0" in text:
                raise RefusedFileError(
                    "nul_characters", "Filen innehåller NUL-tecken och är inte text. Exportera om den."
                )
            lines += text.count("\n")
            out.write(text)
        try:
            rest = decoder.decode(b"", final=True)
        except UnicodeError as error:
            raise _wrong_encoding(source, error, done) from error
        out.write(rest)
        ends_open = not (text + rest).endswith("\n")
    if not target.stat().st_size:
        raise RefusedFileError("empty_file", "Filen saknar innehåll. Beställ en ny fil av källsystemet.")
    return lines + rest.count("\n") + ends_open


def _wrong_encoding(source: Source, error: UnicodeError, done: int) -> RefusedFileError:
    place = f"vid byte {done + error.start + 1}" if isinstance(error, UnicodeDecodeError) else "i filens början"
    return RefusedFileError(
        "encoding",
        f"Filen kan inte läsas som {source.encoding} ({place}). Exportera om den med den teckenkodningen, eller ändra"
        f" encoding i kontraktet {source.feed}.yaml.",
    )


def _unpacked(path: Path) -> Iterator[bytes]:
    """The bytes of a file in chunks, unpacked if the first two say gzip."""
    with path.open("rb") as file:
        first = file.read(CHUNK)
        if first[:2] != GZIP_MAGIC:
            while first:
                yield first
                first = file.read(CHUNK)
            return
        unpacker = zlib.decompressobj(wbits=31)
        packed = first
        try:
            while packed:
                yield unpacker.decompress(packed)
                while unpacker.eof and unpacker.unused_data:
                    packed = unpacker.unused_data
                    unpacker = zlib.decompressobj(wbits=31)
                    yield unpacker.decompress(packed)
                packed = file.read(CHUNK)
        except zlib.error as error:
            raise RefusedFileError("broken_gzip", "Filen är packad men trasig. Skicka den igen.") from error
        if not unpacker.eof:
            raise RefusedFileError("broken_gzip", "Den packade filen tar slut mitt i. Skicka den igen.")


def header_of(text: Path, source: Source) -> list[str]:
    """The column headers on the first line. Raises RefusedFileError if the contract does not know them all.

    Every header of the contract must be there, once, and no other than those it ignores; their order is free.
    """
    with text.open(encoding="utf-8", newline="") as file:
        first = file.readline()
    try:
        headers = [header.strip() for header in next(csv.reader([first], delimiter=source.delimiter), [])]
    except csv.Error:  # a field longer than any header
        headers = []
    wanted = [*source.headers.values()]
    if source.extract_date_header:
        wanted.append(source.extract_date_header)
    allowed = {*wanted, *source.ignored_headers}
    if not set(wanted) & set(headers):  # what stands there may be a person: it is not repeated
        raise RefusedFileError(
            "header",
            f"Filen saknar rubrikrad (rad 1 har ingen av kontraktets rubriker). Exportera om den med rubriker, eller"
            f" ändra källan {source.name} i kontraktet {source.feed}.yaml.",
        )
    faults = [f"saknar {header!r}" for header in dict.fromkeys(wanted) if header not in headers]
    faults += [f"har okänd kolumn nr {place}" for place, header in enumerate(headers, 1) if header not in allowed]
    faults += [f"har {header!r} flera gånger" for header in wanted if headers.count(header) > 1]
    if faults:
        raise RefusedFileError(
            "header",
            f"Rubrikraden (rad 1) {', '.join(faults)}. Rätta filen, eller ändra källan {source.name} i kontraktet"
            f" {source.feed}.yaml.",
        )
    return headers
