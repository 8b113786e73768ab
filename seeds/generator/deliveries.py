"""Which files there are: a request comes in, deliveries are written."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from seeds.generator import budget, hired_staff, indicator, ledger, staffing
from seeds.generator.draw import MACRO
from seeds.generator.files import Delivery, write
from seeds.generator.money import cells

FEEDS = ("ledger", "staffing", "hired_staff", "budget", "indicator")


@dataclass(frozen=True)
class Request:
    """What to make. `first` and `last` are months of the ledger, and delivery months of the others."""

    scale: int
    seed: str
    feeds: tuple[str, ...]
    first: date
    last: date
    is_packed: bool = True


def generate(connection: duckdb.DuckDBPyConnection, request: Request, folder: Path, scratch: Path) -> list[Path]:
    """Writes the deliveries asked for and returns their paths. `scratch` holds one unpacked file at a time."""
    connection.execute(MACRO)
    return [
        write(connection, delivery, folder, scratch, request.is_packed) for delivery in _deliveries(connection, request)
    ]


def _deliveries(connection: duckdb.DuckDBPyConnection, request: Request) -> Iterator[Delivery]:
    money = cells(request.seed)
    if "ledger" in request.feeds:
        ledger.load_cells(connection, money, request.scale, request.seed)
        for company in ledger.SOURCES:
            yield from ledger.deliveries(company, request.first, request.last)
    if "staffing" in request.feeds:
        staffing.load_posts(connection, request.scale, request.seed)
        for company in staffing.SOURCES:
            yield from staffing.deliveries(company, request.first, request.last)
    if "hired_staff" in request.feeds:
        hired_staff.load_lines(connection, money, request.scale, request.seed)
        yield from hired_staff.deliveries(request.first, request.last)
    if "budget" in request.feeds:
        budget.load_budget(connection, money)
        for company in budget.SOURCES:
            yield from budget.deliveries(company, request.first, request.last)
    if "indicator" in request.feeds:
        indicator.load_values(connection, request.seed)
        yield from indicator.deliveries(request.first, request.last)
