"""From delivered bytes to UTF-8 text with LF line ends, unpacked if they are gzip, in parts to be read side by side.

The contract says the encoding; nothing is sniffed. Unpacked sizes are counted while streaming.
"""

import io
import itertools
import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import RefusedFileError
from orchestration.intake.contract import Source
from orchestration.intake.door import MAX_RATIO, RATIO_FROM

CHUNK = 1 << 20
PART = 128 << 20  # bytes; a part is read by one thread
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Part:
    """A piece of a text, cut between two lines. `lines_before` are the lines of the pieces before it."""

    path: Path
    lines_before: int


@dataclass(frozen=True)
class Text:
    """A delivered text as UTF-8. `lines` counts its lines up to the last that is not blank."""

    parts: tuple[Part, ...]
    lines: int


def write_text(path: Path, source: Source, folder: Path, part_size: int | None = PART) -> Text:
    """Writes a delivered file as UTF-8 text with LF line ends into `folder`, in parts of about `part_size` bytes.

    Parts are cut only where the quotes before are even in number, so that a quoted line break does not part a row
    whose quotes are well formed; None never cuts. Raises RefusedFileError if the file is empty, broken gzip, not in the
    contract's encoding, or holds NUL characters.
    """
    if path.stat().st_size == 0:
        raise RefusedFileError("empty_file", "Filen är tom (0 byte). Beställ en ny fil av källsystemet.")
    parts: list[Part] = []
    lines = blank_end = size = 0
    is_even = True
    out = None
    try:
        for chunk in decoded(path, source):
            start = 0
            while start < len(chunk):
                if out is None:
                    parts.append(Part(folder / f"delivery-{len(parts)}.txt", lines))
                    out, size = parts[-1].path.open("wb"), 0
                end = _cut(chunk, start, is_even) if part_size is not None and size >= part_size else len(chunk)
                piece = chunk[start:end] if (start, end) != (0, len(chunk)) else chunk
                out.write(piece)
                size += len(piece)
                lines += piece.count(b"\n")
                is_even ^= bool(piece.count(b'"') & 1)
                bare = piece.rstrip(b"\n")
                blank_end = len(piece) - len(bare) + (0 if bare else blank_end)
                if end < len(chunk):
                    out.close()
                    out = None
                start = end
    finally:
        if out is not None:
            out.close()
    if not parts:
        raise RefusedFileError("empty_file", "Filen saknar innehåll. Beställ en ny fil av källsystemet.")
    return Text(tuple(parts), lines - max(blank_end - 1, 0) + (blank_end == 0))


def _cut(chunk: bytes, start: int, is_even: bool) -> int:
    """Where a part may end in the chunk: after the first line with an even number of quotes before it; else its end."""
    while (end := chunk.find(b"\n", start)) >= 0:
        is_even ^= bool(chunk.count(b'"', start, end) & 1)
        if is_even:
            return end + 1
        start = end + 1
    return len(chunk)


def decoded(path: Path, source: Source) -> Iterator[bytes]:
    """The file's text as chunks of UTF-8 with LF line ends, without a byte order mark."""
    encoding = _encoding(path, source)
    decoder = io.IncrementalNewlineDecoder(getincrementaldecoder(encoding)("strict"), translate=True)
    done = 0
    for chunk in itertools.chain(_unpacked(path), [None]):
        try:
            text = decoder.decode(chunk or b"", final=chunk is None)
        except UnicodeError as error:
            raise _wrong_encoding(source, error, done) from error
        done += len(chunk or b"")
        if "\0" in text:
            raise RefusedFileError("nul_characters", "Filen innehåller NUL-tecken och är inte text. Exportera om den.")
        yield text.encode()


def lines(path: Path) -> Iterator[bytes]:
    """The file's lines as their bytes stand, unpacked."""
    rest = b""
    for chunk in _unpacked(path):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    yield rest


def _encoding(path: Path, source: Source) -> str:
    """The contract's encoding as Python names it. `pc8` is CP437, unless the bytes are UTF-8, which CP437 never is by
    chance: programs write `#FORMAT PC8` above either."""
    if source.encoding == "pc8":
        decoder = getincrementaldecoder("utf-8")("strict")
        try:
            for chunk in _unpacked(path):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp437"
    return "utf-8-sig" if source.encoding in ("utf-8", "pc8") else source.encoding


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
        packed, size, most = first, 0, max(RATIO_FROM, MAX_RATIO * path.stat().st_size)
        try:
            while packed:
                piece = unpacker.decompress(packed, CHUNK)
                size += len(piece)
                if size > most:
                    raise RefusedFileError(
                        "unpacks_too_large",
                        f"Filen packas upp till mer än {MAX_RATIO} gånger sin storlek. Beställ en ny fil, packad som"
                        " vanlig gzip eller inte alls.",
                    )
                yield piece
                packed = unpacker.unconsumed_tail
                if unpacker.eof and unpacker.unused_data:
                    packed, unpacker = unpacker.unused_data, zlib.decompressobj(wbits=31)
                packed = packed or file.read(CHUNK)
        except zlib.error as error:
            raise RefusedFileError("broken_gzip", "Filen är packad men trasig. Skicka den igen.") from error
        if not unpacker.eof:
            raise RefusedFileError("broken_gzip", "Den packade filen tar slut mitt i. Skicka den igen.")
