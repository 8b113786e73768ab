"""How the values of a report are written for people."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from orchestration.reporting.report_model import Figure, Kind, Reader
from orchestration.swedish import FORECAST_STATUS, NET_STATUS, mnkr_number, number, swedish_date, swedish_month

CODES: Mapping[str, str] = {
    **NET_STATUS,
    **FORECAST_STATUS,
    # perspectives
    "own_operation": "egen verksamhet",
    "other_operation": "annan verksamhet",
    "citizens": "invånare",
    "employees": "medarbetare",
    "sustainability": "hållbarhet",
    # grounds of double count
    "same_measure": "samma åtgärd",
    "cell": "samma kostnader i huvudboken",
    "transfer": "intern post räknad på båda sidor",
    "earlier": "redan sänkt av en tidigare åtgärd",
    # components
    "saving": "besparing",
    "revenue": "intäkt",
    "own_personnel": "egen personal",
    "overtime": "övertid",
    "extra_compensation": "extra ersättning",
    "recruitment": "rekrytering",
    "hired_staff": "hyrpersonal",
    "other_cost": "annan kostnad",
    "lost_revenue": "förlorad intäkt",
    "one_off": "engångskostnad",
    # evidence
    "measured": "mätt",
    "calculated": "beräknat",
    "assessed": "bedömt",
    # causes of deviation
    "politically_not_feasible": "politiskt ej möjlig",
    "anchoring_took_longer": "förankring tog längre tid",
    "complex": "komplext",
    "many_must_agree": "många måste enas",
    "operational_risk": "verksamhetsrisk",
    "effect_overrated": "effekten överskattad",
    "other": "annan",
    # causes of FTE change
    "joined": "börjat",
    "left": "slutat",
    "moved_in": "flyttat in",
    "moved_out": "flyttat ut",
    "changed_category": "bytt yrkesgrupp",
    "rate": "sysselsättningsgrad",
    "leave_and_overtime": "frånvaro och övertid",
    "hourly": "timavlönade",
    # severities
    "refuse": "filen avvisas",
    "stop": "stoppar",
    "warn": "varning",
    "info": "upplysning",
    # the state of a feed
    "not_expected": "väntas inte",
}
READERS = {
    Reader.BOARD: "För nämnd och styrelse",
    Reader.HEAD: "För förvaltningschef",
    Reader.CONTROLLER: "För controller",
    Reader.CLOSING: "Slutredovisning av nettoberäkningar",
}
UNITS = {Kind.MNKR: "mnkr", Kind.PCT: "%"}


def written(figure: Figure) -> str:
    """The value in Swedish, without its unit; why it is empty where it is."""
    value: Any = figure.value
    if value is None:
        return figure.why_empty
    if figure.kind is Kind.MNKR:
        return mnkr_number(value)
    if figure.kind in (Kind.PCT, Kind.FTE):
        return number(value, 1)
    if figure.kind is Kind.COUNT:
        return number(value, 0 if value == int(value) else 2)
    if figure.kind is Kind.YES_NO:
        return "ja" if value else "nej"
    if figure.kind is Kind.CODE:
        return CODES.get(value, str(value))
    if figure.kind is Kind.MONTH:
        return swedish_month(value)
    return swedish_date(value) if isinstance(value, date) else str(value)
