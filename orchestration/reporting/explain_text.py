"""The explanation of a net effect in Swedish, line by line, for a terminal. Amounts in kronor and öre."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from orchestration.reporting.explanation import Cell, Component, Explanation, Rule, VoucherLine

SHOWN = 12  # cells and voucher lines that are printed of each rule, the largest first; the rest stands as a sum

COMPONENTS = {
    "saving": "Besparing",
    "revenue": "Intäkt",
    "own_personnel": "Egen personal",
    "overtime": "Övertid",
    "extra_compensation": "Extraersättning",
    "recruitment": "Rekrytering",
    "hired_staff": "Hyrpersonal",
    "other_cost": "Annan kostnad",
    "lost_revenue": "Utebliven intäkt",
    "one_off": "Engångspost",
}
EVIDENCE = {"measured": "mätt", "calculated": "beräknad", "assessed": "bedömd", None: "okänt underlag"}
STATUSES = {
    "proposed": "föreslagen",
    "planned": "planerad",
    "running": "pågår",
    "completed": "slutförd",
    "withdrawn": "återtagen",
    "replaced": "ersatt",
}
EFFECT_TYPES = {
    "cost": "sänkt kostnad",
    "revenue": "ökad intäkt",
    "avoided": "utebliven kostnad, sänker inte nettokostnaden",
    "deferred": "senarelagd kostnad, sänker inte nettokostnaden",
}
RUN_RATES = {
    "twelve_months": "summan av tolv stängda månader",
    "baseline_season": "tre stängda månader, uppräknade med jämförelseårets säsong",
    "plan_profile": "tre stängda månader, uppräknade med planens profil",
    "flat": "tre stängda månader som en fjärdedel av året",
}
GROUNDS = {
    "cell": "samma konton och kostnadsställen",
    "mirror": "köparens internköp är säljarens kostnad eller intäkt",
    "same_measure": "samma åtgärd i två förvaltningar",
    "earlier": "jämförelseåret rymmer den andras effekt",
}
MONTHS = [
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
]
UNITS = {"hours": "timmar", "fte": "årsarbetare"}

Item = TypeVar("Item")


def amount(value: Decimal | None, decimals: int = 2) -> str:
    """−1 234,50 with a hard space; okänt for None."""
    if value is None:
        return "okänt"
    text = f"{value:,.{decimals}f}".replace(",", "\u00a0").replace(".", ",")
    return text.replace("-", "−")


def month(value: date) -> str:
    return f"{MONTHS[value.month - 1]} {value.year}"


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """What `nettoeffekt explain` prints."""
    yield from _head(explanation)
    if not explanation.components:
        yield from _unmeasured(explanation)
    for title, is_gross in (("Brutto", True), ("Motkostnader", False)):
        components = [component for component in explanation.components if component.is_gross is is_gross]
        if components:
            yield ""
            yield f"{title}: {amount(explanation.gross_sek if is_gross else explanation.offsets_sek)} kr"
            for component in components:
                yield from _component(component, explanation)
    yield from _flows(explanation)


def _head(explanation: Explanation) -> Iterator[str]:
    action, follow_up = explanation.action, explanation.follow_up
    yield f"{action['action_name']} ({action['action_id']})"
    facts = [
        STATUSES.get(action["status"], "okänd status"),
        EFFECT_TYPES.get(action["effect_type"], "okänd effekttyp"),
        "kräver nettoberäkning" if action["requires_net"] else "kräver ingen nettoberäkning",
    ]
    if action["owner_role"]:
        facts.insert(0, action["owner_role"])
    yield f"{'; '.join(facts)}."
    if action["effect_type"] == "deferred":
        yield "En senarelagd kostnad kommer tillbaka: se återgångsmånaden i planen."
    yield f"Utgåva {explanation.release_id}, per {explanation.as_of}."
    if explanation.from_month is None or explanation.to_month is None:
        return
    first, last = explanation.from_month, explanation.to_month
    span = month(last) if first == last else f"{MONTHS[first.month - 1]}–{month(last)}"
    closed = "stängda månader" if explanation.is_closed else "preliminärt: någon månad är inte stängd eller fullständig"
    yield f"{span} ({closed})."
    if not explanation.components:
        return
    yield ""
    if explanation.net_sek is not None:
        parts = f"brutto {amount(explanation.gross_sek)} kr + motkostnader {amount(explanation.offsets_sek)} kr"
        yield f"Netto {amount(explanation.net_sek)} kr = {parts}"
    else:
        yield f"Brutto {amount(explanation.gross_sek)} kr – nettoberäkning saknas"
    if follow_up.get("run_rate_sek") is not None:
        basis = RUN_RATES[follow_up["run_rate_basis"]]
        until = month(follow_up["run_rate_month"])
        yield f"Takt {amount(follow_up['run_rate_sek'])} kr per år ({basis}; till och med {until})"
    if follow_up.get("persistence_pct") is not None:
        yield f"Varaktighet {amount(follow_up['persistence_pct'], 1)} % av effekten ett år tidigare, eller vid start"
    if follow_up.get("outcome_reported_sek") is not None:
        yield f"Ägarens egen uppgift om utfallet: {amount(follow_up['outcome_reported_sek'])} kr"


def _unmeasured(explanation: Explanation) -> Iterator[str]:
    action, follow_up = explanation.action, explanation.follow_up
    words = {"assessed": "bedömd", "avoided": "utebliven", "deferred": "senarelagd"}
    yield ""
    if action["not_measured_reason"]:
        yield f"Mäts inte i huvudboken, utan är {words[action['not_measured_as']]}: {action['not_measured_reason']}"
    elif action["status"] == "proposed":
        yield "Ett förslag mäts inte förrän det är beslutat."
    else:
        yield "Ingen effektregel är i kraft för åtgärden, och inget skäl är angivet i not_measured.csv."
    if follow_up.get("outcome_reported_sek") is not None:
        yield f"Ägarens egen uppgift om utfallet: {amount(follow_up['outcome_reported_sek'])} kr (bedömd)"


def _component(component: Component, explanation: Explanation) -> Iterator[str]:
    name = COMPONENTS[component.component]
    yield f"  {name}: {amount(component.effect_sek)} kr ({EVIDENCE[component.evidence]})"
    if component.internal_transfer_sek:
        yield (
            f"    Intern omfördelning {amount(component.internal_transfer_sek)} kr visas men räknas inte:"
            " den sänker inte regionens kostnad"
        )
    if component.volume_effect_sek is not None and component.price_effect_sek is not None:
        yield (
            f"    Varav volym {amount(component.volume_effect_sek)} kr och pris {amount(component.price_effect_sek)} kr"
            f"{_quantities(component)}"
        )
    notes = [f"0,1 procentenhet index är {amount(component.index_sensitivity_sek)} kr"]
    if component.noise_sek is not None:
        notes.append(f"normal variation {amount(component.noise_sek)} kr per månad")
    if component.is_within_noise:
        notes.append("inom normal variation")
    yield f"    Osäkerhet: {'; '.join(notes)}"
    for rule in component.rules:
        yield from _rule(rule, explanation)


def _quantities(component: Component) -> str:
    if component.quantity_unit is None or component.actual_quantity is None or component.baseline_quantity is None:
        return ""
    unit = UNITS.get(component.quantity_unit, component.quantity_unit)
    return f" ({amount(component.baseline_quantity, 1)} → {amount(component.actual_quantity, 1)} {unit})"


def _rule(rule: Rule, explanation: Explanation) -> Iterator[str]:
    approver = f" av {rule.approved_by_role}" if rule.approved_by_role else ""
    yield f"    Regel {rule.rule_id}, version {rule.version}, godkänd {rule.approved_on}{approver}"
    yield f"      Räknar: {rule.claim}"
    yield f"      Jämförs med: {rule.baseline}"
    if rule.baseline_sek is not None and rule.actual_sek is not None:
        addon = (
            f" × PO-påslag {amount(100 + (rule.addon_rate_pct or 0), 2)} %" if rule.addon_rate_pct is not None else ""
        )
        yield (
            f"      (jämförelsebas {amount(rule.baseline_sek)} kr × index {_index(rule.index_ratios)}"
            f" − utfall {amount(rule.actual_sek)} kr){addon} × andel {amount(rule.share_pct, 0)} %"
        )
    transfer = f", intern omfördelning {amount(rule.internal_transfer_sek)} kr" if rule.internal_transfer_sek else ""
    yield f"      = effekt {amount(rule.effect_sek)} kr{transfer} ({EVIDENCE[rule.evidence]})"
    yield f"      Bärs av: {rule.borne_by} ({rule.borne_by_unit_id})"
    yield from _cells(rule.cells)
    yield from _vouchers(rule, explanation)


def _index(ratios: tuple[Decimal, ...]) -> str:
    if len(ratios) < 2:
        return amount(ratios[0], 4) if ratios else "okänt"
    return f"{amount(ratios[0], 4)} till {amount(ratios[-1], 4)}, månad för månad"


def _cells(cells: list[Cell]) -> Iterator[str]:
    if not cells:
        yield "      Inga belopp i huvudboken dessa månader"
        return
    yield "      Per bolag, konto och kostnadsställe:"

    def line(place: str, shown: list[Cell]) -> str:
        parts = [
            f"bas {amount(_sum(shown, lambda cell: cell.baseline_sek))}",
            f"utfall {amount(_sum(shown, lambda cell: cell.actual_sek))}",
            f"effekt {amount(_sum(shown, lambda cell: cell.effect_sek))} kr",
            _lines(sum(cell.voucher_lines for cell in shown)),
        ]
        return f"        {place}: {', '.join(parts)}"

    largest = sorted(cells, key=lambda cell: abs(cell.effect_sek or 0), reverse=True)
    for cell in largest[:SHOWN]:
        place = f"{cell.company} {cell.account} {cell.cost_centre or '–'}" if cell.company else "utan cell i huvudboken"
        yield line(f"{place}{', internt' if cell.side == 'internal' else ''}", [cell])
    if further := largest[SHOWN:]:
        yield line(f"ytterligare {len(further)}", further)


def _vouchers(rule: Rule, explanation: Explanation) -> Iterator[str]:
    if explanation.lines_missing:
        yield f"      Verifikationsrader kan inte läsas nu: {explanation.lines_missing}"
        return
    lines = [(cell, line) for cell in rule.cells for line in cell.lines]
    total = amount(_sum(lines, lambda pair: pair[1].amount_sek))
    if explanation.from_month != explanation.to_month:
        hint = f"--month {explanation.to_month:%Y-%m}" if explanation.to_month else ""
        yield f"      Verifikationsrader: {len(lines)}, summa {total} kr (en månads rader visas med {hint})"
        return
    if not lines:
        return
    yield f"      Verifikationsrader: {len(lines)}, summa {total} kr"
    largest = sorted(lines, key=lambda pair: abs(pair[1].amount_sek), reverse=True)
    for cell, line in largest[:SHOWN]:
        yield f"        {_voucher(line)}  {cell.company or ''} {cell.account or ''} {cell.cost_centre or ''}".rstrip()
    if further := largest[SHOWN:]:
        rest = amount(_sum(further, lambda pair: pair[1].amount_sek))
        yield f"        ytterligare {len(further)} rader, {rest} kr (alla med --json)"


def _voucher(line: VoucherLine) -> str:
    number = " ".join(str(part) for part in (line.series, line.number) if part)
    share = "" if line.share_pct == 100 else f" (varav {amount(line.share_pct, 2)} %)"
    return f"{line.posting_date or line.month}  {number} rad {line.line or '–'}  {amount(line.amount_sek)} kr{share}"


def _lines(count: int) -> str:
    return "1 rad" if count == 1 else f"{count} rader"


def _sum(items: Iterable[Item], value: Callable[[Item], Decimal | None]) -> Decimal | None:
    values = [value(item) for item in items]
    return None if None in values else sum(values, Decimal("0.00"))


def _flows(explanation: Explanation) -> Iterator[str]:
    if explanation.cost_shifts:
        yield ""
        yield "Flyttade kostnader mellan enheter (plus: den andra enheten bär mer):"
        for shift in explanation.cost_shifts:
            yield f"  {_unit(shift, 'from')} → {_unit(shift, 'to')}: {amount(shift['amount_sek'])} kr"
    if explanation.double_counts:
        yield ""
        yield "Möjliga dubbelräkningar (visas, dras inte av):"
        for pair in explanation.double_counts:
            acquitted = "; friad" if pair["is_acquitted"] else ""
            yield (
                f"  {pair['other_action_name']} ({pair['other_action_id']}), {GROUNDS[pair['ground']]}:"
                f" {amount(pair['amount_sek'])} kr här, {amount(pair['other_amount_sek'])} kr där{acquitted}"
            )


def _unit(shift: dict[str, Any], end: str) -> str:
    return shift[f"{end}_unit"] or shift[f"{end}_unit_id"]
