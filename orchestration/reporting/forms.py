"""Forms: one workbook per owner with what is known of each action, and empty cells for a new forecast.

What is known is not asked for again. The sheet that people see is protected but for the cells to fill in. A hidden
sheet gathers, by formulas, what the forecast contract's server `blankett` reads: one row for each action with a new
forecast or a confirmation, found by its id, whatever happens to names and order; a row not filled in is blank there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.reporting.form_sheets import write_form
from orchestration.settings import Workspace
from orchestration.warehouse import connect

NO_OWNER = "Utan ansvarig"

# The latest row of each action that is planned or going on, where forecasts are held: the lowest with a target.
ACTIONS = """
    select
        coalesce(dim_action.owner_role, ?) as owner_role,
        follow_up.action_id,
        dim_action.action_name,
        follow_up.year = ? as is_of_year,
        follow_up.target_sek,
        follow_up.outcome_ytd_sek,
        follow_up.outcome_month,
        follow_up.net_status,
        follow_up.forecast_sek,
        follow_up.forecast_as_of_month,
        follow_up.forecast_age_days,
        follow_up.forecast_status
    from marts.fct_action_follow_up as follow_up
    inner join marts.dim_action as dim_action on dim_action.action_id = follow_up.action_id
    where
        follow_up.month = (select max(month) from marts.fct_action_follow_up)
        and follow_up.is_reporting_level
        and dim_action.status in ('planned', 'running')
    order by owner_role, follow_up.action_id
"""


@dataclass(frozen=True)
class Action:
    """One line of a form. Amounts in SEK; None where nothing is known, or nothing of the year that is asked for."""

    action_id: str
    action_name: str
    target_sek: Decimal | None = None
    outcome_ytd_sek: Decimal | None = None
    outcome_month: date | None = None
    net_status: str | None = None
    forecast_sek: Decimal | None = None
    forecast_as_of_month: date | None = None
    forecast_age_days: int | None = None
    forecast_status: str | None = None


@dataclass(frozen=True)
class Form:
    """What one owner is asked for: a forecast of the year as seen from `month`, for each action."""

    owner_role: str
    month: date
    as_of: date
    release_id: str
    actions: tuple[Action, ...]

    @property
    def file_name(self) -> str:
        """The owner and the month, with nothing in it that a file system minds."""
        role = re.sub(r"[^\w -]", "_", self.owner_role).strip()
        return f"{role} {self.month:%Y-%m}.xlsx"


def read_forms(workspace: Workspace) -> list[Form]:
    """The forms of the published release, by owner. Raises UsageError if nothing is published.

    They ask for the month before the release's: its books are about to close, and it covers every month that is due.
    """
    if not workspace.published_warehouse.exists():
        raise UsageError("forms", "nothing is published", "Run first")
    with connect(workspace.published_warehouse, read_only=True) as connection:
        ((release_id, as_of),) = connection.execute("select release_id, as_of from marts.publication").fetchall()
        month = (as_of.replace(day=1) - timedelta(days=1)).replace(day=1)
        rows = connection.execute(ACTIONS, [NO_OWNER, month.year]).fetchall()
    by_owner: dict[str, list[Action]] = {}
    for owner, action_id, name, is_of_year, *figures in rows:
        action = Action(action_id, name, *figures) if is_of_year else Action(action_id, name)
        by_owner.setdefault(owner, []).append(action)
    return [Form(owner, month, as_of, release_id, tuple(actions)) for owner, actions in sorted(by_owner.items())]


def write_forms(forms: Iterable[Form], folder: Path) -> list[Path]:
    """Writes each form below the folder, in one for its release's day; the files. One that lies there is replaced."""
    written = []
    for form in forms:
        file = folder / form.as_of.isoformat() / form.file_name
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}")
        write_form(part, form)
        part.replace(file)
        written.append(file)
    return written
