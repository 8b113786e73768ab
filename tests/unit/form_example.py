"""A form of eight actions, as it is given out; `forms/ifylld.xlsx` is the same filled in and calculated.

In the filled one the first action has a new forecast, the third has text for a number, the fourth is left blank, the
fifth has lost its id, and the others are confirmed. A spreadsheet library calculated it once; a test holds its formulas
to those that are written today.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.reporting.forms import Action, Form

FILLED = Path(__file__).parent / "forms" / "ifylld.xlsx"


def _action(number: int, name: str, mnkr: str) -> Action:
    return Action(
        *(f"RD-A0{number}", name, Decimal(20_000_000), Decimal(mnkr) * 1_000_000, date(2024, 12, 1), "net"),
        *(Decimal(mnkr) * 1_000_000, date(2024, 11, 1), 40, "stale"),
    )


FORM = Form(
    owner_role="Hälso- och sjukvårdsdirektör",
    month=date(2024, 12, 1),
    as_of=date(2025, 1, 31),
    release_id="20250131T043000-14c09658",
    actions=(
        _action(1, "Användning av anti-VEGF", "24"),
        _action(2, "Hyrpersonal, netto", "22.7"),
        _action(3, "Växla ut köpt vård", "39"),
        _action(4, '=HYPERLINK("http://exempel")', "9"),
        _action(5, "Ej uppdelat i källan", "131.3"),
        *(_action(number, f"Åtgärd {number}", str(number)) for number in (6, 7, 8)),
    ),
)
