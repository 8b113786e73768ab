"""The sections of a report about staff: hired staff with its share and goal, and full-time equivalents with causes."""

from datetime import date
from decimal import Decimal

from orchestration.reporting import report_charts as charts
from orchestration.reporting.marts import Column, Marts
from orchestration.reporting.report_model import Chart, Kind, Section, Table
from orchestration.reporting.report_scope import Scope
from orchestration.swedish import mnkr, number, swedish_month

CAUSES = {
    "joined": "Börjat",
    "left": "Slutat",
    "moved_in": "Flyttat in",
    "moved_out": "Flyttat ut",
    "changed_category": "Bytt yrkesgrupp",
    "rate": "Sysselsättningsgrad",
    "leave_and_overtime": "Frånvaro och övertid",
    "hourly": "Timavlönade",
}


def hired_staff(marts: Marts, scope: Scope) -> Section:
    """What hired staff costs, as a share and against the goal, and what the actions against it come to net."""
    share = marts.table(
        "hyrpersonalens-andel",
        "Hyrpersonalens andel av personalkostnaden, tolv månader till och med varje månad",
        "fct_hired_staff_share",
        [
            Column("Månad", "month", Kind.MONTH),
            Column("Hyrpersonal", "hired_cost_sek", Kind.MNKR),
            Column("Egen personal", "own_personnel_cost_sek", Kind.MNKR),
            Column("Andel av samlad kostnad", "share_of_total_pct", Kind.PCT),
            Column("Andel av egen kostnad", "share_of_own_pct", Kind.PCT),
            Column("Mål", "goal_pct", Kind.PCT, "inget eget mål"),
            Column("Över målet", "gap_sek", Kind.MNKR, "inget eget mål"),
        ],
        ["unit_id", "month", "time_window"],
        "t.unit_id = ? and t.time_window = 'r12' and t.month <= ? and t.hired_cost_sek is not null",
        [scope.node_id, scope.month],
        "t.month",
        empty="Ingen hyrpersonal är bokförd här under tolv hela månader.",
    )
    net = _hired_net(marts, scope)
    if not share.rows:
        return Section("hyrpersonal", "Hyrpersonal", (share.empty,), tables=(net,))
    month, hired, _, of_total, _, goal, gap = (figure.value for figure in share.rows[-1])
    sentence = (
        f"Tolv månader till och med {swedish_month(month)} kostade hyrpersonalen {mnkr(hired)}, {number(of_total, 1)} %"
    )
    sentence += " av den samlade personalkostnaden"
    sentence += (
        f"; målet är {number(goal, 1)} %, och {mnkr(gap)} ligger över det." if goal is not None and gap > 0 else "."
    )
    rows = [{"month": row[0].value, "Andel": row[3].value, "Mål": row[5].value} for row in share.rows]
    names = ("Andel", "Mål") if goal is not None else ("Andel",)
    chart = Chart("hyrandel", sentence, charts.lines(rows, names, "% av samlad personalkostnad", 1, zero=True), share)
    return Section("hyrpersonal", "Hyrpersonal", charts=(chart,), tables=(net,))


def _hired_net(marts: Marts, scope: Scope) -> Table:
    return marts.table(
        "hyrpersonal-netto",
        "Åtgärder som minskar hyrpersonal: brutto och netto",
        "fct_action_follow_up",
        [
            Column("Åtgärd", "concat(action.action_name, ' (', t.action_id, ')')"),
            Column("Brutto hittills", "gross_ytd_sek", Kind.MNKR, "mäts inte"),
            Column("Netto hittills", "net_ytd_sek", Kind.MNKR, "ej beräknat"),
            Column("Utfallet är", "net_status", Kind.CODE),
        ],
        ["action_id", "month"],
        "t.month = ? and t.action_id in (select unnest(?)) and t.is_reporting_level and t.action_id in"
        " (select action_id from marts.dim_effect_rule where component in ('saving', 'hired_staff')"
        " and claim_sv ilike '%hyrpersonal%')",
        [scope.month, list(scope.actions)],
        "t.action_id",
        "inner join marts.dim_action as action on action.action_id = t.action_id",
        "Ingen åtgärd här mäts mot hyrpersonalen.",
    )


def full_time_equivalents(marts: Marts, scope: Scope) -> Section:
    """The rolling twelve-month mean, hired staff beside it, and what lies behind the change of a year."""
    official = marts.row("select * from marts.dim_fte_definition where is_official order by valid_from desc limit 1")
    title = "Helårsarbetare"
    if official is None:
        return Section("helarsarbetare", title, ("Inget mått är utsett till officiellt.",))
    table = marts.table(
        "helarsarbetare",
        f"{official['definition_name']}, glidande tolv månader",
        "fct_fte",
        [
            Column("Månad", "month", Kind.MONTH),
            Column("Egna, månaden", "fte", Kind.FTE),
            Column("Egna, tolv månader", "fte_r12", Kind.FTE, "tolv månader saknas"),
            Column("Ändring på ett år", "fte_r12_change_12m", Kind.FTE, "ej jämförbart"),
            Column("Inhyrda, månaden", "hired_fte", Kind.FTE),
        ],
        ["unit_id", "personnel_category", "month", "fte_definition"],
        "t.unit_id = ? and t.personnel_category = 'ALL' and t.fte_definition = ? and t.month <= ? and t.is_complete",
        [scope.node_id, official["fte_definition"], scope.month],
        "t.month",
        empty="Inga helårsarbetare är kända här, eller så är gruppen för liten för att visas.",
    )
    measured = [row for row in table.rows if row[2].value is not None]
    if not measured:
        return Section("helarsarbetare", title, (table.empty,))
    month, _, mean, change, hired = (figure.value for figure in measured[-1])
    sentence = f"Medelvärdet tolv månader till och med {swedish_month(month)} är {number(mean, 0)} egna helårsarbetare"
    if change is not None:
        sentence += f", {number(abs(change), 0)} {'fler' if change >= 0 else 'färre'} än ett år tidigare"
    drawn = [
        Chart(
            "helarsarbetare",
            f"{sentence}.",
            charts.lines(
                [{"month": row[0].value, "Egna": row[2].value} for row in measured],
                ("Egna",),
                "medelvärde, tolv månader",
            ),
            table,
        )
    ]
    if hired is not None:
        rows = [{"month": row[0].value, "Inhyrda": row[4].value} for row in table.rows]
        shown = Table(
            "inhyrda",
            "Inhyrda helårsarbetare",
            table.headers[:1] + table.headers[4:],
            tuple((row[0], row[4]) for row in table.rows),
            "",
        )
        drawn.append(
            Chart(
                "inhyrda",
                f"I {swedish_month(month)} arbetade {number(hired, 0)} inhyrda helårsarbetare.",
                charts.lines(rows, ("Inhyrda",), "inhyrda, månaden", zero=True),
                shown,
            )
        )
    causes = _causes(marts, scope, official["fte_definition"], month)
    return Section("helarsarbetare", title, charts=(*drawn, *causes))


def _causes(marts: Marts, scope: Scope, definition: str, month: date) -> tuple[Chart, ...]:
    table = marts.table(
        "orsaker",
        f"Varför antalet har ändrats på ett år, till och med {swedish_month(month)}",
        "fct_fte_change",
        [Column("Orsak", "cause", Kind.CODE), Column("Helårsarbetare", "fte", Kind.FTE)],
        ["unit_id", "month", "fte_definition", "cause"],
        "t.unit_id = ? and t.fte_definition = ? and t.month = ? and t.fte is not null",
        [scope.node_id, definition, month],
        "abs(t.fte) desc, t.cause",
    )
    shown = [
        (CAUSES.get(cause.value, cause.value), fte.value)
        for cause, fte in table.rows
        if abs(fte.value) >= Decimal("0.05")
    ]
    if not shown:
        return ()
    largest = shown[0]
    sentence = f"Störst betydelse har: {largest[0].lower()} ({number(largest[1], 1)} helårsarbetare)."
    return (Chart("orsaker", sentence, charts.bars(shown, "helårsarbetare"), table),)
