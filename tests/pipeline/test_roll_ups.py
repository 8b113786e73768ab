"""Whatever the plan looks like, every node is the sum of its parts along both hierarchies (control R1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.pipeline.conftest import Morning
from tests.pipeline.sandbox import Sandbox

pytestmark = pytest.mark.pipeline

YEAR = 2024
CALENDAR = [(date(YEAR, month, 1), date(YEAR + month // 12, month % 12 + 1, 20)) for month in range(1, 13)]
IN_TOTALS = ("planned", "running", "completed", "withdrawn")
STATUSES = (*IN_TOTALS, "proposed", "replaced")

amounts = st.decimals(min_value=-5_000_000, max_value=50_000_000, places=2)


@dataclass(frozen=True)
class Plan:
    """One region: its units by level, its actions as plan rows, and what was demanded and submitted."""

    units: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    requirements: list[dict[str, Any]]
    submissions: list[dict[str, Any]]


@st.composite
def plans(draw: st.DrawFn, region: str) -> Plan:
    """A region of up to three levels of units below it, and up to eight actions, each under any other, itself, one that
    is not in the plan or none: circles too. Ids begin with the region's."""
    units = [{"unit_id": region, "level": "region"}]
    for level, above in (("board", "region"), ("administration", "board"), ("division", "administration")):
        parents = [unit["unit_id"] for unit in units if unit["level"] in (above, "region")]
        for number in range(draw(st.integers(0 if level == "division" else 1, 2))):
            parent = draw(st.sampled_from(parents))
            units.append({"unit_id": f"{region}-{level[0]}{number}", "level": level, "parent_unit_id": parent})
    at = {level: [unit["unit_id"] for unit in units if unit["level"] == level] for level in ("board", "division")}
    at["administration"] = [unit["unit_id"] for unit in units if unit["level"] == "administration"]
    ids = [f"{region}-A{number}" for number in range(draw(st.integers(1, 8)))]
    actions = [
        {
            "action_id": action_id,
            "year": YEAR,
            "action_name": action_id,
            "programme": draw(st.sampled_from([f"{region} plan", f"{region} extra"])),
            "parent_action_id": draw(st.none() | st.sampled_from([*ids, "NOWHERE"])),
            # The first is owned by its region, so that its source has one; an unknown unit is passed over.
            "board": region if action_id == ids[0] else draw(st.sampled_from([region, *at["board"], "UNKNOWN"])),
            "administration": draw(st.none() | st.sampled_from(at["administration"])),
            "division": draw(st.none() | st.sampled_from([*at["division"], "UNKNOWN"])),
            "owner_role": draw(st.sampled_from(["Chef", "Direktör"])),
            "effect_type": draw(st.none() | st.sampled_from(["cost", "revenue", "avoided"])),
            "feasibility": draw(st.none() | st.integers(1, 3)),
            "status": draw(st.sampled_from(STATUSES)),
            "status_from": draw(st.sampled_from([date(YEAR, 1, 1), date(YEAR, 7, 1)])),
            "start_month": date(YEAR, 1, 1),
            "requires_net": False,
            "target_sek": draw(st.none() | amounts),
            "source": region,
            "sequence": 1,
            "_row_number": 1,
        }
        for action_id in ids
    ]
    nodes = [(unit["level"], unit["unit_id"]) for unit in units] + [("action", action_id) for action_id in ids]
    requirements = [
        {"node_type": level, "node_id": node, "year": YEAR, "amount_sek": draw(amounts), "decided_on": date(YEAR, 1, 1)}
        for level, node in draw(st.lists(st.sampled_from(nodes), max_size=3, unique=True))
    ]
    submissions = [
        {
            "action_id": action_id,
            "year": YEAR,
            "as_of_month": date(YEAR, month, 1),
            "submitted_at": datetime(YEAR + month // 12, month % 12 + 1, 15, 8, number),
            "forecast_sek": draw(amounts),
            "outcome_ytd_sek": draw(st.none() | amounts),
            "is_confirmation": False,
            "known_from": date(YEAR + month // 12, month % 12 + 1, 15),
            "sequence": 1,
            "_row_number": 1,
        }
        for number, (action_id, month) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(ids), st.integers(1, 12)), max_size=6))
        )
    ]
    return Plan(units, actions, requirements, submissions)


@pytest.fixture(scope="module")
def sandbox(compiled: dict[str, str], demo: Morning) -> Iterator[Sandbox]:
    sandbox = Sandbox(compiled, ["control_r1"], demo.directory.main.warehouse)
    for table in {*sandbox.inputs} - {"ops.current_run", "reference.parameter"}:
        sandbox.fill(table, [])
    rows = [{"scope": "forecast", "month": month, "due_date": due} for month, due in CALENDAR]
    sandbox.fill("reference.reporting_calendar", rows)
    yield sandbox
    sandbox.connection.close()


def build(sandbox: Sandbox, as_of: date, *regions: Plan) -> None:
    """The follow-up of these regions, as known at as_of."""
    sandbox.connection.execute("update ops.current_run set as_of = ?", [as_of])
    sandbox.fill("reference.unit", [unit for region in regions for unit in region.units])
    sandbox.fill("staging.stg_plan__action_year", [action for region in regions for action in region.actions])
    sandbox.fill("reference.savings_requirement", [row for region in regions for row in region.requirements])
    sandbox.fill("staging.stg_forecast__submission", [row for region in regions for row in region.submissions])
    sandbox.make()


def reporting_target(plan: Plan, day: date) -> Decimal | None:
    """What the actions of a region have promised, reckoned by walking the tree: the targets of those in totals that
    have none in totals with a target below them. None where there is none."""
    rows = {row["action_id"]: row for row in plan.actions}

    def above(action_id: str) -> list[str]:
        path: list[str] = []
        parent = rows[action_id]["parent_action_id"]
        while parent in rows and parent not in path:
            path.append(parent)
            parent = rows[parent]["parent_action_id"]
        return path

    circles = {action_id for action_id in rows if action_id in above(action_id)}

    def sound(action_id: str) -> list[str]:
        path: list[str] = []
        while action_id not in circles and (parent := rows[action_id]["parent_action_id"]) in rows:
            path.append(parent)
            action_id = parent
        return path

    def counts(row: dict[str, Any]) -> bool:
        return row["target_sek"] is not None and (
            row["status"] in IN_TOTALS or (row["status"] == "replaced" and day < row["status_from"])
        )

    covered = {parent for row in plan.actions if counts(row) for parent in sound(row["action_id"])}
    targets = [row["target_sek"] for row in plan.actions if counts(row) and row["action_id"] not in covered]
    return sum(targets, Decimal(0)) if targets else None


# An example takes a second: to shrink one would take minutes.
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(plans("R"), plans("S"), st.sampled_from([date(YEAR, 3, 25), date(YEAR, 9, 15), date(YEAR + 1, 2, 1)]))
def test_every_node_is_the_sum_of_its_parts(sandbox: Sandbox, one: Plan, other: Plan, as_of: date):
    build(sandbox, as_of, one, other)

    assert sandbox.rows("select subject_id, detail from controls.control_r1") == []
    for plan, region in ((one, "R"), (other, "S")):
        per_month = sandbox.rows(
            "select month, any_value(judged_on) from marts.fct_action_follow_up where action_id like ? group by month",
            f"{region}-%",
        )
        tops = sandbox.rows(
            "select month, hierarchy, action_target_sek, forecast_sek, outcome_ytd_sek, actions"
            " from marts.fct_follow_up_total where node_type = 'region' and node_id = ? order by all",
            region,
        )
        for month, judged_on in per_month:
            here = [top[2:] for top in tops if top[0] == month]
            # The region is the same sum by either way to it, and that of a walk through the tree.
            assert len({*here}) <= 1
            assert (here[0][0] if here else None) == reporting_target(plan, judged_on)


def test_a_sum_that_is_not_that_of_its_parts_is_found(sandbox: Sandbox):
    """What the property above rests on: R1 sees one öre too much, anywhere."""
    unit = {"unit_id": "R", "level": "region"}
    action = {"year": YEAR, "board": "R", "status": "running", "start_month": date(YEAR, 1, 1), "source": "R"}
    actions = [
        {**action, "action_id": "P", "programme": "Plan", "sequence": 1, "target_sek": Decimal(10)},
        {**action, "action_id": "A", "parent_action_id": "P", "sequence": 1, "target_sek": Decimal(10)},
    ]
    build(sandbox, date(YEAR, 3, 25), Plan([unit], actions, [], []))
    assert sandbox.rows("from controls.control_r1") == []

    (sql,) = (sql for name, sql in sandbox.models.items() if name == "control_r1")
    for hierarchy in ("plan", "organisation"):
        for column in ("target_sek", "forecast_sek", "action_target_sek", "outcome_ytd_sek", "weighted_forecast_sek"):
            sandbox.connection.execute("begin")
            sandbox.connection.execute(
                f"update marts.fct_follow_up_total set {column} = coalesce({column}, 0) + 0.01"
                " where node_type = 'region' and hierarchy = ? and month = ?",
                [hierarchy, date(YEAR, 2, 1)],
            )
            found = sandbox.rows(f"select subject_id from ({sql})")
            sandbox.connection.execute("rollback")
            assert (f"{hierarchy}|R|{YEAR}-02-01",) in found
