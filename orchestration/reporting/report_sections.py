"""The sections that every report has after its first page, each a question with its answer, chart and figures."""

from decimal import Decimal
from itertools import pairwise

from orchestration.reporting import report_charts as charts
from orchestration.reporting.marts import Column, Marts
from orchestration.reporting.report_model import Chart, Figure, Header, Kind, Section, Table
from orchestration.reporting.report_scope import Scope
from orchestration.reporting.report_staff import full_time_equivalents, hired_staff
from orchestration.reporting.report_tables import actions, breached, cost_shifts, double_counts
from orchestration.swedish import mnkr, number, swedish_month

MNKR = Decimal(1_000_000)


def sections(marts: Marts, scope: Scope, previous: Marts | None) -> tuple[Section, ...]:
    """All of them, in order. `previous` are the marts of the release before, if it is kept."""
    return (
        _bridge(marts, scope),
        Section("atgarder", "Åtgärderna en för en", tables=(_actions(marts, scope),)),
        _vintages(marts, scope),
        hired_staff(marts, scope),
        full_time_equivalents(marts, scope),
        _net_cost(marts, scope),
        Section(
            "interna",
            "Internt omfördelat och räknat två gånger",
            tables=(_transfers(marts, scope), cost_shifts(marts, scope), double_counts(marts, scope)),
        ),
        Section("konsekvenser", "Konsekvenser", tables=(breached(marts, scope, only=False),)),
        _changes(marts, scope, previous),
        _definitions(marts),
        _reconciliation(marts),
    )


def _bridge(marts: Marts, scope: Scope) -> Section:
    total = scope.total
    columns = [
        Column("Nivå", "node_name"),
        Column("Sparbeting", "requirement_sek", Kind.MNKR, "inget"),
        Column("Planens åtgärder", "action_target_sek", Kind.MNKR),
        Column("Realiserat hittills", "outcome_ytd_sek", Kind.MNKR),
        Column("Återstår enligt prognos", "remaining_sek", Kind.MNKR),
        Column("Prognos", "forecast_sek", Kind.MNKR),
        Column("Gap till sparbetinget", "gap_sek", Kind.MNKR, "inget sparbeting"),
    ]
    table = marts.table(
        *("fran-sparbeting-till-prognos", "Från sparbeting till prognos", "fct_follow_up_total", columns),
        *([*scope.key], "t.hierarchy = 'organisation' and t.node_type = ? and t.node_id = ? and t.month = ?"),
        [scope.node_type, scope.node_id, scope.month],
    )
    below = marts.table(
        *("nivaerna-under", "Nivåerna närmast under", "fct_follow_up_total", columns),
        *(
            [*scope.key],
            "t.hierarchy = 'organisation' and t.parent_node_id = ? and t.month = ? and t.node_type <> 'action'",
        ),
        [scope.node_id, scope.month],
        "t.target_sek desc nulls last, t.node_id",
        empty="Inga nivåer under den här har mål.",
    )
    plan, done = total["action_target_sek"] or Decimal(0), total["outcome_ytd_sek"]
    sentence = (
        f"Planen uppgår till {mnkr(plan)}. "
        + (f"{mnkr(done)} är realiserat" if done is not None else "Inget utfall är känt")
        + f", och prognosen för året är {mnkr(total['forecast_sek'])}."
    )
    svg = charts.bridge(total["requirement_sek"], plan, done, total["forecast_sek"])
    chart = Chart("bro", sentence, svg, table)
    return Section("bro", "Från sparbeting till prognos", charts=(chart,), tables=(below,))


def _actions(marts: Marts, scope: Scope) -> Table:
    return actions(
        marts, scope, "atgarder", "Alla åtgärder, de som saknar mest först", "true", "Här finns inga åtgärder."
    )


def _vintages(marts: Marts, scope: Scope) -> Section:
    table = marts.table(
        "prognos-per-manad",
        f"Prognosen för {scope.month.year} som den var känd månad för månad",
        "fct_follow_up_total",
        [
            Column("Månad", "month", Kind.MONTH),
            Column("Mål", "target_sek", Kind.MNKR),
            Column("Prognos", "forecast_sek", Kind.MNKR),
            Column("Den äldsta avser", "forecast_as_of_month", Kind.MONTH, "ingen prognos"),
            Column("Utfall hittills", "outcome_ytd_sek", Kind.MNKR),
            Column("Ej aktuella prognoser", "not_current_share_pct", Kind.PCT, "inga mål"),
        ],
        [*scope.key],
        "t.hierarchy = 'organisation' and t.node_type = ? and t.node_id = ? and t.month between ? and ?",
        [scope.node_type, scope.node_id, scope.month.replace(month=1), scope.month],
        "t.month",
    )
    submitted = marts.table(
        "lamnade-prognoser",
        f"Prognoser som har lämnats för {scope.month.year}",
        "fct_forecast_version",
        [
            Column("Åtgärd", "concat(action.action_name, ' (', t.action_id, ')')"),
            Column("Lämnad", "cast(t.submitted_at as date)", Kind.DATE),
            Column("Avser", "as_of_month", Kind.MONTH),
            Column("Prognos", "forecast_sek", Kind.MNKR),
            Column("Ändring", "change_sek", Kind.MNKR, "första"),
            Column("Bekräftelse", "is_confirmation", Kind.YES_NO),
            Column("Orsak till avvikelse", "deviation_cause", Kind.CODE, "ej angiven"),
        ],
        ["action_id", "year", "submitted_at"],
        "t.year = ? and t.action_id in (select unnest(?))",
        [scope.month.year, list(scope.actions)],
        "t.submitted_at desc, t.action_id",
        "inner join marts.dim_action as action on action.action_id = t.action_id",
        "Ingen prognos har lämnats.",
    )
    rows = [
        {
            "month": month.value,
            "Mål": _mnkr(target),
            "Prognos": _mnkr(forecast) if seen.value is not None else None,  # a sum of no forecasts is no forecast
            "Utfall hittills": _mnkr(outcome),
        }
        for month, target, forecast, seen, outcome, _ in table.rows
    ]
    forecasts = [row["Prognos"] for row in rows if row["Prognos"] is not None]
    moves = sum(before != after for before, after in pairwise(forecasts))
    sentence = "Ingen prognos har lämnats under året."
    if forecasts:
        sentence = (
            f"Prognosen för {scope.month.year} har ändrats {_times(moves)} sedan den första; den senaste är"
            f" {number(forecasts[-1], 1)} mnkr."
        )
    svg = charts.lines(rows, ("Prognos", "Mål", "Utfall hittills"), "mnkr", 1, zero=True, are_steps=True)
    chart = Chart("prognoser", sentence, svg, table)
    return Section("prognoser", "Hur prognosen har ändrats", charts=(chart,), tables=(submitted,))


def _net_cost(marts: Marts, scope: Scope) -> Section:
    table = marts.table(
        "nettokostnad",
        "Nettokostnad utan finansiering",
        "fct_net_cost",
        [
            Column("Månad", "month", Kind.MONTH),
            Column("Månaden", "actual_sek", Kind.MNKR),
            Column("Budget", "budget_sek", Kind.MNKR, "ingen"),
            Column("Förra året", "last_year_sek", Kind.MNKR),
            Column("Tolv månader", "r12_sek", Kind.MNKR, "tolv månader saknas"),
            Column("Ökning på ett år", "r12_growth_pct", Kind.PCT, "ej jämförbart"),
        ],
        ["unit_id", "result_line", "month"],
        "t.unit_id = ? and t.result_line = 'net_cost' and t.month <= ?",
        [scope.node_id, scope.month],
        "t.month",
        empty="Ingen huvudbok är inläst för den här nivån.",
    )
    grown = [row for row in table.rows if row[5].value is not None]
    if not grown:
        return Section(
            "nettokostnad", "Nettokostnaden", (table.empty if not table.rows else "Två hela år saknas än.",), tables=()
        )
    last = grown[-1]
    sentence = (
        f"Nettokostnaden de senaste tolv månaderna är {mnkr(last[4].value)},"
        f" {number(abs(last[5].value), 1)} % {'högre' if last[5].value >= 0 else 'lägre'} än ett år tidigare."
    )
    rows = [{"month": row[0].value, "Ökning": row[5].value} for row in grown]
    chart = Chart("nettokostnad", sentence, charts.lines(rows, ("Ökning",), "% på ett år", 1, zero=True), table)
    return Section("nettokostnad", "Nettokostnadens utveckling", charts=(chart,))


def _transfers(marts: Marts, scope: Scope) -> Table:
    table = marts.sums(
        "interna-poster",
        "Internt omfördelat, i år till och med månaden: sänker en enhets kostnad och höjer en annans",
        "fct_net_effect",
        [Column("Åtgärd", "concat(action.action_name, ' (', t.action_id, ')')")],
        [
            Column("Internt omfördelat", "internal_transfer_sek", Kind.MNKR),
            Column("Effekt utåt", "effect_sek", Kind.MNKR),
        ],
        ["action_id"],
        scope.year_to_date,
        "inner join marts.dim_action as action on action.action_id = t.action_id",
        "abs(sum(t.internal_transfer_sek)) desc, t.action_id",
        "Ingen åtgärd flyttar pengar internt.",
    )
    rows = tuple(row for row in table.rows if row[1].key["action_id"] in scope.actions and row[1].value)
    return Table(table.name, table.caption, table.headers, rows, table.empty)


def _changes(marts: Marts, scope: Scope, previous: Marts | None) -> Section:
    title = "Vad som har ändrats sedan förra utgåvan"
    if previous is None:
        return Section("andringar", title, ("Ingen tidigare utgåva finns kvar att jämföra med.",))
    columns = {"Mål": "target_sek", "Prognos": "forecast_sek", "Utfall": "outcome_ytd_sek", "Netto": "net_ytd_sek"}
    statement = f"select action_id, {', '.join(columns.values())} from {{}}.fct_action_follow_up where month = ?"
    before = {row["action_id"]: row for row in previous.rows(statement.format(previous.schema), scope.month)}
    names = {
        row["action_id"]: row["action_name"]
        for row in marts.rows("select action_id, action_name from marts.dim_action")
    }
    found: list[tuple[Figure, ...]] = []
    for row in marts.rows(f"{statement.format(marts.schema)} order by action_id", scope.month):
        action_id = row["action_id"]
        if action_id not in scope.actions:
            continue
        was = before.get(action_id)
        key = {"action_id": action_id, "month": scope.month}
        for label, column in columns.items():
            old = was[column] if was else None
            if was is None or old != row[column]:
                found.append(
                    (
                        Figure(f"{names[action_id]} ({action_id})"),
                        Figure(label),
                        Figure(old, Kind.MNKR, why_empty="fanns inte" if was is None else "ej känt"),
                        Figure(row[column], Kind.MNKR, f"fct_action_follow_up.{column}", key),
                    )
                )
    headers = (Header("Åtgärd"), Header("Uppgift"), Header("Var", Kind.MNKR), Header("Är", Kind.MNKR))
    told = previous.row(f"select release_id, as_of from {previous.schema}.publication")
    table = Table(
        *("andringar", f"Ändrade uppgifter för {swedish_month(scope.month)} sedan utgåvan {told['release_id']}"),
        *(headers, tuple(found), "Inget har ändrats."),
    )
    return Section("andringar", title, tables=(table,))


def _definitions(marts: Marts) -> Section:
    rules = marts.table(
        "matt",
        "Så räknas helårsarbetare",
        "dim_fte_definition",
        [
            Column("Mått", "definition_name"),
            Column("Årstid, timmar", "norm_hours", Kind.COUNT),
            Column("Timmar per inhyrd", "hired_hours_per_fte", Kind.COUNT),
            Column("Officiellt", "is_official", Kind.YES_NO),
            Column("Kommentar", "note"),
        ],
        ["fte_definition"],
        "true",
        order="t.is_official desc, t.fte_definition",
    )
    parameters = marts.table(
        "parametrar",
        "Trösklar som siffror och kontroller vilar på",
        "dim_parameter",
        [
            Column("Tröskel", "parameter_name"),
            Column("Värde", "parameter_value"),
            Column("Vad den avgör", "why"),
        ],
        ["parameter_name"],
        "true",
        order="t.parameter_name",
    )
    said = (
        "Netto är det som återstår av en besparing när motkostnaderna är avdragna: egen personal, rekrytering, övertid"
        " och det som andra enheter får bära. Besparingar är positiva tal, i miljoner kronor om inget annat sägs.",
        "Ett tal som saknas står med skälet i ord, aldrig som noll.",
    )
    return Section("definitioner", "Definitioner och parametrar", said, tables=(rules, parameters))


def _reconciliation(marts: Marts) -> Section:
    feeds = marts.table(
        "underlag",
        "Underlaget: vad som är inläst",
        "data_status",
        [
            Column("Flöde", "feed"),
            Column("Läge", "status", Kind.CODE),
            Column("Senaste månad", "latest_month", Kind.MONTH, "ingen"),
            Column("Rader", "row_count", Kind.COUNT),
            Column("Rader i karantän", "quarantined_row_count", Kind.COUNT),
        ],
        ["feed"],
        "true",
        order="t.feed",
    )
    checks = marts.table(
        "avstamning",
        "Kontroller som inte höll",
        "check_result",
        [
            Column("Kontroll", "check_id"),
            Column("Verkan", "severity", Kind.CODE),
            Column("Fynd", "findings", Kind.COUNT),
            Column("Belopp", "amount_sek", Kind.MNKR, "inget belopp"),
            Column("Vad det betyder", "detail"),
        ],
        ["check_id", "table_name", "run_id"],
        "not t.passed and t.run_id = (select run_id from marts.publication)",
        order="t.check_id, t.table_name",
        empty="Alla kontroller höll.",
    )
    return Section("avstamning", "Avstämning", tables=(feeds, checks))


def _times(count: int) -> str:
    return {0: "inte en enda gång", 1: "en gång", 2: "två gånger", 3: "tre gånger"}.get(count, f"{count} gånger")


def _mnkr(figure: Figure) -> Decimal | None:
    return None if figure.value is None else figure.value / MNKR
