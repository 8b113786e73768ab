"""What a report is about: one node of the organisation in one month, and what belongs to it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.errors import UsageError
from orchestration.reporting.marts import Marts

# The unit and all below it, whatever its level.
BELOW = """
    with recursive below as (
        select unit_id from marts.dim_unit where unit_id = ?
        union
        select unit.unit_id from marts.dim_unit as unit inner join below on unit.parent_unit_id = below.unit_id
    )
    select unit_id from below order by unit_id
"""
TOTAL = (
    "from marts.fct_follow_up_total"
    " where hierarchy = 'organisation' and node_type in ('region', 'board', 'administration')"
)


@dataclass(frozen=True)
class Scope:
    """A node that has actions, the month that is reported, its total row, and its units and actions by id."""

    node_type: str
    node_id: str
    node_name: str
    month: date
    total: dict[str, Any]
    units: tuple[str, ...]
    actions: tuple[str, ...]

    @property
    def key(self) -> dict[str, Any]:
        """The row of fct_follow_up_total."""
        return {"hierarchy": "organisation", "node_type": self.node_type, "node_id": self.node_id, "month": self.month}

    @property
    def year_to_date(self) -> dict[str, date]:
        """The months of the year up to the reported one, as a key."""
        return {"month>=": self.month.replace(month=1), "month<=": self.month}


def scopes(marts: Marts, as_of: date, month: date | None, node_id: str | None) -> list[Scope]:
    """The nodes to report on: the one that is named, or all. The month is the last that has ended by `as_of`, if none
    is given. Raises UsageError for a month or a node that the release does not have."""
    if month is None:
        found = marts.row(f"select max(month) as month from (select month {TOTAL} and month < ?)", as_of.replace(day=1))
        month = found["month"] if found else None
        if month is None:
            raise UsageError("report", "the release has no month that has ended", "Give one with --month")
    totals = marts.rows(f"{TOTAL} and month = ? order by node_type desc, node_id", month)
    if not totals:
        months = marts.row(f"select min(month) as first, max(month) as last {TOTAL}")
        raise UsageError(
            f"report --month {month:%Y-%m}", "no such month in the release", "It has {first} to {last}".format(**months)
        )
    if node_id is not None:
        known = ", ".join(total["node_id"] for total in totals)
        totals = [total for total in totals if total["node_id"] == node_id]
        if not totals:
            raise UsageError(f"report --for {node_id}", "no such region, board or administration", f"There are {known}")
    return [_scope(marts, total) for total in totals]


def _scope(marts: Marts, total: dict[str, Any]) -> Scope:
    column = {"region": "region_unit_id", "board": "board", "administration": "administration"}[total["node_type"]]
    actions = marts.rows(f"select action_id from marts.dim_action where {column} = ? order by 1", total["node_id"])
    return Scope(
        *(total["node_type"], total["node_id"], total["node_name"], total["month"], total),
        tuple(row["unit_id"] for row in marts.rows(BELOW, total["node_id"])),
        tuple(row["action_id"] for row in actions),
    )
