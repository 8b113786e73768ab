"""The first page of a report: the answer, its key figures, what is not known, and what this reader can do."""

from orchestration.reporting.marts import Column, Marts
from orchestration.reporting.report_model import Card, Figure, Kind, Reader, Section, Table
from orchestration.reporting.report_scope import Scope
from orchestration.reporting.report_tables import (
    FINDING,
    OF_NODE,
    OF_RUN,
    actions,
    breached,
    cost_shifts,
    double_counts,
    findings,
    has_ledger,
)
from orchestration.swedish import mnkr, number, swedish_date, swedish_month


def headline(scope: Scope) -> str:
    """The answer in one sentence."""
    total = scope.total
    goal, word = total["requirement_sek"], "sparbetingets"
    if goal is None:
        goal, word = total["target_sek"], "målets"
    if not total["actions"] or total["not_current_share_pct"] == 100:
        return f"Ingen vet om {word} {mnkr(goal)} nås: inga prognoser är aktuella" if goal else "Inga mål att följa upp"
    if total["forecast_sek"] >= goal:
        return f"Prognosen når {word} {mnkr(goal)}"
    return f"Prognosen når {mnkr(total['forecast_sek'])} av {word} {mnkr(goal)}"


def lead(scope: Scope) -> tuple[str, ...]:
    """What must be known to read the answer."""
    total = scope.total
    said = []
    gap = total["gap_sek"] if total["requirement_sek"] is not None else -total["deviation_sek"]
    if gap > 0:
        said.append(f"{mnkr(gap)} saknas.")
    share = total["not_current_share_pct"]
    if total["forecast_as_of_month"] is not None:
        said.append(f"Den äldsta prognosen avser {swedish_month(total['forecast_as_of_month'])}.")
    if share == 0:
        said.append("Alla prognoser är aktuella.")
    elif share is not None:
        said.append(f"{number(share, 0)} % av målbeloppet vilar på prognoser som inte är aktuella.")
    if total["outcome_ytd_sek"] is None:
        said.append("Inget utfall är känt.")
    elif total["net_ytd_sek"] is None:
        said.append(f"Av utfallet {mnkr(total['outcome_ytd_sek'])} är inget nettoberäknat.")
    else:
        said.append(
            f"Utfallet hittills är {mnkr(total['outcome_ytd_sek'])}; nettoberäknat är {mnkr(total['net_ytd_sek'])}."
        )
    return tuple(said)


def cards(marts: Marts, scope: Scope, reader: Reader) -> tuple[Card, ...]:
    """The key figures that every reader gets, and for the head of an administration those of its staff."""
    return (*_money(scope), *(_staff(marts, scope) if reader is Reader.HEAD else ()))


def _money(scope: Scope) -> tuple[Card, ...]:

    def of(column: str, kind: Kind = Kind.MNKR, why: str = "ej känt") -> Figure:
        return Figure(scope.total[column], kind, f"fct_follow_up_total.{column}", scope.key, why_empty=why)

    total = scope.total
    has_requirement = total["requirement_sek"] is not None
    stale = (total["not_current_share_pct"] or 0) > 0
    seen = total["forecast_as_of_month"]
    return (
        Card("Sparbeting", of("requirement_sek")) if has_requirement else Card("Mål", of("target_sek")),
        Card(
            "Prognos",
            of("forecast_sek"),
            f"äldsta avser {swedish_month(seen)}" if seen else "ingen prognos lämnad",
            stale,
        ),
        Card(
            "Saknas" if (total["gap_sek"] or 0) >= 0 else "Över sparbetinget", of("gap_sek"), "sparbeting minus prognos"
        )
        if has_requirement
        else Card("Avvikelse", of("deviation_sek"), "prognos minus mål"),
        Card(
            "Utfall hittills", of("outcome_ytd_sek", why="inget utfall är känt"), "som det är redovisat eller uppmätt"
        ),
        Card("Varav netto", of("net_ytd_sek", why="ej beräknat"), "motkostnader avdragna, ur huvudboken"),
        Card("Bara brutto", of("gross_only_sek", why="inget"), "nettoberäkning saknas", bool(total["gross_only_sek"])),
        Card("Ej aktuella prognoser", of("not_current_share_pct", Kind.PCT, "inga mål"), "andel av målbeloppet", stale),
        Card(
            "Möjlig dubbelräkning",
            of("possible_double_count_sek", why="ingen inom nivån"),
            "kan vara räknat två gånger",
            bool(total["possible_double_count_sek"]),
        ),
    )


def _staff(marts: Marts, scope: Scope) -> tuple[Card, ...]:
    fte = marts.row(
        """
        select fte.* from marts.fct_fte as fte
        inner join marts.dim_fte_definition as definition
            on definition.fte_definition = fte.fte_definition and definition.is_official
        where fte.unit_id = ? and fte.personnel_category = 'ALL' and fte.month <= ? and fte.fte_r12 is not null
        order by fte.month desc limit 1
        """,
        *(scope.node_id, scope.month),
    )
    share = marts.row(
        "from marts.fct_hired_staff_share where unit_id = ? and time_window = 'r12' and month = ?",
        *(scope.node_id, scope.month),
    )
    found = []
    if fte is not None:
        key = {name: fte[name] for name in ("unit_id", "personnel_category", "month", "fte_definition")}
        found = [
            Card(
                "Helårsarbetare, tolv månader",
                Figure(fte["fte_r12"], Kind.FTE, "fct_fte.fte_r12", key),
                f"medelvärde till och med {swedish_month(fte['month'])}",
            ),
            Card(
                "Ändring på ett år",
                Figure(
                    fte["fte_r12_change_12m"], Kind.FTE, "fct_fte.fte_r12_change_12m", key, why_empty="ej jämförbart"
                ),
                "helårsarbetare",
            ),
        ]
    if share is not None and share["share_of_total_pct"] is not None:
        key = {name: share[name] for name in ("unit_id", "month", "time_window")}
        goal = share["goal_pct"]
        found.append(
            Card(
                "Hyrpersonalens andel",
                Figure(share["share_of_total_pct"], Kind.PCT, "fct_hired_staff_share.share_of_total_pct", key),
                f"tolv månader; målet är {number(goal, 1)} %" if goal is not None else "tolv månader; inget eget mål",
                goal is not None and share["share_of_total_pct"] > goal,
            )
        )
        found.append(
            Card(
                "Över målet",
                Figure(share["gap_sek"], Kind.MNKR, "fct_hired_staff_share.gap_sek", key, why_empty="inget eget mål"),
                "hyrpersonal, tolv månader",
            )
        )
    return tuple(found)


def unknown(marts: Marts, scope: Scope) -> tuple[str, ...]:
    """What the report does not know, in one sentence for each control that points at this node."""
    counted = marts.rows(
        f"""
        select t.check_id, count(*) as found, sum(abs(t.amount_sek)) as amount_sek, any_value(result.detail) as detail
        from marts.finding as t {FINDING} where {OF_RUN} and {OF_NODE} and result.severity <> 'info'
        group by t.check_id order by sum(abs(t.amount_sek)) desc nulls last, t.check_id
        """,
        *(list(scope.actions), list(scope.units), scope.node_type == "region" and has_ledger(marts, scope)),
    )
    return tuple(
        f"{row['detail'].split('. ')[0].rstrip('.')} ({row['check_id']}: {row['found']} fall"
        + (f", {mnkr(row['amount_sek'])}" if row["amount_sek"] else "")
        + ")."
        for row in counted
    )


def sections(marts: Marts, scope: Scope, reader: Reader) -> tuple[Section, ...]:
    """What this reader's first page holds beyond the key figures."""
    return {Reader.BOARD: _board, Reader.HEAD: _head, Reader.CONTROLLER: _controller, Reader.CLOSING: _closing}[reader](
        marts, scope
    )


def _board(marts: Marts, scope: Scope) -> tuple[Section, ...]:
    behind = actions(
        marts, scope, "att-besluta", "Åtgärder som inte når sitt mål", "coalesce(t.deviation_sek, -t.target_sek) < 0",
        "Alla åtgärder når sina mål enligt prognosen.",
    )  # fmt: skip
    missing = f"{len(behind.rows)} åtgärder når inte sina mål." if behind.rows else behind.empty
    return (
        Section("beslut", "Att ta ställning till", (missing, *_without_decision(marts, scope)), tables=(behind,)),
        Section("visat", "Vad som visades förra gången", tables=(_shown(marts, scope),)),
        Section("granser", "Gränser som har passerats", tables=(breached(marts, scope),)),
    )


def _without_decision(marts: Marts, scope: Scope) -> tuple[str, ...]:
    last = marts.row(
        """
        select board, max(meeting_date) as meeting_date, max_by(reports_without_decision, meeting_date) as reports,
            max_by(active_decision_since, meeting_date) as since
        from marts.fct_board_report where scope_id in (select unnest(?)) group by board
        order by max(meeting_date) desc, board limit 1
        """,
        list(scope.units),
    )
    if last is None:
        return ("Ingen nämnds protokoll om den här nivån är inläst.",)
    if last["since"] is not None:
        return (f"Det senaste aktiva beslutet fattades {swedish_date(last['since'])}.",)
    reports = f"{last['reports']} rapporter i rad" if last["reports"] != 1 else "en rapport"
    return (
        f"Till och med {swedish_date(last['meeting_date'])} har {reports} visats utan att ett aktivt beslut har"
        " fattats.",
    )


def _shown(marts: Marts, scope: Scope) -> Table:
    return marts.table(
        "visat",
        "Vad nämnderna har visats, och vad som var känt den dagen; det senaste först",
        "fct_board_report",
        [
            Column("Nämnd", "coalesce(unit.unit_name, t.board)"),
            Column("Gällde", "coalesce(about.unit_name, t.scope_id)"),
            Column("Sammanträde", "meeting_date", Kind.DATE),
            Column("Avser", "reported_month", Kind.MONTH),
            Column("Visad prognos", "reported_forecast_sek", Kind.MNKR, "visades inte"),
            Column("Visad avvikelse", "reported_deviation_sek", Kind.MNKR, "visades inte"),
            Column("Känd prognos", "known_forecast_sek", Kind.MNKR, "ingen"),
            Column("Känd avvikelse", "known_deviation_sek", Kind.MNKR, "ej beräkningsbar"),
            Column("Prognosen var", "known_forecast_status", Kind.CODE),
            Column("Stämmer", "identity_holds", Kind.YES_NO, "kan ej prövas"),
        ],
        ["board", "meeting_date", "scope", "scope_id"],
        "t.scope_id in (select unnest(?))",
        [list(scope.units)],
        "t.meeting_date desc, t.board, t.scope_id limit 6",
        "left join marts.dim_unit as unit on unit.unit_id = t.board"
        " left join marts.dim_unit as about on about.unit_id = t.scope_id",
        "Inget är inläst om vad nämnderna har visats på den här nivån.",
    )


def _head(marts: Marts, scope: Scope) -> tuple[Section, ...]:
    silent = actions(
        marts, scope, "ej-rapporterat", "Åtgärder utan aktuell prognos",
        "coalesce(t.forecast_status, 'missing') <> 'current'", "Alla ansvariga har lämnat aktuella prognoser.",
    )  # fmt: skip
    risk = actions(
        marts, scope, "kronor-i-fara", "Kronor i fara: åtgärder under målet",
        "coalesce(t.deviation_sek, -t.target_sek) < 0", "Inga: alla åtgärder når sina mål enligt prognosen.",
    )  # fmt: skip
    return (
        Section("fara", "Kronor i fara", tables=(risk,)),
        Section("tysta", "Vem som inte har rapporterat", tables=(silent,)),
        Section("overvaltring", "Kostnader till och från andra", tables=(cost_shifts(marts, scope),)),
    )


def _controller(marts: Marts, scope: Scope) -> tuple[Section, ...]:
    return (
        Section("brister", "Brister att rätta", tables=(findings(marts, scope),)),
        Section("dubbel", "Dubbelräkningar", tables=(double_counts(marts, scope),)),
        Section("omrakningar", "Ändrat i efterhand", tables=(_restatements(marts),)),
    )


def _restatements(marts: Marts) -> Table:
    return marts.table(
        "omrakningar",
        "Vad senare leveranser har ändrat i det som redan var inläst, det senaste först",
        "fct_restatement",
        [
            Column("Flöde", "feed"),
            Column("Bolag", "company", why_empty="alla"),
            Column("Månad", "month", Kind.MONTH, "hela flödet"),
            Column("Känt från", "known_from", Kind.DATE),
            Column("Rader, ändring", "row_change", Kind.COUNT),
            Column("Omsättning före", "turnover_before_sek", Kind.MNKR, "inget belopp"),
            Column("Omsättning efter", "turnover_after_sek", Kind.MNKR, "inget belopp"),
            Column("Nettoändring", "change_sek", Kind.MNKR),
        ],
        ["feed", "slice_id"],
        "t.row_change <> 0 or t.change_sek <> 0 or t.turnover_before_sek is distinct from t.turnover_after_sek",
        order="t.known_from desc, t.feed, t.company, t.month, t.slice_id limit 50",
        empty="Ingen leverans har ändrat vad som redan var inläst.",
    )


def _closing(marts: Marts, scope: Scope) -> tuple[Section, ...]:
    components = marts.table(
        "komponenter",
        f"Nettoberäkningen komponent för komponent, {scope.month.year}",
        "fct_net_effect",
        [
            Column("Åtgärd", "concat(action.action_name, ' (', t.action_id, ')')"),
            Column("Komponent", "component", Kind.CODE),
            Column("Effekt under året", "effect_ytd_sek", Kind.MNKR, "en månad är inte känd"),
            Column("Underlag", "evidence", Kind.CODE),
            Column("Inom normal variation", "is_within_noise", Kind.YES_NO, "kan ej prövas"),
        ],
        ["action_id", "component", "month"],
        "t.month = ? and t.action_id in (select unnest(?))",
        [scope.month, list(scope.actions)],
        "t.action_id, t.component",
        "inner join marts.dim_action as action on action.action_id = t.action_id",
        "Ingen åtgärd har någon nettoberäkning.",
    )
    lacking = marts.table(
        "utan-nettoberakning",
        "Åtgärder utan nettoberäkning, och varför",
        "fct_action_follow_up",
        [
            Column("Åtgärd", "concat(action.action_name, ' (', t.action_id, ')')"),
            Column("Redovisat utfall", "outcome_reported_sek", Kind.MNKR, "inget redovisat"),
            Column("Brutto ur huvudboken", "gross_ytd_sek", Kind.MNKR, "mäts inte"),
            Column("Utfallet är", "net_status", Kind.CODE),
            Column("Skäl", "action.not_measured_reason", why_empty="inget skäl angivet"),
        ],
        ["action_id", "month"],
        "t.month = ? and t.is_reporting_level and t.net_ytd_sek is null and t.action_id in (select unnest(?))",
        [scope.month, list(scope.actions)],
        "t.action_id",
        "inner join marts.dim_action as action on action.action_id = t.action_id",
        "Alla åtgärder är nettoberäknade.",
    )
    return (
        Section("netto", "Nettoberäkningarna", tables=(components,)),
        Section("utan-netto", "Det som saknar nettoberäkning", tables=(lacking,)),
        Section("dubbel", "Dubbelräkningar", tables=(double_counts(marts, scope),)),
    )
