"""The tables that more than one page of a report shows, each about one node in one month."""

from collections.abc import Sequence

from orchestration.reporting.marts import Column, Marts
from orchestration.reporting.report_model import Kind, Table
from orchestration.reporting.report_scope import Scope

# Findings of the release's run, with the node that each is about: its action, its unit or the board that was shown it.
FINDING = """
    left join marts.dim_action as action on action.action_id = split_part(t.subject_id, '|', 1)
    left join marts.check_result as result
        on result.check_id = t.check_id and result.run_id = t.run_id and not result.passed
"""
OF_RUN = "t.run_id = (select run_id from marts.publication)"
OF_NODE = """(
    split_part(t.subject_id, '|', 1) in (select unnest(?))
    or split_part(t.subject_id, '|', 1) in (select unnest(?))
    or (? and t.subject_type not in
        ('action', 'action_pair', 'consequence', 'unit', 'unit_call_off_chain', 'board_report', 'board_scope'))
)"""


def findings(marts: Marts, scope: Scope, checks: Sequence[str] = (), name: str = "brister", rows: int = 400) -> Table:
    """What the controls point at in this node, the largest amounts first."""
    where = f"{OF_RUN} and {OF_NODE}" + (" and t.check_id in (select unnest(?))" if checks else "")
    values = [list(scope.actions), list(scope.units), scope.node_type == "region" and has_ledger(marts, scope)]
    return marts.table(
        name,
        "Vad kontrollerna pekar på",
        "finding",
        [
            Column("Kontroll", "check_id"),
            Column("Vad det gäller", "detail"),
            Column("Ansvarig", "owner_role", why_empty="ingen utpekad"),
            Column("Belopp", "amount_sek", Kind.MNKR, "inget belopp"),
        ],
        ["check_id", "subject_type", "subject_id", "run_id"],
        where,
        [*values, *([list(checks)] if checks else [])],
        f"abs(coalesce(t.amount_sek, 0)) desc, t.check_id, t.subject_id limit {rows}",
        empty="Kontrollerna pekar inte på något här.",
    )


def has_ledger(marts: Marts, scope: Scope) -> bool:
    """True if anything is booked in the node."""
    return marts.row("select 1 as one from marts.fct_net_cost where unit_id = ? limit 1", scope.node_id) is not None


def actions(marts: Marts, scope: Scope, name: str, caption: str, where: str, empty: str) -> Table:
    """Actions of the node, on the level where forecasts are held, those that lack most first."""
    return marts.table(
        name,
        caption,
        "fct_action_follow_up",
        [
            Column("Åtgärd", "concat(action.action_name, ' (', t.action_id, ')')"),
            Column("Mål", "target_sek", Kind.MNKR),
            Column("Prognos", "forecast_sek", Kind.MNKR, "saknas"),
            Column("Avvikelse", "deviation_sek", Kind.MNKR),
            Column("Utfall hittills", "outcome_ytd_sek", Kind.MNKR),
            Column("Varav netto", "net_ytd_sek", Kind.MNKR, "ej beräknat"),
            Column("Utfallet är", "net_status", Kind.CODE),
            Column("Prognosen är", "forecast_status", Kind.CODE),
            Column("Ålder, dagar", "forecast_age_days", Kind.COUNT, "–"),
            Column("Ansvarig", "action.owner_role", why_empty="ingen utpekad"),
        ],
        ["action_id", "month"],
        f"t.month = ? and t.is_reporting_level and t.action_id in (select unnest(?)) and {where}",
        [scope.month, list(scope.actions)],
        "coalesce(t.deviation_sek, -t.target_sek, 0), t.action_id",
        "inner join marts.dim_action as action on action.action_id = t.action_id",
        empty,
    )


def breached(marts: Marts, scope: Scope, only: bool = True) -> Table:
    """Consequences in the month: those past their limit, or all that are assessed."""
    return marts.table(
        "konsekvenser" if not only else "passerade-granser",
        "Konsekvenser" if not only else "Konsekvenser som har passerat sin gräns",
        "fct_consequence",
        [
            Column("Åtgärd", "concat(action.action_name, ' (', t.action_id, ')')"),
            Column("Perspektiv", "perspective", Kind.CODE),
            Column("Indikator", "indicator_id", why_empty="ingen"),
            Column("Före", "value_before", Kind.FTE),
            Column("Nu", "value", Kind.FTE),
            Column("Gräns", "limit_value", Kind.FTE, "ingen satt"),
            Column("Passerad", "is_breached", Kind.YES_NO, "kan ej prövas"),
            Column("Bedömd konsekvens", "consequence_text"),
        ],
        ["action_id", "perspective", "indicator_id", "month"],
        f"t.month = ? and t.action_id in (select unnest(?)) and {'t.is_breached' if only else 'true'}",
        [scope.month, list(scope.actions)],
        "t.action_id, t.perspective, t.indicator_id",
        "inner join marts.dim_action as action on action.action_id = t.action_id",
        "Ingen gräns är passerad." if only else "Inga konsekvenser är bedömda för månaden.",
    )


def cost_shifts(marts: Marts, scope: Scope) -> Table:
    """What the node's savings cost others, and others' savings the node, in the year to date."""
    units = list(scope.units)
    pairs = marts.rows(
        "select distinct action_id from marts.fct_cost_shift where from_unit_id in (select unnest(?))"
        " or to_unit_id in (select unnest(?))",
        units,
        units,
    )
    names = [row["action_id"] for row in pairs]
    table = marts.sums(
        "overvaltring",
        "Kostnader som flyttas mellan enheter, i år till och med månaden",
        "fct_cost_shift",
        [
            Column("Åtgärd", "concat(action.action_name, ' (', t.action_id, ')')"),
            Column("Från", "giving.unit_name"),
            Column("Till", "taking.unit_name"),
        ],
        [Column("Bärs av mottagaren", "amount_sek", Kind.MNKR)],
        ["action_id", "from_unit_id", "to_unit_id"],
        scope.year_to_date,
        "inner join marts.dim_action as action on action.action_id = t.action_id"
        " left join marts.dim_unit as giving on giving.unit_id = t.from_unit_id"
        " left join marts.dim_unit as taking on taking.unit_id = t.to_unit_id",
        "abs(sum(t.amount_sek)) desc, t.action_id, t.from_unit_id, t.to_unit_id",
        "Ingen kostnad har flyttats till eller från enheterna här.",
    )
    rows = tuple(row for row in table.rows if row[-1].key["action_id"] in names)
    return Table(table.name, table.caption, table.headers, rows, table.empty)


def double_counts(marts: Marts, scope: Scope) -> Table:
    """Pairs of actions that may count the same money in the year."""
    return marts.table(
        "dubbelrakning",
        f"Möjliga dubbelräkningar {scope.month.year}",
        "fct_double_count",
        [
            Column("Åtgärd", "concat(action.action_name, ' (', t.action_id, ')')"),
            Column("Samma pengar som", "concat(other.action_name, ' (', t.other_action_id, ')')"),
            Column("Grund", "ground", Kind.CODE),
            Column("Belopp", "amount_sek", Kind.MNKR, "ej beräkningsbart"),
            Column("Godtagen", "is_acquitted", Kind.YES_NO),
        ],
        ["action_id", "other_action_id", "ground", "year"],
        "t.year = ? and t.action_id in (select unnest(?))",
        [scope.month.year, list(scope.actions)],
        "t.action_id, t.other_action_id, t.ground",
        "inner join marts.dim_action as action on action.action_id = t.action_id"
        " inner join marts.dim_action as other on other.action_id = t.other_action_id",
        "Ingen dubbelräkning är funnen.",
    )
