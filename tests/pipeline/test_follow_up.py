"""What the boards were shown, what was known that day, and what odd input comes to: on the demo region's papers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from orchestration.settings import Workspace
from tests.pipeline.conftest import LongWork, Morning, Stage, Tables, morning, tables
from tests.pipeline.sandbox import Sandbox

pytestmark = pytest.mark.pipeline

OCTOBER = date(2024, 10, 22)
AUTUMN = (date(2024, 8, 27), date(2024, 12, 12))
FIGURES = "staging.stg_board_report__figure"
SUBMISSIONS = "staging.stg_forecast__submission"
WANTED = ("f1", "f2", "f3", "f4", "f7", "f8", "l2", "r1")


# --- long work -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """The demo's directory after a run for a past date, and what was published for it."""

    after: Morning
    workspace: Workspace
    marts: Tables


def run_for_the_october_meeting(stage: Stage) -> Past:
    directory = stage.copy_of_demo()
    after = morning(directory, "run", "--as-of", str(OCTOBER))
    workspace = directory.scratch(OCTOBER)
    return Past(after, workspace, tables(workspace.published_warehouse))


LONG_WORK = [LongWork("october", 30, run_for_the_october_meeting)]


@pytest.fixture
def october(long_work: Callable[[str], Any]) -> Tables:
    return long_work("october").marts


@pytest.fixture
def sandbox(compiled: dict[str, str], demo: Morning) -> Iterator[Sandbox]:
    """The demo's plan, forecasts and board reports as they were loaded, to change and follow up anew."""
    sandbox = Sandbox(compiled, [f"control_{control}" for control in WANTED], demo.directory.main.warehouse)
    yield sandbox
    sandbox.connection.close()


# --- what tests ask of tables --------------------------------------------------------------------------------------


def found(sandbox: Sandbox, control: str) -> dict[str, float | None]:
    """The findings of a control: subject and amount in mnkr."""
    rows = sandbox.rows(f"select subject_id, amount_sek from controls.control_{control}")
    return {subject: None if amount is None else float(amount / 1_000_000) for subject, amount in rows}


def details(sandbox: Sandbox, control: str) -> str:
    return "\n".join(detail for (detail,) in sandbox.rows(f"select detail from controls.control_{control}"))


def of(built: Tables, table: str, **wanted: object) -> list[dict[str, Any]]:
    return [row for row in built[table].rows if all(row[column] == value for column, value in wanted.items())]


def let_the_papers_agree(sandbox: Sandbox) -> None:
    """The published reports, each contradiction mended: what was shown is what the forecast and target of the day give,
    both boards were shown the same, and the board acted on what it saw last."""
    sandbox.connection.execute(f"update {FIGURES} set deviation_sek = -146600000 where scope_id = 'HSF'")
    sandbox.connection.execute(f"update {FIGURES} set printed_decimals = 1")
    decision = {"board": "RS", "decision_date": date(2024, 12, 9), "paragraph": "§ 198", "kind": "active"}
    sandbox.add("reference.decision", [decision])


# --- what boards were shown ----------------------------------------------------------------------------------------


def test_the_controls_find_every_contradiction_of_the_published_reports(sandbox: Sandbox):
    sandbox.make()

    # 197 - 343.6 = -146.6, and the board was shown -175.
    assert found(sandbox, "f3") == {"RS|2024-12-09|administration|HSF": 28.4}
    # The half-year report of health care: -149.3 to its own board, -146.6 to the region's.
    assert found(sandbox, "f4") == {"RS|2024-09-16|administration|HSF|HSN|2024-08-27": 2.7}
    # September, October and December were noted.
    assert found(sandbox, "f8") == {"RS|administration|HSF": 175.0}


def test_papers_that_agree_give_no_finding(sandbox: Sandbox):
    let_the_papers_agree(sandbox)
    sandbox.make()

    assert {control: found(sandbox, control) for control in ("f3", "f4", "f8")} == {"f3": {}, "f4": {}, "f8": {}}


@pytest.mark.parametrize(("moved", "is_found"), [(100_000, False), (200_000, True), (-200_000, True)])
def test_a_contradiction_is_found_wherever_it_stands(sandbox: Sandbox, moved: int, is_found: bool):
    """By rule, not by name: each report in turn is made to disagree, by less and by more than one decimal explains."""
    let_the_papers_agree(sandbox)
    sandbox.connection.execute(
        f"update {FIGURES} set target_sek = 900000000, forecast_sek = 400000000, deviation_sek = -500000000"
    )
    sandbox.make()
    places = sandbox.rows(f"select board, meeting_date, scope, scope_id from {FIGURES}")
    for place in places:
        is_place = "board = ? and meeting_date = ? and scope = ? and scope_id = ?"
        sandbox.connection.execute(
            f"update {FIGURES} set deviation_sek = deviation_sek + {moved} where {is_place}", place
        )
        sandbox.make("fct_board_report", "control_f3")
        sandbox.connection.execute(f"update {FIGURES} set deviation_sek = -500000000")

        assert list(found(sandbox, "f3")) == (["|".join(map(str, place))] if is_found else [])


def test_a_forecast_between_two_meetings_explains_their_difference(sandbox: Sandbox):
    submitted = {
        "submitted_at": datetime(2024, 9, 2, 8),
        "as_of_month": date(2024, 7, 1),
        "known_from": date(2024, 9, 2),
    }
    row = {"action_id": "RD-A01", "year": 2024, "forecast_sek": 16_000_000, "is_confirmation": False, "sequence": 1}
    sandbox.add(SUBMISSIONS, [row | submitted])
    sandbox.make()

    assert found(sandbox, "f4") == {}


def test_active_decisions_of_the_autumn_are_two_none_and_none(demo: Morning):
    first, last = AUTUMN
    active = [
        (row["board"], row["paragraph"])
        for row in of(demo.build, "marts.fct_decision", kind="active")
        if first <= row["decision_date"] <= last
    ]

    assert active == [("HSN", "§ 93"), ("HSN", "§ 111")]
    assert {row["board"] for row in of(demo.build, "marts.fct_decision")} == {"HSN", "RS", "KTN"}


# --- a past date ---------------------------------------------------------------------------------------------------


def test_october_shows_what_was_known_then(october: Tables):
    shown = {
        (row["board"], row["scope_id"], row["meeting_date"]): row for row in october["marts.fct_board_report"].rows
    }
    health_care = shown["RS", "HSF", OCTOBER]

    assert max(meeting for _, _, meeting in shown) == OCTOBER
    assert health_care["reported_deviation_sek"] == -175_000_000
    assert health_care["known_deviation_sek"] == -146_600_000
    assert (health_care["known_as_of_month"], health_care["known_forecast_status"]) == (date(2024, 7, 1), "stale")
    assert health_care["known_not_current_share_pct"] == 100
    assert (health_care["reports_without_decision"], health_care["active_decision_since"]) == (2, None)
    (total,) = of(
        october,
        "marts.fct_follow_up_total",
        hierarchy="organisation",
        node_id="HSF",
        month=date(2024, 9, 1),  # due the day before
    )
    assert (total["target_sek"], total["forecast_sek"], total["gap_sek"]) == (343_600_000, 197_000_000, 146_600_000)
    assert (total["forecast_as_of_month"], total["not_current_share_pct"]) == (date(2024, 7, 1), 100)


def test_october_knows_nothing_of_what_came_later(october: Tables):
    assert max(row["submitted_at"] for row in october["marts.fct_forecast_version"].rows).date() == date(2024, 9, 16)
    assert max(row["decision_date"] for row in october["marts.fct_decision"].rows) == OCTOBER
    assert max(row["month"] for row in october["marts.fct_follow_up_total"].rows) == date(2024, 9, 1)
    flagged = {row["check_id"] for row in october["marts.finding"].rows}
    assert flagged & {"F1", "F3", "F4", "F8"} == {"F1", "F4"}


# --- forecasts that repeat themselves ------------------------------------------------------------------------------


def statuses_of_twelve(sandbox: Sandbox, outcomes: list[int], as_of: date) -> list[str]:
    """Month by month, the status of a forecast of 12 mnkr given again and again with these outcomes from January on."""
    sandbox.connection.execute("update ops.current_run set as_of = ?", [as_of])
    common = {"action_id": "RD-A09", "year": 2024, "forecast_sek": 12_000_000, "is_confirmation": False, "sequence": 9}
    for month, outcome in enumerate(outcomes, start=1):
        day = date(2024 + month // 12, month % 12 + 1, 15)
        row = {"as_of_month": date(2024, month, 1), "submitted_at": day, "known_from": day}
        sandbox.add(SUBMISSIONS, [common | row | {"outcome_ytd_sek": outcome * 1_000_000}])
    sandbox.make()
    query = "select forecast_status from marts.fct_action_follow_up where action_id = 'RD-A09' order by month"
    return [status for (status,) in sandbox.rows(query)]


def test_on_path_eleven_months_with_the_same_forecast_is_never_unchanged(sandbox: Sandbox):
    assert statuses_of_twelve(sandbox, [*range(1, 12)], date(2024, 12, 23)) == ["current"] * 11
    assert found(sandbox, "f2") == {}


def test_an_outcome_that_stands_still_after_april_is_found_with_junes_submission(sandbox: Sandbox):
    assert statuses_of_twelve(sandbox, [1, 2, 3, 4, 4, 4], date(2024, 7, 25)) == [*["current"] * 5, "unchanged"]
    assert found(sandbox, "f2") == {"RD-A09": 2.0}, "4 where the path is at 4 + (12 - 4) x 2 / 8"


# --- what owners' forecasts are worth ------------------------------------------------------------------------------


def test_a_forecast_is_weighed_from_five_outcomes_on(sandbox: Sandbox):
    """Five actions forecast 10 in July 2023 and came to 8. In 2024 the owner's 20 of July weighs 16, and the 20 of
    another owner, with four such outcomes, weighs itself."""
    plan = "staging.stg_plan__action_year"
    owned = {"Säker": 5, "Ny": 4}
    actions = [(owner, f"{owner}-{number}") for owner, outcomes in owned.items() for number in range(outcomes)]
    common = {"programme": "Plan", "board": "RD", "status": "running", "requires_net": False, "source": "s"}
    first = [
        common
        | {"action_id": name, "owner_role": owner, "year": 2023, "target_sek": 10, "start_month": date(2023, 1, 1)}
        for owner, name in actions
    ]
    second = [
        common | {"action_id": f"{owner}-0", "owner_role": owner, "year": 2024, "target_sek": 20, "sequence": 1}
        for owner in owned
    ]
    sandbox.fill(plan, [*first, *second])
    sandbox.fill("reference.savings_requirement", [])
    months = [
        (date(2023 + n // 12, n % 12 + 1, 1), date(2023 + (n + 1) // 12, (n + 1) % 12 + 1, 20)) for n in range(20)
    ]
    calendar = [{"scope": "forecast", "month": month, "due_date": due} for month, due in months]
    sandbox.fill("reference.reporting_calendar", calendar)
    sandbox.fill("reference.period", [{"company": "1", "month": date(2023, 12, 1), "final_on": date(2024, 2, 15)}])
    july, december = date(2023, 7, 1), date(2023, 12, 1)
    given = [(name, 2023, july, date(2023, 8, 15), 10, None) for _, name in actions]
    given += [(name, 2023, december, date(2024, 1, 15), 8, 8) for _, name in actions]
    given += [(f"{owner}-0", 2024, date(2024, 7, 1), date(2024, 8, 15), 20, None) for owner in owned]
    names = ("action_id", "year", "as_of_month", "submitted_at", "forecast_sek", "outcome_ytd_sek")
    rows = [dict(zip(names, row, strict=True)) | {"known_from": row[3], "is_confirmation": False} for row in given]
    sandbox.fill(SUBMISSIONS, rows)
    sandbox.make()

    weighed = "select action_id, weighted_forecast_sek from marts.fct_action_follow_up where month = '2024-07-01'"
    assert sandbox.rows(f"{weighed} and year = 2024 order by all") == [("Ny-0", None), ("Säker-0", Decimal("16.00"))]
    total = (
        "select forecast_sek, weighted_forecast_sek, weighted_share_pct from marts.fct_follow_up_total"
        " where node_id = 'RD' and hierarchy = 'plan' and month = '2024-07-01'"
    )
    assert sandbox.rows(total) == [(Decimal("40.00"), Decimal("36.00"), Decimal("50.0000"))]
    assert found(sandbox, "r1") == {}


# --- odd input -----------------------------------------------------------------------------------------------------


def test_a_forecast_that_counts_nowhere_is_kept_and_told_of(sandbox: Sandbox):
    sandbox.make()
    before = sandbox.rows("select * from marts.fct_follow_up_total order by all")
    odd = {"year": 2024, "as_of_month": date(2024, 12, 1), "forecast_sek": 5_000_000, "is_confirmation": False}
    received = {"submitted_at": datetime(2025, 1, 30, 9), "known_from": date(2025, 1, 30), "sequence": 9}
    sandbox.add(SUBMISSIONS, [odd | received | {"action_id": "RD-A99"}, odd | received | {"action_id": "RD-A01"}])
    sandbox.connection.execute(f"update {SUBMISSIONS} set year = 2023 where sequence = 9 and action_id = 'RD-A01'")
    sandbox.make()

    assert sandbox.rows("select * from marts.fct_follow_up_total order by all") == before
    kept = "select action_id, year, note from intermediate.int_forecast__delivered where not is_counted order by all"
    assert sandbox.rows(kept) == [("RD-A01", 2023, "not_in_plan"), ("RD-A99", 2024, "not_in_plan")]
    assert {subject: amount for subject, amount in found(sandbox, "f1").items() if "|" in subject} == {
        "RD-A01|2023|2025-01-30 09:00:00": 5.0,
        "RD-A99|2024|2025-01-30 09:00:00": 5.0,
    }


def test_a_circle_of_parents_is_cut_told_of_and_still_sums(sandbox: Sandbox):
    plan = "staging.stg_plan__action_year"
    sandbox.connection.execute(f"update {plan} set parent_action_id = 'RD-A01' where action_id = 'RD-HP-HSF'")
    sandbox.make()

    links = "select subject_id from controls.control_f7 where subject_type = 'parent_link' order by all"
    assert sandbox.rows(links) == [("RD-A01",), ("RD-HP-HSF",)]
    assert "krets" in details(sandbox, "f7")
    assert found(sandbox, "r1") == {}


def test_a_board_outside_the_list_is_kept_as_printed_and_told_of(sandbox: Sandbox):
    let_the_papers_agree(sandbox)
    sandbox.connection.execute(f"update {FIGURES} set board = 'Landstingsstyrelsen' where meeting_date = '2024-12-09'")
    sandbox.make()

    assert list(found(sandbox, "f3")) == ["Landstingsstyrelsen|2024-12-09|administration|HSF"]
    assert "ingen nämnd i enhetsregistret" in details(sandbox, "f3")
    shown = "select reported_deviation_sek from marts.fct_board_report where not is_known_board"
    assert sandbox.rows(shown) == [(Decimal("-146600000.00"),)]


def test_a_calendar_that_ends_is_told_of_and_judges_no_further_month(sandbox: Sandbox):
    sandbox.connection.execute(
        "delete from reference.reporting_calendar where scope = 'forecast' and month > '2024-06-01'"
    )
    sandbox.make()

    assert "Rapporteringskalendern för forecast slutar 2024-07-22" in details(sandbox, "l2")
    assert sandbox.rows("select max(month) from marts.fct_follow_up_total") == [(date(2024, 6, 1),)]
    assert found(sandbox, "r1") == {}
