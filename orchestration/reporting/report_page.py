"""A report as one page: HTML that holds its own style, needs no script and no network, and prints."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.reporting.report_model import Figure, Report, plain
from orchestration.reporting.report_words import READERS, UNITS, written
from orchestration.swedish import swedish_date, swedish_month

TEMPLATES = Path(__file__).parent / "templates"


@cache
def template() -> Any:
    """The template of all pages, read once."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"date": swedish_date, "month": swedish_month, "written": written, "svg": Markup}
    return environment.get_template("report.html.j2")


def page(report: Report) -> str:
    """The page. The same text for the same report, whatever the hour."""
    from markupsafe import Markup

    return template().render(
        report=report,
        reader=READERS[report.reader],
        style=Markup((TEMPLATES / "report.css").read_text("utf-8")),
        units={str(kind): unit for kind, unit in UNITS.items()},
        source=_source,
        row_key=_row_key,
        plain=plain,
    )


def _row_key(row: tuple[Figure, ...]) -> str | None:
    """The key that the figures of a row share, for machines; None of a row without figures from the marts."""
    return next((_json(figure.key) for figure in row if figure.column), None)


def _source(figure: Figure, with_key: bool = False) -> dict[str, str]:
    """Where a figure comes from, as attributes."""
    if figure.column is None:
        return {}
    found = {"data-from": figure.column}
    if figure.is_sum:
        found["data-sum"] = "sum"
    if with_key:
        found["data-key"] = _json(figure.key)
    return found


def _json(key: Any) -> str:
    return json.dumps(
        {name: None if value is None else plain(value) for name, value in key.items()}, ensure_ascii=False
    )
