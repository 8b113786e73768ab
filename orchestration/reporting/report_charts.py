"""The charts of a monthly report: static SVG, readable without colour, with the numbers written where they are meant.

Vega-Lite by Altair, rendered by vl-convert: the same bytes for the same figures. The picture is hidden from screen
readers, who get the sentence and the table that stand beside it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.swedish import mnkr_number, number

INK, MUTED, GRID = "#1d2b33", "#51626d", "#d9e0e4"
MAIN, SECOND, PALE = "#0b5563", "#a34a00", "#a9c9cf"
WIDTH, HEIGHT = 640, 240
FONT = "Segoe UI, Helvetica Neue, Arial, sans-serif"
MONTHS = "['jan','feb','mar','apr','maj','jun','jul','aug','sep','okt','nov','dec']"
MONTH_LABEL = f"{MONTHS}[month(datum.value)] + (month(datum.value) == 0 ? ' ' + year(datum.value) : '')"
MNKR = Decimal(1_000_000)
LOCALE = {"number": {"decimal": ",", "thousands": "\u00a0", "grouping": [3], "currency": ["", " kr"]}}
CONFIG = {
    "font": FONT,
    "background": "transparent",
    "locale": LOCALE,
    "view": {"stroke": None},
    "axis": {
        **{"labelColor": MUTED, "titleColor": MUTED, "gridColor": GRID, "domainColor": MUTED, "tickColor": MUTED},
        **{"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 260},
    },
    "legend": {
        **{"labelColor": INK, "labelFontSize": 12, "title": None, "orient": "top"},
        **{"symbolStrokeWidth": 2.5, "symbolSize": 300, "symbolType": "stroke"},
    },
}

Row = Mapping[str, Any]


def _altair() -> Any:
    """Altair without its checks of each part of a chart, which take longer than the drawing. Channels are given as
    objects: one that Altair makes of a string costs it a search through its whole schema."""
    import altair
    from altair.utils import schemapi

    schemapi.disable_debug_mode()
    return altair


def _svg(chart: Any, **rows: Sequence[Row]) -> str:
    """The chart of the rows, by their names, as SVG that a page can hold: it scales, and screen readers pass it by."""
    import vl_convert

    drawn = chart.to_dict(validate=False) | {"config": CONFIG}
    drawn["datasets"] = {
        name: [{column: _plain(value) for column, value in row.items()} for row in given]
        for name, given in rows.items()
    }
    svg = vl_convert.vegalite_to_svg(drawn)
    size = re.search(r'width="([\d.]+)" height="([\d.]+)"', svg)
    assert size is not None
    svg = svg.replace(size.group(0), f'style="max-width:{size.group(1)}px"', 1)
    svg = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def _named(rows: str) -> Any:
    """Rows that `_svg` is given under this name: a chart that held them would copy them at each step."""
    return _altair().NamedData(rows)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _month_axis(alt: Any, months: int) -> Any:
    ticks = "month" if months <= 13 else {"interval": "month", "step": 3}
    axis = alt.Axis(labelExpr=MONTH_LABEL, tickCount=ticks, grid=False, labelOverlap=True)
    return alt.X("month:T", title=None, axis=axis)


def bridge(requirement: Decimal | None, plan: Decimal, realised: Decimal | None, forecast: Decimal) -> str:
    """From the requirement over the plan and what is realised to the forecast, and what is missing. SEK."""
    alt = _altair()

    goal = requirement if requirement is not None else plan
    done = realised or Decimal(0)
    steps = [
        ("Sparbeting" if requirement is not None else "Mål", Decimal(0), goal, "whole", goal),
        ("Planens åtgärder", Decimal(0), plan, "whole", plan),
        ("Realiserat hittills", Decimal(0), done, "done", realised),
        ("Återstår enligt prognos", done, forecast, "left", forecast - done),
        ("Saknas" if forecast < goal else "Över målet", forecast, goal, "gap", abs(goal - forecast)),
    ]
    rows = [
        {
            "step": name,
            "from": start / MNKR,
            "to": end / MNKR,
            "right": max(start, end) / MNKR,
            "kind": kind,
            "shown": "ej känt" if amount is None else mnkr_number(amount),
        }
        for name, start, end, kind, amount in steps
    ]
    base = alt.Chart(_named("rows")).encode(
        y=alt.Y(
            "step:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelColor=INK, labelPadding=8)
        )
    )
    colours = alt.Scale(domain=["whole", "done", "left", "gap"], range=[PALE, MAIN, "#ffffff", "#ffffff"])
    edges = alt.Scale(domain=["whole", "done", "left", "gap"], range=[PALE, MAIN, MAIN, SECOND])
    dashes = alt.Scale(domain=["whole", "done", "left", "gap"], range=[[1, 0], [1, 0], [1, 0], [5, 4]])
    bars = base.mark_bar(height=24, strokeWidth=2).encode(
        x=alt.X("from:Q", title="mnkr", axis=alt.Axis(format="d", tickCount=6)),
        x2=alt.X2("to:Q"),
        color=alt.Color("kind:N", scale=colours, legend=None),
        stroke=alt.Stroke("kind:N", scale=edges, legend=None),
        strokeDash=alt.StrokeDash("kind:N", scale=dashes, legend=None),
    )
    texts = base.mark_text(align="left", dx=8, fontSize=13, fontWeight="bold", color=INK).encode(
        x=alt.X("right:Q"), text=alt.Text("shown:N")
    )
    return _svg((bars + texts).properties(width=WIDTH - 120, height=190), rows=rows)


def lines(
    rows: Sequence[Row],
    names: Sequence[str],
    unit: str,
    decimals: int = 0,
    zero: bool = False,
    are_steps: bool = False,
) -> str:
    """Series over months: rows of month and one value per name, None where it is not known. The first is the main one;
    each has a dash of its own, and its last value stands at its end. `are_steps` for what holds until it changes."""
    alt = _altair()

    long = [
        {"month": row["month"], "series": name, "value": row[name]}
        for row in rows
        for name in names
        if row[name] is not None
    ]
    last = {item["series"]: {**item, "shown": number(item["value"], decimals)} for item in long}
    if not zero:
        unit += " (axeln börjar inte på noll)"
    order = alt.Scale(domain=list(names), range=[MAIN, SECOND, MUTED][: len(names)])
    dash = alt.Scale(domain=list(names), range=[[1, 0], [6, 4], [2, 3]][: len(names)])
    y = alt.Y(
        "value:Q",
        title=unit,
        scale=alt.Scale(zero=zero, nice=True),
        axis=alt.Axis(tickCount=5, format=",d" if decimals == 0 else ",.1f"),
    )
    shared = {
        "color": alt.Color("series:N", scale=order, legend=alt.Legend() if len(names) > 1 else None),
        "strokeDash": alt.StrokeDash("series:N", scale=dash, legend=alt.Legend() if len(names) > 1 else None),
    }
    drawn = (
        alt.Chart(_named("long"))
        .mark_line(strokeWidth=2.5, point=len(rows) <= 13, interpolate="step-after" if are_steps else "linear")
        .encode(x=_month_axis(alt, len(rows)), y=y, **shared)
    )
    ends = (
        alt.Chart(_named("last"))
        .mark_text(align="left", dx=7, fontSize=13, fontWeight="bold")
        .encode(
            x=alt.X("month:T"),
            y=alt.Y("value:Q"),
            text=alt.Text("shown:N"),
            color=alt.Color("series:N", scale=order, legend=None),
        )
    )
    chart = (drawn + ends).properties(width=WIDTH - 60, height=HEIGHT)
    return _svg(chart, long=long, last=list(last.values()))


def bars(rows: Sequence[tuple[str, Decimal]], unit: str, decimals: int = 1) -> str:
    """Amounts by name, positive to the right and negative to the left of zero, each with its number."""
    alt = _altair()

    data = [{"name": name, "value": value, "shown": number(value, decimals)} for name, value in rows]
    base = alt.Chart(_named("data")).encode(
        y=alt.Y(
            "name:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelColor=INK, labelPadding=8)
        )
    )
    drawn = base.mark_bar(height=20).encode(
        x=alt.X("value:Q", title=unit, axis=alt.Axis(tickCount=5, format=",d"), scale=alt.Scale(padding=60)),
        color=alt.condition("datum.value < 0", alt.value(SECOND), alt.value(MAIN)),
    )
    right = base.transform_filter("datum.value >= 0").mark_text(align="left", dx=6, fontSize=13, color=INK)
    left = base.transform_filter("datum.value < 0").mark_text(align="right", dx=-6, fontSize=13, color=INK)
    written = {"x": alt.X("value:Q"), "text": alt.Text("shown:N")}
    texts = right.encode(**written) + left.encode(**written)
    return _svg((drawn + texts).properties(width=WIDTH - 160, height=34 * max(len(data), 1)), data=data)
