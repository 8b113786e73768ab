"""One file into raw, by its contract: read, judged row by row, counted; within the transaction of its load."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.errors import RefusedFileError
from orchestration.intake import decode, delimited, fixed_width, incoming, sie, slices, voucher, workbook
from orchestration.intake.contract import Contract, Source
from orchestration.intake.incoming import Delivered
from orchestration.intake.moments import day, written
from orchestration.intake.quarantine import reason_sv, row_sv
from orchestration.intake.tally import AsideRow, LentFunctions, Tally
from orchestration.warehouse import space_guard


@dataclass(frozen=True)
class Setting:
    """What parsing needs beside the file: where to unpack, the functions lent to SQL, the run's date."""

    build: Path
    lent: LentFunctions
    as_of: date


@dataclass(frozen=True)
class Counts:
    """The counts of raw.delivery for one file; sums are those of the contract's control column."""

    rows_in: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_left_out: int = 0
    sum_in: Decimal | None = None
    sum_accepted: Decimal | None = None
    sum_quarantined: Decimal | None = None
    sum_left_out: Decimal | None = None
    rows_without_sum: int = 0
    masked_values: int = 0


@dataclass(frozen=True)
class Parsed:
    """A file that stands in raw, not yet committed. `extract_date` is what the file itself tells, if it does."""

    tally: Tally
    counts: Counts
    extract_date: date | None
    reading: "Reading"


@dataclass(frozen=True)
class Reading:
    """What a reader found out beside the rows: the extract date as text, the months that the file itself says it
    covers, and what the one who delivered it should know although it was taken."""

    extract_text: str | None = None
    span: tuple[date, date] | None = None
    warning: tuple[str, str] | None = None


def parse(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    contract: Contract,
    source: Source,
    delivery_id: str,
    setting: Setting,
) -> Parsed:
    """Inserts the rows of a file into raw.<feed>. The transaction around it must hold nothing yet: it may begin anew.

    Raises RefusedFileError if the file, or too large a share of its rows, cannot be taken: roll back then.
    """
    if contract.has_personal_data and setting.lent.key is None:
        raise RefusedFileError(
            "no_key",
            "Flödet har personuppgifter men ingen nyckel finns. Sätt NETTOEFFEKT_PERSON_KEY_FILE och kör igen.",
        )
    with tempfile.TemporaryDirectory(dir=setting.build, prefix="intake-") as folder, space_guard(setting.build):
        job = _Job(connection, path, contract, source, delivery_id, setting, Path(folder))
        reading = _READERS[source.file_format](job)
    tally = job.tally
    _require_control_total(connection, contract, source, tally)
    voucher.set_unbalanced_aside(connection, contract, source, tally)
    counts = _count(connection, contract, tally)
    if counts.rows_in == 0:
        raise RefusedFileError("no_rows", "Filen har en rubrikrad men inga rader. Beställ en ny fil av källsystemet.")
    _require_few_quarantined(contract, source, tally, counts)
    _require_months(connection, contract, tally, setting.as_of)
    return Parsed(tally, counts, _extract_date(connection, source, tally, reading.extract_text), reading)


@dataclass
class _Job:
    """One file on its way in."""

    connection: duckdb.DuckDBPyConnection
    path: Path
    contract: Contract
    source: Source
    delivery_id: str
    setting: Setting
    folder: Path

    @property
    def tally(self) -> Tally:
        return self.setting.lent.tally

    def insert(self, delivered: Delivered) -> None:
        """Inserts the rows of `delivered`, and counts from nothing."""
        connection, contract, source = self.connection, self.contract, self.source
        self.setting.lent.tally = Tally(incoming.first_row_id(connection, contract))
        incoming.make_slice_candidates(connection, contract, source, delivered, self.delivery_id, self.setting.as_of)
        self.insert_more(delivered)

    def insert_more(self, delivered: Delivered) -> None:
        """Inserts further rows of the same columns."""
        delimited.forget_rejects(self.connection)
        incoming.insert(self.connection, self.contract, self.source, delivered, self.setting.lent)

    def begin_anew(self) -> None:
        """Undoes what has been inserted."""
        self.connection.execute("rollback")
        self.connection.execute("begin")


def _read_delimited(job: _Job) -> Reading:
    """Delimited text, fast where each line is a row, exactly where not."""
    source, dialect = job.source, delimited.Dialect(job.source.delimiter)
    text = decode.write_text(job.path, source, job.folder)
    headers = delimited.header_of(text, source)
    delivered = delimited.delivered(text, headers, dialect, source.extract_date_header)
    _insert_texts(job, delivered)
    if job.tally.rows == text.lines - 1 and not delimited.has_rejects(job.connection):
        return Reading(delivered.extract_text)
    job.begin_anew()
    if len(text.parts) > 1:
        text = decode.write_text(job.path, source, job.folder, part_size=None)
    delimited.find_rejects(job.connection, text, headers, dialect)
    delivered = delimited.delivered(text, headers, dialect, source.extract_date_header, is_exact=True)
    _insert_texts(job, delivered)
    delimited.set_rejects_aside(job.connection, job.contract, job.tally)
    delimited.require_every_line(job.connection, text, job.tally.rows, dialect)
    return Reading(delivered.extract_text)


def _insert_texts(job: _Job, delivered: Delivered) -> None:
    """Inserts rows that DuckDB's reader of delimited text reads."""
    try:
        job.insert(delivered)
    except duckdb.InvalidInputException as error:
        reason = f"Filen kan inte läsas som avgränsad text: {str(error).splitlines()[0]}"
        raise RefusedFileError("unreadable", reason) from error


def _read_fixed_width(job: _Job) -> Reading:
    """Lines of one length. Nothing is quoted, so a part may end after any line."""
    text = decode.write_text(job.path, job.source, job.folder)
    delivered = fixed_width.delivered(text, job.source)
    _insert_texts(job, delivered)
    return Reading(delivered.extract_text)


def _read_workbook(job: _Job) -> Reading:
    """A sheet of a workbook, written as text. Row numbers are the sheet's."""
    source = job.source
    headers, rows = workbook.read(job.path, job.contract, source)
    delimited.check_headers(headers, source, source.header_row)
    delivered = delimited.written(headers, rows, job.folder / "sheet.txt", source.extract_date_header)
    _insert_texts(job, delivered)
    return Reading(delivered.extract_text)


def _read_sie(job: _Job) -> Reading:
    """SIE 4: the regular rows, then those that take the exact way."""
    file = sie.write_rows(job.path, job.source, job.folder)
    _insert_texts(job, file.regular_rows)
    job.insert_more(file.exact_rows)
    if job.tally.irregular:
        file.add_irregular(job.tally.irregular)
        job.tally.irregular.clear()
        job.insert_more(file.exact_rows)
    empty = ", ".join(str(line) for line in file.empty_vouchers[:5])
    warning = f"Verifikationer utan rader, på rad {empty}. Inget saknas i summorna; kontrollera exporten."
    return Reading(file.head.generated, file.span, ("empty_voucher", warning) if empty else None)


_READERS: dict[str, Callable[[_Job], Reading]] = {
    "csv": _read_delimited,
    "fixed": _read_fixed_width,
    "sie": _read_sie,
    "xlsx": _read_workbook,
}


def _count(connection: duckdb.DuckDBPyConnection, contract: Contract, tally: Tally) -> Counts:
    control = contract.control_column or "cast(null as decimal(38,4))"
    ((sum_accepted, with_sum),) = connection.execute(
        f"select sum({control}), count({control}) from raw.{contract.feed} where rowid >= ?",
        [tally.first_row_id],
    ).fetchall()
    aside = [*tally.quarantined, *tally.left_out]
    sums = [sum_accepted, _sum(tally.quarantined), _sum(tally.left_out)]
    known = [value for value in sums if value is not None]
    without = tally.accepted - with_sum + sum(row.amount is None for row in aside)
    return Counts(
        rows_in=tally.accepted + len(aside),
        rows_accepted=tally.accepted,
        rows_quarantined=len(tally.quarantined),
        rows_left_out=len(tally.left_out),
        sum_in=sum(known, Decimal()) if known else None,
        sum_accepted=sums[0],
        sum_quarantined=sums[1],
        sum_left_out=sums[2],
        rows_without_sum=without if contract.control_column else 0,
        masked_values=tally.masked,
    )


def _sum(rows: list[AsideRow]) -> Decimal | None:
    amounts = [row.amount for row in rows if row.amount is not None]
    return sum(amounts, Decimal()) if amounts else None


def _require_control_total(
    connection: duckdb.DuckDBPyConnection, contract: Contract, source: Source, tally: Tally
) -> None:
    """Raises RefusedFileError unless one row states the file's sum, and perhaps its rows, and is right."""
    if source.control_total is None:
        return
    row = f"Raden {source.control_total.text!r} med filens kontrollsumma"
    if len(tally.totals) != 1:
        found = "saknas: filen kan ha tagit slut i förtid" if not tally.totals else "står flera gånger"
        raise RefusedFileError("control_total", f"{row} {found}. Beställ en ny fil av källsystemet.")
    ((count, stated),) = tally.totals
    counts = _count(connection, contract, tally)
    real = sum((value for value in (counts.sum_accepted, counts.sum_quarantined) if value is not None), Decimal())
    if stated != real:
        said = "går inte att läsa" if stated is None else f"säger {stated:f}"
        raise RefusedFileError("control_total", f"{row} {said}, men raderna ger {real:f}. Beställ en ny fil.")
    rows = counts.rows_accepted + counts.rows_quarantined
    if source.control_total.count_header and (count or "").strip() != str(rows):
        raise RefusedFileError("control_total", f"{row} säger {count} rader, men filen har {rows}. Beställ en ny fil.")


def _require_few_quarantined(contract: Contract, source: Source, tally: Tally, counts: Counts) -> None:
    share = Decimal(100 * counts.rows_quarantined) / counts.rows_in
    if share <= contract.max_quarantined_share_pct:
        return
    first = min(tally.quarantined, key=lambda row: row.row_number)
    column, _, rule = first.faults[0].partition("|")
    raise RefusedFileError(
        "quarantine_limit",
        f"{counts.rows_quarantined} av {counts.rows_in} rader kan inte läsas, mer än kontraktets gräns"
        f" {contract.max_quarantined_share_pct} %. Första felet: {row_sv(source, first.row_number)},"
        f" {reason_sv(column, rule)}. Rätta filen och skicka den igen.",
    )


def _require_months(connection: duckdb.DuckDBPyConnection, contract: Contract, tally: Tally, as_of: date) -> None:
    """Raises RefusedFileError for months so far off that every month between would be emptied: they have no slice."""
    month = slices.month_part(contract)
    if month is None:
        return
    ((far,),) = connection.execute(
        f"select max({month}) from raw.{contract.feed} where rowid >= ? and _slice_id is null", [tally.first_row_id]
    ).fetchall()
    if far is not None:
        raise RefusedFileError("month_span", f"Månaden {far:%Y-%m} ligger för långt från {as_of}. Rätta filen.")


def _extract_date(connection: duckdb.DuckDBPyConnection, source: Source, tally: Tally, text: str | None) -> date | None:
    """The one extract date that the file tells. Raises RefusedFileError unless all rows tell the same."""
    if source.extract_date_header is None:
        return None
    # Read as every other date, so that one format means one thing.
    ((told,),) = connection.execute(
        f"select {day('given', source.date_format)} from (select cast($text as varchar) as given)", {"text": text}
    ).fetchall()
    if told is None or tally.of_other_extracts:
        example = written(date(2024, 12, 31), source.date_format)
        raise RefusedFileError(
            "extract_date",
            f"Kolumnen {source.extract_date_header!r} ska ha ett och samma datum på alla rader, som {example}. Rätta"
            " filen.",
        )
    return told
