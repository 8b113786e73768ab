"""Small deliveries as the project's contracts expect them, built row by row."""

from dataclasses import replace
from types import MappingProxyType

from orchestration.intake.contract import Contract
from orchestration.intake.load import Intake

FORECAST_HEADER = (
    "Uttagsdatum;ÅtgärdsID;År;Avser månad;Inlämnad;Prognos;Utfall;Bekräftelse;Underlag;Avvikelseorsak;Kommentar;"
    "Inlämnad av"
)
FORECAST_ROW = "2024-09-16;RD-A01;2024;2024-07;2024-09-16 08:00;15,6;;Nej;;;;Controller"

LEDGER_HEADER = (
    "uttagsdatum;manad;period;verifikationsserie;verifikationsnummer;verifikationsrad;bokforingsdatum;konto;kostnadsstalle;"
    "verksamhet;aktivitet;projekt;motpart;belopp;antal;text;ingaende_balans;preliminar"
)


def forecast(*rows: str) -> str:
    """A forecast delivery of the source ledningsportalen."""
    return "\n".join([FORECAST_HEADER, *(rows or (FORECAST_ROW,))]) + "\n"


def forecast_row(action: str = "RD-A01", amount: str = "15,6", comment: str = "", known: str = "2024-09-16") -> str:
    """One submission for July 2024."""
    return f"{known};{action};2024;2024-07;2024-09-16 08:00;{amount};;Nej;;;{comment};Controller"


def ledger(*rows: str) -> str:
    """A ledger delivery of the source ekonomisystem."""
    return "\r\n".join([LEDGER_HEADER, *rows]) + "\r\n"


def ledger_row(
    month: str = "2024-01", amount: str = "100,00", text: str = "", line: int = 1, known: str = "2025-01-10"
) -> str:
    """One line that belongs to no voucher, so that it need not balance."""
    return f"{known};{month};{month};;;{line};{month}-15;4010;1110;;;;;{amount};;{text};N;N"


SIE_HEADERS = {
    "month": "month",
    "posting_date": "voucher_date",
    "voucher_series": "series",
    "voucher_number": "number",
    "voucher_line": "line",
    "account": "account",
    "cost_centre": "dim 1",
    "project": "dim 6",
    "amount_sek": "amount",
    "quantity": "quantity",
    "text": "any_text",
}


def sie_ledger(contract: Contract) -> Contract:
    """The ledger contract with one source, `sie`, that takes SIE files of the chart `bas`."""
    source = replace(
        contract.sources["ekonomisystem"],
        name="sie",
        file_format="sie",
        encoding="pc8",
        decimal_mark=".",
        date_format="%Y%m%d",
        month_format="%Y%m%d",
        headers=MappingProxyType(SIE_HEADERS),
        constants=MappingProxyType(
            {"company": "5000", "chart": "bas", "is_opening_balance": "false", "is_preliminary": "false"}
        ),
        values=MappingProxyType({}),
        extract_date_header=None,
    )
    return replace(contract, sources=MappingProxyType({"sie": source}))


def with_contract(intake: Intake, contract: Contract) -> Intake:
    """The same load with another contract for one feed."""
    return replace(intake, contracts={**intake.contracts, contract.feed: contract})
