"""Where one action's net effect comes from: rules, then company, account and cost centre, then voucher lines.

Figures are read from the published file, voucher lines from the build by the slices that the release rests on: their
texts and all below the month never leave the build. What is summed here is compared with the marts to the öre.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from orchestration.errors import NettoeffektError, UsageError
from orchestration.reporting.explanation import Cell, Component, Explanation, Rule, VoucherLine
from orchestration.settings import Settings
from orchestration.warehouse import connect

Rows = list[dict[str, Any]]
ZERO = Decimal("0.00")


def explain(settings: Settings, action_id: str, month: date | None = None) -> Explanation:
    """The derivation of one month, or of the year to the last closed month.

    Raises UsageError if nothing is published, or the action or the month is not in the release.
    """
    directory = settings.directory
    published = directory.main.published_warehouse
    if not published.exists():
        raise UsageError("explain", "nothing is published", "Run nettoeffekt run, or demo, first")
    with connect(published, read_only=True) as connection:
        explanation = _figures(connection, action_id, month)
        slices = [
            s
            for (s,) in connection.execute("select slice_id from marts.release_slice where feed = 'ledger'").fetchall()
        ]
    rules = {rule.rule_id: rule for component in explanation.components for rule in component.rules}
    if rules:
        try:
            with connect(directory.main.warehouse, read_only=True) as connection:
                _add_lines(connection, rules, slices, explanation)
        except (NettoeffektError, duckdb.Error) as error:
            return replace(explanation, lines_missing=str(error).splitlines()[0])
    return explanation


def _rows(connection: duckdb.DuckDBPyConnection, statement: str, *values: object) -> Rows:
    found = connection.execute(statement, values)
    names = [column for column, *_ in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _figures(connection: duckdb.DuckDBPyConnection, action_id: str, month: date | None) -> Explanation:
    ((release_id, as_of),) = connection.execute("select release_id, as_of from marts.publication").fetchall()
    actions = _rows(connection, "from marts.dim_action where action_id = ?", action_id)
    if not actions:
        known = [
            name
            for (name,) in connection.execute(
                "select action_id from marts.dim_action order by jaro_winkler_similarity(action_id, ?) desc limit 3",
                [action_id],
            ).fetchall()
        ]
        raise UsageError(f"explain {action_id}", "no such action in the release", f"Nearest are {', '.join(known)}")
    follow_up = _follow_up(connection, action_id, month)
    to_month = month or follow_up.get("measured_month")
    from_month = month or (to_month.replace(month=1) if to_month else None)
    window = (action_id, from_month, to_month)
    effects = _rows(connection, "from marts.fct_net_effect where action_id = ? and month between ? and ?", *window)
    sources = _rows(
        connection, "from marts.fct_net_effect_source where action_id = ? and month between ? and ?", *window
    )
    if month is not None and not follow_up and not effects:
        raise UsageError(f"explain {action_id}", f"no row for {month:%Y-%m}", "Give a month of the plan")
    rules = _rows(
        connection,
        "select rule.*, unit.unit_name from marts.dim_effect_rule as rule"
        " left join marts.dim_unit as unit using (unit_id) where rule.action_id = ? order by rule_id",
        action_id,
    )
    components = tuple(_component(name, effects, sources, rules, month is None) for name in _ordered(effects))
    gross = _total(component.effect_sek for component in components if component.is_gross)
    offsets = _total(component.effect_sek for component in components if not component.is_gross)
    net_status = follow_up.get("net_status") or "no_rule"
    has_net = net_status in ("net", "not_required") and gross is not None and offsets is not None
    return Explanation(
        action=actions[0],
        release_id=release_id,
        as_of=as_of,
        from_month=from_month,
        to_month=to_month,
        is_closed=all(row["is_known"] for row in effects),
        net_status=net_status,
        gross_sek=gross if components else None,
        offsets_sek=offsets if components else None,
        net_sek=gross + offsets if has_net and components else None,
        components=components,
        cost_shifts=tuple(_rows(
            connection,
            "select from_unit_id, to_unit_id, from_unit.unit_name as from_unit, to_unit.unit_name as to_unit,"
            " cast(sum(amount_sek) as decimal(18, 2)) as amount_sek from marts.fct_cost_shift"
            " left join marts.dim_unit as from_unit on from_unit.unit_id = from_unit_id"
            " left join marts.dim_unit as to_unit on to_unit.unit_id = to_unit_id"
            " where action_id = ? and month between ? and ? group by all order by abs(sum(amount_sek)) desc",
            *window,
        )),
        double_counts=tuple(_rows(
            connection,
            "select pair.other_action_id, other.action_name as other_action_name, pair.ground, pair.amount_sek,"
            " twin.amount_sek as other_amount_sek, pair.is_acquitted from marts.fct_double_count as pair"
            " left join marts.dim_action as other on other.action_id = pair.other_action_id"
            " left join marts.fct_double_count as twin on twin.action_id = pair.other_action_id"
            " and twin.other_action_id = pair.action_id and twin.ground = pair.ground and twin.year = pair.year"
            " where pair.action_id = ? and pair.year = year(?::date) order by 1, 3",
            action_id,
            to_month or as_of,
        )),
        follow_up=follow_up,
        lines_missing="",
    )  # fmt: skip


def _follow_up(connection: duckdb.DuckDBPyConnection, action_id: str, month: date | None) -> dict[str, Any]:
    """The row of the month; without one that of the last closed month, else the latest."""
    found = _rows(
        connection,
        "from marts.fct_action_follow_up where action_id = $1 and ($2 is null or month = $2)"
        " order by month = measured_month desc nulls last, month desc limit 1",
        action_id,
        month,
    )
    return found[0] if found else {}


COMPONENTS = (
    *("saving", "revenue", "own_personnel", "overtime", "extra_compensation", "recruitment"),
    *("hired_staff", "other_cost", "lost_revenue", "one_off"),
)


def _ordered(effects: Rows) -> list[str]:
    return sorted({row["component"] for row in effects}, key=COMPONENTS.index)


def _component(name: str, effects: Rows, sources: Rows, rules: Rows, is_to_date: bool) -> Component:
    months = [row for row in effects if row["component"] == name]
    last = max(months, key=lambda row: row["month"])
    units = {row["quantity_unit"] for row in months}
    has_quantity = len(units) == 1 and None not in units
    return Component(
        component=name,
        is_gross=name in ("saving", "revenue"),
        evidence=last["evidence"],
        effect_sek=_total(row["effect_sek"] for row in months),
        internal_transfer_sek=_total(row["internal_transfer_sek"] for row in months),
        index_sensitivity_sek=_total(row["index_sensitivity_sek"] for row in months),
        noise_sek=last["noise_sek"],
        is_within_noise=last["is_within_noise"] if is_to_date else None,
        volume_effect_sek=_total(row["volume_effect_sek"] for row in months),
        price_effect_sek=_total(row["price_effect_sek"] for row in months),
        quantity_unit=units.pop() if has_quantity else None,
        baseline_quantity=_total(row["baseline_quantity"] for row in months) if has_quantity else None,
        actual_quantity=_total(row["actual_quantity"] for row in months) if has_quantity else None,
        rules=tuple(_rule(rule, sources) for rule in rules if rule["component"] == name),
    )


def _rule(rule: dict[str, Any], sources: Rows) -> Rule:
    own = [row for row in sources if row["rule_id"] == rule["rule_id"]]
    cells: dict[tuple, Rows] = defaultdict(list)
    for row in own:
        cells[row["company"], row["account"], row["cost_centre"], row["counterparty_scope"]].append(row)
    return Rule(
        rule_id=rule["rule_id"],
        version=rule["version"],
        approved_on=rule["approved_on"],
        approved_by_role=rule["approved_by_role"],
        claim=rule["claim_sv"],
        baseline=rule["baseline_sv"],
        evidence=rule["evidence"],
        from_on=rule["from_on"],
        to_on=rule["to_on"],
        borne_by_unit_id=rule["unit_id"],
        borne_by=rule["unit_name"] or rule["unit_id"],
        share_pct=rule["share_pct"],
        addon_rate_pct=next((row["addon_rate_pct"] for row in own), None),
        index_ratios=tuple(sorted({row["index_ratio"] for row in own if row["index_ratio"] is not None})),
        baseline_sek=_total(map(_baseline, own)),
        actual_sek=_total(row["ledger_actual_sek"] for row in own),
        effect_sek=_total(row["effect_sek"] for row in own if row["counterparty_scope"] == "external"),
        internal_transfer_sek=_total(row["effect_sek"] for row in own if row["counterparty_scope"] == "internal"),
        cells=[_cell(key, rows) for key, rows in sorted(cells.items(), key=lambda item: tuple(map(str, item[0])))],
    )


def _baseline(row: dict[str, Any]) -> Decimal | None:
    return None if row["ledger_baseline_sek"] is None else row["ledger_baseline_sek"] + row["adjustment_sek"]


def _cell(key: tuple, rows: Rows) -> Cell:
    return Cell(
        *key,
        baseline_sek=_total(map(_baseline, rows)),
        actual_sek=_total(row["ledger_actual_sek"] for row in rows),
        effect_sek=_total(row["effect_sek"] for row in rows),
        voucher_lines=sum(row["voucher_lines"] for row in rows),
    )


def _total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum; None as soon as one is not known, 0 of none."""
    known = list(amounts)
    return None if None in known else sum(known, ZERO)


# Which lines a rule claims is what the build's models say: the codes of its claim, on cells of the release's slices.
LINES = """
with claimed as (
    select claim.rule_id, cell.slice_id, cell.company, cell.chart, cell.account, cell.cost_centre, cell.function_code,
        cell.activity_code, cell.project, cell.counterparty, cell.month, cell.is_internal,
        sum(cell.share_pct) as share_pct
    from intermediate.int_net_effect__claim as claim
    inner join intermediate.int_ledger__mapped_cell as cell
        on claim.unit_id = cell.unit_id and claim.chart = cell.chart and claim.account = cell.account
        and claim.cost_type = cell.cost_type and claim.is_internal = cell.is_internal
        and claim.function_code is not distinct from cell.function_code
        and claim.activity_code is not distinct from cell.activity_code
        and claim.project is not distinct from cell.project
        and claim.counterparty_class is not distinct from cell.counterparty_class
    where claim.purpose = 'amount' and claim.rule_id in (select unnest($rules))
        and cell.slice_id in (select unnest($slices)) and cell.month between $first and $last
        and not cell.is_opening_balance and not cell.is_preliminary
    group by all
)
select claimed.rule_id, claimed.company, claimed.account, claimed.cost_centre, claimed.month, line.voucher_series,
    line.voucher_number, line.voucher_line, line.posting_date, line.amount_sek, claimed.share_pct,
    case when claimed.is_internal then 'internal' else 'external' end as side
from claimed
inner join raw.ledger as line
    on line._slice_id = claimed.slice_id and line.company = claimed.company and line.month = claimed.month
    and line.chart = claimed.chart and line.account = claimed.account
    and line.cost_centre is not distinct from claimed.cost_centre
    and line.function_code is not distinct from claimed.function_code
    and line.activity_code is not distinct from claimed.activity_code
    and line.project is not distinct from claimed.project
    and line.counterparty is not distinct from claimed.counterparty
where not coalesce(line.is_opening_balance, false) and not coalesce(line.is_preliminary, false)
order by abs(line.amount_sek) desc, line.voucher_series, line.voucher_number, line.voucher_line
"""


def _add_lines(
    connection: duckdb.DuckDBPyConnection, rules: dict[str, Rule], slices: list[str], explanation: Explanation
) -> None:
    """The voucher lines behind each cell's actual, in the months that its rule claims. The largest come first."""
    found = connection.execute(
        LINES,
        {"rules": [*rules], "slices": slices, "first": explanation.from_month, "last": explanation.to_month},
    )
    names = [column for column, *_ in found.description]
    cells = {
        (rule.rule_id, cell.company, cell.account, cell.cost_centre, cell.side): cell
        for rule in rules.values()
        for cell in rule.cells
    }
    for row in (dict(zip(names, values, strict=True)) for values in found.fetchall()):
        rule, side = rules[row["rule_id"]], row["side"]
        cell = cells.get((rule.rule_id, row["company"], row["account"], row["cost_centre"], side))
        cell = cell or cells.get((rule.rule_id, None, None, None, side))  # a unit cost is one line
        if cell is not None and rule.from_on <= row["month"] and (rule.to_on is None or row["month"] < rule.to_on):
            cell.lines.append(
                VoucherLine(
                    *(row["month"], row["voucher_series"], row["voucher_number"], row["voucher_line"]),
                    *(row["posting_date"], row["amount_sek"], row["share_pct"]),
                )
            )
