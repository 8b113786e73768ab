"""A report made by hand, with what real ones have at their worst: missing values, hostile names, no rows, many rows."""

from datetime import date, datetime
from decimal import Decimal

from orchestration.reporting.report_model import Card, Chart, Figure, Header, Kind, Reader, Report, Section, Table

HOSTILE = ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "{{ 7 * 7 }}", '"><img src=x>')


def table(name: str, rows: int) -> Table:
    """Actions with hostile names: a target, and a net that is not known."""
    key = [{"action_id": f"A{place}"} for place in range(rows)]
    return Table(
        name,
        f"Tabellen {name}",
        (Header("Åtgärd"), Header("Mål", Kind.MNKR), Header("Netto", Kind.MNKR)),
        tuple(
            (
                Figure(HOSTILE[place % len(HOSTILE)]),
                Figure(Decimal("-1234567.89"), Kind.MNKR, "fct_action_follow_up.target_sek", key[place]),
                Figure(None, Kind.MNKR, "fct_action_follow_up.net_ytd_sek", key[place], why_empty="ej beräknat"),
            )
            for place in range(rows)
        ),
        "Här finns inga åtgärder.",
    )


def report(rows: int = 6) -> Report:
    """A report of one node with so many actions."""
    chart = Chart("bild", "En mening om bilden.", "<svg></svg>", table("bakom", 2))
    return Report(
        *(Reader.BOARD, "region", "R", f"Region {HOSTILE[0]}", date(2024, 12, 1), "20250131T080000-abcdef12"),
        *(date(2025, 1, 31), datetime(2025, 1, 31, 8), "Prognosen når 1,0 mnkr", ("163,0 mnkr saknas.",)),
        (
            Card(
                "Netto",
                Figure(None, Kind.MNKR, "fct_follow_up_total.net_ytd_sek", {"node_id": "R"}, why_empty="ej beräknat"),
            ),
        ),
        (f"En brist hos {HOSTILE[0]}.",),
        (Section("forsta", "Först", tables=(table("atgarder", rows), table("tom", 0))),),
        (Section("bilder", "Bilder", charts=(chart,)),),
    )
