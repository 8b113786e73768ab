"""SIE 4 to rows of texts: the vouchers of an export (4E) or import (4I) file, one row per `#TRANS`.

What is regular takes a fast way, and SQL takes its last fields apart; the rest goes through the exact grammar. Both
give the same. A `#RTRANS` is followed by its `#TRANS` and not counted, a `#BTRANS` is a row taken away.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

from orchestration.errors import RefusedFileError
from orchestration.intake import decode, sie_regular
from orchestration.intake.contract import Source
from orchestration.intake.delimited import UNQUOTED, scan
from orchestration.intake.incoming import Delivered
from orchestration.intake.sie_grammar import Head, UnclosedError, checksum_lines, fields, head_of
from orchestration.intake.sie_regular import TAIL, Voucher, object_texts
from orchestration.intake.sql import MARK

_VOUCHER = re.compile(r"\n[ \t]*#VER(?=[ \t])")
_OF_VOUCHER = ("series", "number", "voucher_date", "voucher_text", "line", "account")
_OF_TAIL = ("amount", "date", "text", "quantity")


@dataclass
class SieFile:
    """A SIE file written as rows of texts. `dimensions` are those that the contract reads, as `dim 1`."""

    head: Head
    dimensions: tuple[str, ...]
    regular: Path
    exact: Path
    last_date: str = ""
    empty_vouchers: list[int] = field(default_factory=list)

    @property
    def span(self) -> tuple[date, date] | None:
        """The months that the file tells of: from the year's start to the date it goes to, else its last voucher."""
        start, end = (_date(text) for text in (self.head.year_start, self.head.to_date or self.last_date))
        return (start.replace(day=1), end.replace(day=1)) if start and end and start <= end else None

    @property
    def regular_rows(self) -> Delivered:
        """The regular rows; one whose last fields are not regular after all is set aside as such."""
        texts = [*_OF_VOUCHER, *self.dimensions, "tail"]
        names = ", ".join(f"c{place} as {_name(text)}" for place, text in enumerate(texts, 1))
        parts = ", ".join(f"nullif(replace(taken.{name}, '\"', ''), '') as {_name(name)}" for name in _OF_TAIL)
        taken = f"regexp_extract(c{len(texts)}, '{TAIL}', {list(_OF_TAIL)})"
        given = ", ".join(f"coalesce(c{place}, '')" for place in range(1, len(texts) + 1))
        read = scan(UNQUOTED, len(texts) + 1, False)
        rows = f"select cast(c0 as bigint) as row_number, *, {taken} as taken from {read}"
        relation = f"""
            select *, {_ANY_TEXT} as f_any_text from (
                select row_number, {names}, {parts}, case when taken.amount = '' then 'irregular' end as fault,
                    case when taken.amount = '' then concat_ws('{MARK}', {given}) end as given
                from ({rows})
            )
        """
        return Delivered(relation, (str(self.regular),), self._columns, fault="fault", given="given")

    @property
    def exact_rows(self) -> Delivered:
        """The rows that were read by the grammar, with the faults it has found."""
        texts = [*_OF_VOUCHER, *self.dimensions, *_OF_TAIL, "fault"]
        names = ", ".join(f"c{place} as {_name(text)}" for place, text in enumerate(texts, 1))
        relation = f"""
            select *, {_ANY_TEXT} as f_any_text, nullif(f_fault, '') as fault
            from (select cast(c0 as bigint) as row_number, {names} from {scan(UNQUOTED, len(texts) + 1, False)})
        """
        return Delivered(relation, (str(self.exact),), self._columns, fault="fault")

    @property
    def _columns(self) -> dict[str, str]:
        named = {name: _name(name) for name in (*_OF_VOUCHER, *self.dimensions, *_OF_TAIL, "any_text")}
        return {**named, "month": _name("voucher_date")}

    def write(self, vouchers: Iterator[Voucher], size: int) -> None:
        """Writes the rows of the vouchers of a file of so many bytes."""
        last = is_open = -1  # lines of vouchers
        with self.regular.open("w", encoding="utf-8") as regular, self.exact.open("w", encoding="utf-8") as exact:
            for written in sie_regular.write(vouchers, self.dimensions, size):
                regular.write(written.rows)
                self.last_date = max(self.last_date, written.last_date)
                last = written.last_line
                for line, voucher in written.irregular:
                    if not self._write_exact(line, voucher, exact):
                        is_open = line
        if last >= 0 and is_open == last:
            raise RefusedFileError(
                "truncated", "Filen tar slut mitt i den sista verifikationen. Beställ en ny fil av källsystemet."
            )

    def add_irregular(self, given: Iterable[tuple[int, str]]) -> None:
        """Adds to the exact rows those that SQL has set aside, each with its texts as they were written."""
        with self.exact.open("w", encoding="utf-8") as exact:
            for line, text in given:
                *texts, tail = text.split(MARK)
                last = [part if isinstance(part, str) else "" for part in fields(tail)]
                _write(exact, line, [*texts, *_padded(last)], "")

    def _write_exact(self, line: int, voucher: str, out: TextIO) -> bool:
        """Writes the rows of a voucher by the grammar; False if its closing brace is missing."""
        first, *lines = voucher.split("\n")
        head = [part if isinstance(part, str) else "" for part in _fields(f"#VER{first}") or []][1:5]
        series, number, day, text = (*head, "", "", "", "")[:4]
        self.last_date = max(self.last_date, day if len(day) == 8 and day.isdigit() else "")
        rows: list[tuple[int, list[str], str]] = []
        total, is_closed, is_broken = Decimal(), False, False
        for place, row in enumerate(lines, line + 1):
            bare = row.strip()
            if bare == "}":
                is_closed = True
                break
            if not bare.startswith("#TRANS"):
                continue
            of_voucher = [series, number, day, text, str(len(rows) + 1)]
            found = _fields(bare)
            texts = self._of_row(found) if found else None
            if texts is None:
                is_broken = True
                rows.append((place, [*of_voucher, "", *("" for _ in self.dimensions), *_padded([])], "|sie_row"))
                continue
            rows.append((place, [*of_voucher, *texts], ""))
            try:
                total += Decimal(texts[1 + len(self.dimensions)])
            except InvalidOperation:
                is_broken = True
        if not rows:
            self.empty_vouchers.append(line)
        for place, texts, fault in rows:
            _write(out, place, texts, fault or ("|unbalanced" if total or is_broken else ""))
        return is_closed

    def _of_row(self, found: list[str | list[str]]) -> list[str] | None:
        """Account, objects and last fields of a `#TRANS`; None if they do not stand where they must."""
        if len(found) < 4 or not isinstance(found[1], str) or not isinstance(found[2], list):
            return None
        last = [part for part in found[3:] if isinstance(part, str)]
        if len(last) != len(found) - 3 or len(found[2]) % 2:
            return None
        objects = object_texts(found[2], self.dimensions).split(MARK)[:-1]
        return [found[1], *objects, *_padded(last)]


def write_rows(path: Path, source: Source, folder: Path) -> SieFile:
    """Writes the rows of a delivered SIE file into `folder`.

    Raises RefusedFileError for what is no SIE 4 with vouchers, for a file that is truncated, whose checksum does not
    hold, or that has been imported before.
    """
    _require_checksum(path)
    pieces = _pieces(decode.decoded(path, source))
    _, preamble = next(pieces)
    if not preamble.lstrip().startswith("#"):
        kind = "en webbsida eller XML (SIE 5)" if preamble.lstrip().startswith("<") else "något annat"
        raise RefusedFileError("wrong_format", f"Filen är inte SIE 4 utan {kind}. Exportera den som SIE 4.")
    head = head_of(preamble.split("\n"))
    if head.sie_type in ("1", "2", "3"):
        raise RefusedFileError(
            "sie_type",
            f"Filen är SIE typ {head.sie_type}: saldon utan verifikationer, så inga huvudboksrader kan läsas in."
            " Exportera som SIE typ 4.",
        )
    if head.is_imported and not source.accepts_imported:
        raise RefusedFileError(
            "already_imported",
            "Filen är märkt som redan inläst av ett annat program (#FLAGGA 1). Exportera den på nytt, eller ange"
            f" acceptsImported för källan {source.name} i kontraktet {source.feed}.yaml.",
        )
    dimensions = tuple(dict.fromkeys(h for h in source.headers.values() if h.startswith("dim ")))
    file = SieFile(head, dimensions, folder / "regular.txt", folder / "exact.txt")
    file.write(pieces, path.stat().st_size)
    return file


def _pieces(chunks: Iterable[bytes]) -> Iterator[Voucher]:
    """The text before the first voucher, then each voucher: the number of its line and the text behind `#VER`."""
    line, rest = 0, "\n"  # the line break lets a file begin with a voucher
    for chunk in chunks:
        text = chunk.decode()
        if MARK in text:
            raise RefusedFileError("control_characters", "Filen innehåller styrtecken som SIE 4 inte tillåter.")
        *whole, rest = _VOUCHER.split(rest + text)
        for piece in whole:
            yield line, piece
            line += piece.count("\n") + 1
    yield line, rest


def _require_checksum(path: Path) -> None:
    has_begun, stated, real = checksum_lines(decode.lines(path))
    if has_begun and stated is None:
        raise RefusedFileError(
            "truncated", "Filen börjar en kontrollsumma (#KSUMMA) som aldrig avslutas: slutet fattas. Skicka den igen."
        )
    if has_begun and stated != real:
        raise RefusedFileError(
            "checksum", f"Kontrollsumman (#KSUMMA) är {stated}, men innehållet ger {real}. Skicka filen igen."
        )


def _fields(line: str) -> list[str | list[str]] | None:
    try:
        return fields(line)
    except UnclosedError:
        return None


def _padded(last: list[str]) -> list[str]:
    return (last + [""] * len(_OF_TAIL))[: len(_OF_TAIL)]


def _write(out: TextIO, line: int, texts: list[str], fault: str) -> None:
    out.write(MARK.join((str(line), *texts, fault)) + "\n")


def _date(text: str | None) -> date | None:
    try:
        return datetime.strptime(text or "", "%Y%m%d").date()
    except ValueError:
        return None


def _name(text: str) -> str:
    return "f_" + text.replace(" ", "_")


_ANY_TEXT = "coalesce(f_text, f_voucher_text)"
