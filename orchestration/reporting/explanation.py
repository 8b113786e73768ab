"""What an explanation of a net effect holds, as plain values. No I/O here."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class VoucherLine:
    """One line of a voucher. `amount_sek` is the line's own, debit positive; the rule claims `share_pct` of it."""

    month: date
    series: str | None
    number: str | None
    line: str | None
    posting_date: date | None
    amount_sek: Decimal
    share_pct: Decimal


@dataclass
class Cell:
    """Company, account and cost centre on one counterparty side; all three are None where a rule has no cell there.

    SEK: baseline (adjustment included) and actual before add-on, index and share, None for FTE; the effect after them.
    """

    company: str | None
    account: str | None
    cost_centre: str | None
    side: str
    baseline_sek: Decimal | None
    actual_sek: Decimal | None
    effect_sek: Decimal | None
    voucher_lines: int
    lines: list[VoucherLine] = field(default_factory=list)


@dataclass
class Rule:
    """One effect rule: its words, its amounts over the months, and its cells. `effect_sek` is the external side's."""

    rule_id: str
    version: int
    approved_on: date
    approved_by_role: str | None
    claim: str
    baseline: str
    evidence: str
    from_on: date
    to_on: date | None
    borne_by_unit_id: str
    borne_by: str
    share_pct: Decimal
    addon_rate_pct: Decimal | None
    index_ratios: tuple[Decimal, ...]
    baseline_sek: Decimal | None
    actual_sek: Decimal | None
    effect_sek: Decimal | None
    internal_transfer_sek: Decimal | None
    cells: list[Cell]


@dataclass(frozen=True)
class Component:
    """One component over the months. Amounts in SEK, None where a month is not known; noise is per month."""

    component: str
    is_gross: bool
    evidence: str
    effect_sek: Decimal | None
    internal_transfer_sek: Decimal | None
    index_sensitivity_sek: Decimal | None
    noise_sek: Decimal | None
    is_within_noise: bool | None
    volume_effect_sek: Decimal | None
    price_effect_sek: Decimal | None
    quantity_unit: str | None
    baseline_quantity: Decimal | None
    actual_quantity: Decimal | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Explanation:
    """The whole derivation for the months `from_month` to `to_month`, of the release that is published.

    `gross_sek`, `offsets_sek` and `net_sek` are sums of the components; net is None where it is not known. `follow_up`
    is the row of fct_action_follow_up for `to_month`. `lines_missing` says why there are no voucher lines, if so.
    """

    action: dict[str, Any]
    release_id: str
    as_of: date
    from_month: date | None
    to_month: date | None
    is_closed: bool
    net_status: str
    gross_sek: Decimal | None
    offsets_sek: Decimal | None
    net_sek: Decimal | None
    components: tuple[Component, ...]
    cost_shifts: tuple[dict[str, Any], ...]
    double_counts: tuple[dict[str, Any], ...]
    follow_up: dict[str, Any]
    lines_missing: str
