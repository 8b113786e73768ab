"""The monthly report: a page and a workbook for each region, board and administration, from the published file."""

import shutil
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.reporting import report_first_page as first_page
from orchestration.reporting.marts import Marts
from orchestration.reporting.report_model import Reader, Report, Section
from orchestration.reporting.report_scope import Scope, scopes
from orchestration.settings import Workspace
from orchestration.warehouse import connect, quoted
from orchestration.workers import pool

READERS = {
    "region": (Reader.BOARD, Reader.CONTROLLER),
    "board": (Reader.BOARD,),
    "administration": (Reader.HEAD,),
}
BEFORE = "release_before"
PROCESSES = 2  # a page is mostly Python, and most machines have as many processors


def prepare() -> None:
    """Does what the first page of a process must wait for: imports, and an engine for charts, which draws one."""
    import xlsxwriter  # noqa: F401

    from orchestration.reporting import report_charts, report_sections  # noqa: F401
    from orchestration.reporting.report_page import template

    template()
    report_charts.bars([("", Decimal(1))], "")


def write_reports(
    workspace: Workspace,
    month: date | None = None,
    node_id: str | None = None,
    closing: int | None = None,
    executor: Executor | None = None,
) -> list[Path]:
    """Writes the reports of the published release, of one node or all; the files. `closing` is the year whose final
    account of net calculations is asked for, instead of the monthly reports. `executor` are processes that may share
    the work; without it there will be.

    The files of a release stand in a folder of its own and are the same whenever they are written. Raises UsageError
    if nothing is published, and for a month or a node that the release does not have.
    """
    if not workspace.published_warehouse.exists():
        raise UsageError("report", "nothing is published", "Run first")
    month = month if closing is None else date(closing, 12, 1)
    with _open(workspace) as (marts, _):
        nodes = [
            scope.node_id
            for scope in _scopes(marts, month, node_id)
            if closing is None or node_id or scope.node_type == "region"
        ]
    write = partial(_write_node, workspace, month, closing is not None)
    if len(nodes) == 1:
        written = [write(nodes[0])]
    else:
        with nullcontext(executor) if executor else pool(PROCESSES) as processes:
            written = list(processes.map(write, nodes))
    _forget(workspace)
    return [file for files in written for file in files]


def _write_node(workspace: Workspace, month: date | None, is_closing: bool, node_id: str) -> list[Path]:
    with _open(workspace) as (marts, previous):
        return [
            file
            for report in read_reports(marts, previous, month, node_id, is_closing)
            for file in _write(workspace.reports / report.release_id, report)
        ]


def read_reports(
    marts: Marts, previous: Marts | None, month: date | None, node_id: str, is_closing: bool = False
) -> Iterator[Report]:
    """The reports of one node from the marts at hand, one for each of its readers."""
    from orchestration.reporting import report_sections

    (publication,) = marts.rows("select release_id, as_of, published_at from marts.publication")
    for scope in _scopes(marts, month, node_id):
        sections = report_sections.sections(marts, scope, previous)
        for reader in (Reader.CLOSING,) if is_closing else READERS[scope.node_type]:
            first = first_page.sections(marts, scope, reader)
            yield Report(
                *(reader, scope.node_type, scope.node_id, scope.node_name, scope.month),
                *(publication["release_id"], publication["as_of"], publication["published_at"]),
                *(first_page.headline(scope), first_page.lead(scope), first_page.cards(marts, scope, reader)),
                *(first_page.unknown(marts, scope), first, _without_tables_of(first, sections)),
            )


def _without_tables_of(first: tuple[Section, ...], sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """The sections, but for what the first page has shown already."""
    shown = {table.name for section in first for table in section.tables}
    left = [replace(s, tables=tuple(table for table in s.tables if table.name not in shown)) for s in sections]
    return tuple(section for section in left if section.sentences or section.charts or section.tables)


def _scopes(marts: Marts, month: date | None, node_id: str | None) -> list[Scope]:
    (publication,) = marts.rows("select as_of from marts.publication")
    return scopes(marts, publication["as_of"], month, node_id)


@contextmanager
def _open(workspace: Workspace) -> Iterator[tuple[Marts, Marts | None]]:
    """The published marts, and those of the newest release before it that is kept."""
    with connect(workspace.published_warehouse, read_only=True) as connection:
        marts = Marts(connection)
        (publication,) = marts.rows("select release_id from marts.publication")
        before = _before(workspace, publication["release_id"])
        if before is not None:
            connection.execute(f"attach {quoted(before)} as {BEFORE} (read_only)")
        yield marts, Marts(connection, f"{BEFORE}.marts") if before else None


def _before(workspace: Workspace, release_id: str) -> Path | None:
    """The file of the release before; releases are named by the moment of their publication."""
    files = sorted(workspace.releases.glob(f"*/{workspace.warehouse.name}"))
    return max((file for file in files if file.parent.name < release_id), default=None)


def _write(folder: Path, report: Report) -> list[Path]:
    from orchestration.reporting.report_page import page
    from orchestration.reporting.report_workbook import write_workbook

    folder.mkdir(parents=True, exist_ok=True)
    html, workbook = folder / f"{report.name}.html", folder / f"{report.name}.xlsx"
    part = folder / f".{report.name}.part"
    part.write_text(page(report), encoding="utf-8")
    part.replace(html)
    write_workbook(part, report)
    part.replace(workbook)
    return [html, workbook]


def _forget(workspace: Workspace) -> None:
    """Removes the reports of releases that are no longer kept."""
    kept = {folder.name for folder in workspace.releases.iterdir()}
    for folder in workspace.reports.iterdir():
        if folder.name not in kept:
            shutil.rmtree(folder)
