"""What BI tools may rely on: the marts, their columns, types and labels, as their YAML promises them. No dbt here."""

import re
from functools import cache
from typing import Any

import pytest
import yaml

from orchestration.settings import CHECKOUT

MARTS = CHECKOUT / "dbt_project" / "models" / "marts"
PORTABLE = re.compile(r"string|bigint|boolean|date|timestamp|decimal\(\d{1,2},\d{1,2}\)")

# The contract with BI: mart → (grain, further columns). Columns may be added, but none of these may go. The marts that
# the pipeline writes itself stand in orchestration/ops.py.
_FTE = "fte is_complete fte_r12 months_in_window fte_r12_change_12m hired_fte is_merged"
_HIRED = "cost_sek cost_same_month_last_year_sek cost_ytd_sek cost_ytd_last_year_sek hours hired_fte"
_SHARE = "hired_cost_sek own_personnel_cost_sek share_of_total_pct share_of_own_pct goal_pct gap_sek"
_NET_COST = "actual_sek budget_sek last_year_sek adjustment_sek r12_sek r12_growth_pct internal_sek external_sek"
CONTRACT = {
    "dim_action": (
        "action_id",
        "action_name parent_action_id programme board administration division owner_role action_group saving_type"
        " effect_type feasibility is_recurrent is_additional status start_month requires_net",
    ),
    "dim_unit": ("unit_id", "unit_name parent_unit_id level valid_from valid_to"),
    "dim_month": ("month", "year month_number tertial"),
    "dim_parameter": ("parameter_name", "parameter_value valid_from why"),
    "dim_fte_definition": ("fte_definition", "definition_name formula norm_hours hired_hours_per_fte is_official"),
    "dim_effect_rule": ("rule_id", "version action_id component basis unit_id claim_sv baseline_sv evidence"),
    "fct_net_effect": (
        "action_id component month",
        "baseline_sek actual_sek effect_sek internal_transfer_sek evidence index_sensitivity_sek noise_sek",
    ),
    "fct_net_effect_source": (
        "action_id rule_id company account cost_centre counterparty_scope month",
        "ledger_baseline_sek ledger_actual_sek addon_rate_pct index_ratio share_pct effect_sek voucher_lines",
    ),
    "fct_restatement": (
        "feed slice_id",
        "replaced_slice_id company month row_count_before row_count_after row_change amount_before_sek change_sek",
    ),
    "fct_cost_shift": ("action_id from_unit_id to_unit_id month", "amount_sek"),
    "fct_double_count": ("action_id other_action_id ground year", "amount_sek is_acquitted"),
    "fct_action_follow_up": (
        "action_id month",
        "year target_sek target_ytd_sek outcome_ytd_sek outcome_reported_sek forecast_sek deviation_sek"
        " achievement_pct ytd_achievement_pct gross_ytd_sek net_ytd_sek net_status run_rate_sek full_year_target_sek"
        " persistence_pct outcome_month forecast_submitted_at forecast_as_of_month forecast_age_days forecast_status"
        " evidence",
    ),
    "fct_follow_up_total": (
        "hierarchy node_type node_id month",
        "requirement_sek target_sek action_target_sek unidentified_sek outcome_ytd_sek forecast_sek deviation_sek"
        " slippage_sek net_ytd_sek gross_only_sek possible_double_count_sek actions actions_current"
        " not_current_share_pct",
    ),
    "fct_forecast_version": (
        "action_id year submitted_at",
        "as_of_month version forecast_sek change_sek is_latest error_sek",
    ),
    "fct_follow_up_breakdown": (
        "hierarchy node_type node_id month breakdown breakdown_value",
        "target_sek outcome_ytd_sek forecast_sek deviation_sek net_ytd_sek actions not_current_share_pct",
    ),
    "fct_owner_record": (
        "region_unit_id owner_role year lead_months",
        "outcomes forecast_sek final_outcome_sek error_sek came_true_pct",
    ),
    "fct_target_version": (
        "source action_id year known_from",
        "version target_sek change_sek is_dropped locked_on is_locked decision",
    ),
    "fct_action_link": ("action_id other_action_id relation", "decided_by note"),
    "fct_fte": ("unit_id personnel_category month fte_definition", _FTE),
    "fct_fte_as_was": ("unit_id personnel_category month fte_definition", _FTE),
    "fct_fte_change": ("unit_id month fte_definition cause", "fte"),
    "fct_hired_staff": ("unit_id personnel_category month", _HIRED),
    "fct_hired_staff_as_was": ("unit_id personnel_category month", _HIRED),
    "fct_hired_staff_share": ("unit_id month time_window", _SHARE),
    "fct_hired_staff_share_as_was": ("unit_id month time_window", _SHARE),
    "fct_net_cost": ("unit_id result_line month", _NET_COST),
    "fct_net_cost_as_was": ("unit_id result_line month", _NET_COST),
    "fct_extra_compensation": ("division kind month", "breakdown amount_sek"),
    "fct_result_forecast": ("administration year result_line submitted_at", "forecast_sek budget_sek deviation_sek"),
    "fct_board_report": (
        "board meeting_date scope scope_id",
        "reported_month target_sek target_origin reported_forecast_sek reported_deviation_sek recomputed_deviation_sek"
        " identity_holds known_forecast_sek known_forecast_status active_decision_since",
    ),
    "fct_decision": ("board decision_date paragraph", "kind subject action_ids is_unanimous"),
    "fct_consequence": (
        "action_id perspective indicator_id month",
        "value value_before limit_value is_breached",
    ),
}


@cache
def marts() -> dict[str, dict[str, Any]]:
    """What the YAML files beside the marts say, by mart."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = (yaml.load(path.read_text("utf-8"), loader) for path in sorted(MARTS.rglob("*.yml")))
    return {model["name"]: model for file in files for model in file.get("models", [])}


@cache
def doc_blocks() -> dict[str, str]:
    """The shared column texts of the project, by name."""
    text = "".join(path.read_text("utf-8") for path in sorted(MARTS.parent.rglob("*.md")))
    return dict(re.findall(r"{%\s*docs\s+(\w+)\s*%}(.*?){%\s*enddocs\s*%}", text, re.DOTALL))


def description(node: dict[str, Any]) -> str:
    """The text of a model or column, with doc() resolved; empty if the block does not exist."""
    text = node.get("description") or ""
    return re.sub(r"{{\s*doc\(['\"](\w+)['\"]\)\s*}}", lambda m: doc_blocks().get(m[1], ""), text).strip()


def meta(node: dict[str, Any]) -> dict[str, Any]:
    return node.get("config", {}).get("meta", {})


def columns() -> list[tuple[str, dict[str, Any]]]:
    """Every column of every mart, with its place as `mart.column`."""
    return [(f"{name}.{column['name']}", column) for name, mart in marts().items() for column in mart["columns"]]


def names(mart: str) -> list[str]:
    return [column["name"] for column in marts()[mart]["columns"]]


@pytest.mark.parametrize("mart", CONTRACT)
def test_mart_stands_with_its_grain_first_and_its_columns(mart: str):
    grain, further = (part.split() for part in CONTRACT[mart])

    assert mart in marts(), "has no YAML"
    assert names(mart)[: len(grain)] == grain
    assert set(further) <= set(names(mart))


@pytest.mark.parametrize("mart", CONTRACT)
def test_grain_of_the_contract_is_tested_as_a_key(mart: str):
    grain = CONTRACT[mart][0].split()
    model = marts()[mart]
    keys = [test["unique_combination"] for test in model.get("data_tests", []) if "unique_combination" in test]
    combined = [key.get("arguments", key)["columns"] for key in keys]
    single = [[column["name"]] for column in model["columns"] if "unique" in column.get("data_tests", [])]

    assert grain in combined + single


def test_every_mart_is_in_the_contract_and_has_a_file_of_its_own():
    files = {path.stem for path in MARTS.rglob("*.sql")}

    assert files == set(marts()) == set(CONTRACT)


def test_every_mart_says_what_it_holds_and_which_question_it_answers():
    assert [name for name, mart in marts().items() if not description(mart)] == []
    assert [name for name, mart in marts().items() if not meta(mart).get("question_sv", "").endswith("?")] == []


def test_every_column_is_described_and_labelled():
    assert [place for place, column in columns() if not description(column)] == []
    assert [place for place, column in columns() if not meta(column).get("label_sv")] == []


def test_every_type_is_portable():
    assert [place for place, column in columns() if not PORTABLE.fullmatch(column.get("data_type", ""))] == []


def test_money_is_two_decimals_and_says_its_sign():
    money = [(place, column) for place, column in columns() if place.endswith("_sek")]

    assert [place for place, column in money if column["data_type"] != "decimal(18,2)"] == []
    assert [place for place, column in money if not meta(column).get("sign")] == []


def test_marts_as_was_have_the_columns_of_their_twins():
    twins = [name for name in marts() if name.endswith("_as_was")]

    assert [names(name) for name in twins] == [names(name.removesuffix("_as_was")) for name in twins]


def test_every_shared_text_is_used():
    models = "".join(path.read_text("utf-8") for path in MARTS.parent.rglob("*.yml"))

    assert [name for name in doc_blocks() if not re.search(rf"doc\(['\"]{name}['\"]\)", models)] == []
