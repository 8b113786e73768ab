"""The file of a workbook (.xlsx, a zip of XML parts): whether it may be opened, and which sheets it has.

The whole file is gone through as a stream before any library opens it: what it unpacks to is counted, and every part
must be whole XML. python-calamine takes a part that ends in its middle for whole.
"""

import errno
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urljoin
from xml.parsers import expat

from orchestration.errors import RefusedFileError
from orchestration.intake.door import MAX_RATIO, RATIO_FROM

CHUNK = 1 << 18
ZIP_MAGIC = b"PK\x03\x04"
COMPOUND_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and any Office file under a password
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

MAX_UNPACKED = 1 << 30
MAX_PARTS = 10_000
MAX_STATED = 20_000_000  # what a part may say that it holds: calamine makes room for it before it reads on

WORKBOOK = "xl/workbook.xml"


@dataclass(frozen=True)
class Sheet:
    """A worksheet: its name, whether it is shown, and its part of the file."""

    name: str
    is_visible: bool
    part: str


@dataclass(frozen=True)
class Package:
    """The worksheets of a file in their order, chart sheets apart. `must_recalculate` is true if the file says itself
    that its formulas must be calculated anew, as programs do that write formulas without calculating them.
    `is_1904` is true if it counts days from 1904, as Excel on the Mac once did."""

    sheets: tuple[Sheet, ...]
    must_recalculate: bool
    is_1904: bool


def check(path: Path) -> Package:
    """Goes through the whole file without opening it as a workbook.

    Raises RefusedFileError for what is no .xlsx, is protected, has macros, unpacks to too much, or is broken.
    """
    _require_zip(path)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = _require_workbook(archive)
            _require_sound(archive, path.stat().st_size)
            return _package(archive, parts)
    except ET.ParseError as error:  # of names, which the parts have not been read for so far
        broken(f"dess innehållsförteckning går inte att läsa ({error})")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OverflowError, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # of the disk, not of the file
            raise
        broken("den går inte att packa upp")


def broken(how: str) -> NoReturn:
    raise RefusedFileError(
        "broken_workbook", f"Arbetsboken är trasig: {how}. Öppna den i Excel, spara den som .xlsx och skicka den igen."
    )


def _require_zip(path: Path) -> None:
    with path.open("rb") as file:
        first = file.read(len(COMPOUND_MAGIC))
        if first == COMPOUND_MAGIC:
            before = b""
            while chunk := file.read(CHUNK):
                if ENCRYPTED in before + chunk:
                    _protected()
                before = chunk[-len(ENCRYPTED) :]
            raise RefusedFileError(
                "wrong_format",
                "Filen är en arbetsbok i det gamla formatet .xls. Spara den som .xlsx (Excel-arbetsbok) och skicka den"
                " igen.",
            )
    if not first:
        raise RefusedFileError("empty_file", "Filen är tom (0 byte). Beställ en ny fil av källsystemet.")
    if not first.startswith(ZIP_MAGIC):
        raise RefusedFileError(
            "wrong_format",
            "Filen är ingen arbetsbok (.xlsx), vad den än heter. Exportera den som .xlsx, eller ändra format i"
            " kontraktet.",
        )


def _protected() -> NoReturn:
    raise RefusedFileError(
        "protected", "Filen är skyddad med lösenord. Spara den utan lösenord (eller skydd) och skicka den igen."
    )


def _require_workbook(archive: zipfile.ZipFile) -> frozenset[str]:
    """The names of the parts. Two readers must see the same file: no doubled names, and no paths out of the package."""
    infos = archive.infolist()
    names = [info.filename for info in infos]
    lowered = {name.lower() for name in names}
    if any(info.flag_bits & 0x1 for info in infos):
        _protected()
    strange = [name for name in names if name.startswith("/") or {"\\", ":"} & set(name) or ".." in name.split("/")]
    if strange or len(lowered) < len(names) or len(names) > MAX_PARTS:
        raise RefusedFileError(
            "unsafe_archive",
            "Filen är packad som ingen arbetsbok är (dubbla delar eller sökvägar ut ur filen), och öppnas inte. Spara"
            " den på nytt i Excel, och tala med avsändaren.",
        )
    if any(name.rpartition("/")[2] == "vbaproject.bin" or name.startswith("xl/macrosheets/") for name in lowered):
        raise RefusedFileError(
            "macros", "Arbetsboken har makron och öppnas inte. Spara den som .xlsx (utan makron) och skicka den igen."
        )
    if WORKBOOK not in names:
        raise RefusedFileError(
            "wrong_format",
            "Filen är packad men ingen arbetsbok i formatet .xlsx (den kan vara .xlsb, .ods eller en vanlig zip-fil)."
            " Spara den som .xlsx och skicka den igen.",
        )
    return frozenset(names)


def _require_sound(archive: zipfile.ZipFile, packed: int) -> None:
    """Unpacks every part in a stream, counting what comes rather than believing what the file says of itself."""
    total = 0
    for info in archive.infolist():
        part = info.filename
        parser = xml_parser(part) if part.endswith((".xml", ".rels")) else None
        for chunk in chunks(archive, info):
            total += len(chunk)
            if total > MAX_UNPACKED or (total > RATIO_FROM and total > MAX_RATIO * packed):
                raise RefusedFileError(
                    "too_large",
                    f"Arbetsboken är på {packed} byte men packas upp till mer än {total >> 20} MB, och öppnas inte. Ta"
                    " bort tomma formaterade rader och blad, eller leverera den som text.",
                )
            if parser is not None:
                parse(parser, chunk, part)
        if parser is not None:
            parse(parser, b"", part, is_final=True)


def chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The unpacked bytes of a part, all of them: zipfile stops at the size that the file states, others do not."""
    stated, info.file_size = info.file_size, MAX_UNPACKED * 2
    try:
        with archive.open(info) as part:
            read = 0
            while chunk := part.read(CHUNK):
                read += len(chunk)
                yield chunk
    finally:
        info.file_size = stated
    if read != stated:
        broken(f"{info.filename} har inte den storlek som filen uppger")


def xml_parser(part: str) -> expat.XMLParserType:
    """A parser that refuses document types, which no workbook has, encodings that calamine would misread, and sizes
    that it would believe."""

    def refuse_doctype(*_: object) -> NoReturn:
        raise RefusedFileError(
            "external_entities",
            f"Arbetsboken har en dokumenttyp (DOCTYPE) i {part}, vilket ingen arbetsbok har, och öppnas inte. Spara den"
            " på nytt i Excel, och tala med avsändaren.",
        )

    def require_utf8(_: str, encoding: str | None, __: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
            broken(f"{part} är inte UTF-8")

    def require_credible(_: str, attributes: dict[str, str]) -> None:
        stated = (attributes.get("uniqueCount") or attributes.get("count", "")).removeprefix("+")
        if stated.isdigit() and int(stated) > MAX_STATED:
            broken(f"{part} uppger att den har {stated} poster")

    parser = expat.ParserCreate()
    if not part.startswith("xl/worksheets/"):  # the largest parts, whose word calamine does not take
        parser.StartElementHandler = require_credible
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.XmlDeclHandler = require_utf8
    return parser


def parse(parser: expat.XMLParserType, chunk: bytes, part: str, is_final: bool = False) -> None:
    """Gives the parser the next bytes of a part. Raises RefusedFileError if it is no XML, or cut off."""
    if parser.CurrentByteIndex <= 0 and chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
        broken(f"{part} är inte UTF-8")
    try:
        parser.Parse(chunk, is_final)
    except expat.ExpatError as error:
        broken(f"{part} är inte hel XML (rad {error.lineno})")


def _package(archive: zipfile.ZipFile, parts: frozenset[str]) -> Package:
    relations = "xl/_rels/workbook.xml.rels"
    if relations not in parts:
        broken(f"{relations} saknas")
    targets = {
        relation.get("Id"): urljoin("/xl/workbook.xml", relation.get("Target", ""))[1:]
        for relation in ET.fromstring(archive.read(relations))
        if relation.get("Type", "").endswith("/worksheet")
    }
    names = {name.lower(): name for name in parts}  # capitals do not count in names of parts
    sheets, must_recalculate, is_1904 = [], False, False
    for element in ET.fromstring(archive.read(WORKBOOK)).iter():
        kind = element.tag.rpartition("}")[2]
        if kind == "calcPr":
            must_recalculate = element.get("fullCalcOnLoad") in ("1", "true")
        elif kind == "workbookPr":
            is_1904 = element.get("date1904") in ("1", "true")
        elif kind == "sheet":
            relation_id = next((value for key, value in element.items() if key.endswith("}id")), None)
            part = names.get(targets.get(relation_id, "").lower())
            if part is not None:
                sheets.append(Sheet(element.get("name", ""), element.get("state", "visible") == "visible", part))
    return Package(tuple(sheets), must_recalculate, is_1904)
