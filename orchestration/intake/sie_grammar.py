"""SIE 4 as text: how a line falls into fields, what the head of a file says, and its checksum.

Source: SIE filformat, utgåva 4B. Fields are parted by spaces or tabs, may be quoted, and are gathered in braces.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

BLANK = " \t"
_SEPARATORS = b" \t\r\n{}"


class UnclosedError(ValueError):
    """A list of objects without its closing brace."""


def fields(line: str) -> list[str | list[str]]:
    """The fields of a line, its label first; a list of objects as a list of its fields.

    A quote ends a field only before a separator, a brace or the end of the line: others belong to the text, and a text
    that is never closed ends with the line. Raises UnclosedError for a brace that is never closed.
    """
    found: list[str | list[str]] = []
    inner: list[str] | None = None
    place, end = 0, len(line)
    while place < end:
        character = line[place]
        if character in BLANK:
            place += 1
        elif character == "{" and inner is None:
            inner = []
            place += 1
        elif character == "}" and inner is not None:
            found.append(inner)
            inner = None
            place += 1
        else:
            field, place = _quoted(line, place + 1) if character == '"' else _plain(line, place, inner is not None)
            (found if inner is None else inner).append(field)
    if inner is not None:
        raise UnclosedError
    return found


def _plain(line: str, start: int, is_inner: bool) -> tuple[str, int]:
    stops = BLANK + "}" if is_inner else BLANK
    place = start
    while place < len(line) and line[place] not in stops:
        place += 1
    return line[start:place], place


def _quoted(line: str, start: int) -> tuple[str, int]:
    """A quoted field from behind its first quote, and where the line goes on."""
    text = []
    place, end = start, len(line)
    while place < end:
        character = line[place]
        if character == "\\" and line[place + 1 : place + 2] == '"':
            text.append('"')
            place += 2
        elif character == '"' and (place + 1 == end or line[place + 1] in BLANK + "{}"):
            return "".join(text), place + 1
        else:
            text.append(character)
            place += 1
    return "".join(text).rstrip(), end


@dataclass(frozen=True)
class Head:
    """What the lines before the first voucher say. Dates are as written, YYYYMMDD; None where the file is silent."""

    sie_type: str | None = None
    is_imported: bool = False
    generated: str | None = None
    year_start: str | None = None
    to_date: str | None = None


def head_of(lines: Iterable[str]) -> Head:
    """The head of a file, from the lines before its first voucher. Unknown labels are passed over."""
    said: dict[str, list[str]] = {}
    for line in lines:
        if not line.lstrip(BLANK).startswith(("#SIETYP", "#FLAGGA", "#GEN", "#RAR", "#OMFATTN")):
            continue
        label, *values = (field for field in fields(line) if isinstance(field, str))
        if label != "#RAR" or values[:1] == ["0"]:
            said[label] = values
    first = {label: values[0] for label, values in said.items() if values}
    year = said.get("#RAR", [])
    return Head(
        sie_type=first.get("#SIETYP"),
        is_imported=first.get("#FLAGGA") == "1",
        generated=first.get("#GEN"),
        year_start=year[1] if len(year) > 1 else None,
        to_date=first.get("#OMFATTN"),
    )


@dataclass
class Checksum:
    """CRC-32 over labels and fields between two records #KSUMMA, without separators, quotes, braces and line ends."""

    value: int = 0

    def add(self, line: bytes) -> None:
        """Takes a line of the file, as its bytes stand."""
        if b'"' not in line:
            self.value = zlib.crc32(line.translate(None, _SEPARATORS), self.value)
            return
        pieces = line.replace(b'\\"', b"\0").split(b'"')
        for number, piece in enumerate(pieces):
            kept = piece if number % 2 else piece.translate(None, _SEPARATORS)
            self.value = zlib.crc32(kept.replace(b"\0", b'"'), self.value)


def checksum_lines(content: Iterable[bytes]) -> tuple[bool, int | None, int]:
    """Whether a file begins a checksum, the sum it states at its end (None if it states none), and the real one."""
    check = Checksum()
    begun, stated = False, None
    for line in content:
        bare = line.strip()
        if bare.startswith(b"#KSUMMA"):
            rest = bare[len(b"#KSUMMA") :].strip().strip(b'"')
            if begun:
                stated = int(rest) if rest.isdigit() else -1
                break
            begun = True
        elif begun:
            check.add(line)
        elif bare.startswith(b"#VER"):
            break
    return begun, stated, check.value
