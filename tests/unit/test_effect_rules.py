"""An effect rule that contradicts itself, names unknown codes or matches nothing is refused: file, line and reason."""

import csv
import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.effect_rules import check_effect_rules
from orchestration.errors import ReferenceTableError
from orchestration.reference import declared_seeds, reference_errors
from orchestration.run import DBT_PROPERTIES
from orchestration.settings import CHECKOUT

REFERENCE = CHECKOUT / "seeds" / "reference"

# A sound rule of each kind; the cases below change it.
SOUND = {
    "rule_id": "X-1",
    "version": "1",
    "approved_on": "2023-12-15",
    "action_id": "RD-A05",
    "component": "saving",
    "basis": "ledger",
    "unit_id": "HSF",
    "counterparty_scope": "external",
    "baseline_method": "same_month",
    "baseline_from": "2023-01-01",
    "share_pct": "100",
    "valid_from": "2024-01-01",
}
FTE = {"basis": "fte"}
VOLUME = {"basis": "unit_cost", "indicator_id": "PATIENTMALTIDER"}
BUDGET = {"baseline_method": "budget", "budget_version": "B2024", "baseline_from": ""}
FIXED = {"baseline_method": "fixed", "fixed_sek": "10", "baseline_from": ""}
KINDS = [{}, FTE, VOLUME, BUDGET, FIXED]

# What contradicts what: the change, and where and why it is refused.
CONTRADICTIONS = [
    ({"unit_id": ""}, "unit_id: värdet saknas"),
    ({"account_from": "47"}, "chart: ett kontointervall utan kontoplan"),
    ({"chart": "bas"}, "chart: kontoplanen finns inte i account_class.csv"),
    (FTE | {"cost_type": "salaries"}, "account_from: en regel på årsarbetare kan inte begränsas till konton"),
    (
        {"chart": "region_bas", "account_from": "90", "account_to": "99"},
        "account_from: inget konto i intervallet finns i account_class.csv",
    ),
    ({"account_to": "47"}, "account_to: ett sista konto utan ett första"),
    (
        {"chart": "region_bas", "account_from": "48", "account_to": "47"},
        "account_to: intervallet slutar före sin början",
    ),
    ({"cost_type": "hyr"}, "cost_type: kostnadsslaget finns inte i account_class.csv"),
    (
        {"chart": "region_bas", "account_from": "47", "cost_type": "meals"},
        "cost_type: inget konto i intervallet är av kostnadsslaget",
    ),
    (
        {"component": "own_personnel", "cost_type": "overtime"},
        "cost_type: egen personal mäts på löner (salaries) med PO-pålägg",
    ),
    ({"personnel_category": "nurse"}, "personnel_category: bara en regel på årsarbetare har personalkategori"),
    (VOLUME | {"indicator_id": ""}, "indicator_id: indikator anges för en regel på styckkostnad"),
    ({"indicator_id": "PATIENTMALTIDER"}, "indicator_id: indikator anges för en regel på styckkostnad"),
    (FTE | FIXED, "baseline_method: årsarbetare och volymer har varken budget eller fast belopp"),
    (BUDGET | {"project": "p"}, "baseline_method: budgeten har varken verksamhet, aktivitet eller projekt"),
    (BUDGET | {"counterparty_scope": "state"}, "baseline_method: budgeten har ingen motpart"),
    ({"baseline_from": ""}, "baseline_from: jämförelseårets första månad saknas"),
    (FIXED | {"component": "own_personnel"}, "baseline_from: jämförelseårets första månad saknas"),
    (FIXED | {"baseline_from": "2023-01-01"}, "baseline_from: budget och fast belopp har inget jämförelseår"),
    ({"baseline_from": "2023-02-01"}, "baseline_from: jämförelseåret är inte slut när regeln börjar gälla"),
    (BUDGET | {"budget_version": ""}, "budget_version: budgetversion anges för jämförelse med budget, och bara för en"),
    ({"fixed_sek": "5"}, "fixed_sek: fast belopp anges för jämförelse med fast belopp, och bara för en sådan"),
    (FTE | {"index_id": "LONEINDEX"}, "index_id: budget, fast belopp och årsarbetare räknas inte upp med index"),
    (FIXED | {"index_id": "LONEINDEX"}, "index_id: budget, fast belopp och årsarbetare räknas inte upp med index"),
    ({"index_id": "KPI"}, 'index_id: värdet "KPI" finns inte i price_index.csv'),
    ({"valid_to": "2024-01-01"}, "valid_to: giltigheten slutar inte efter sin början"),
]


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REFERENCE, tmp_path / "reference"))


def write(reference: Path, *rules: dict[str, str]) -> None:
    """The rules as effect_rule.csv, the first on line 2."""
    with (reference / "effect_rule.csv").open(encoding="utf-8", newline="") as file:
        columns = csv.DictReader(file).fieldnames
    with (reference / "effect_rule.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rules)


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[str]]:
    """What is said of each line of one file: sound rules of each kind, then a rule per contradiction."""
    reference = Path(shutil.copytree(REFERENCE, tmp_path_factory.mktemp("region") / "reference"))
    rules = [SOUND | kind for kind in KINDS] + [SOUND | change for change, _ in CONTRADICTIONS]
    rules += [SOUND | {"version": "2", "approved_on": "2023-12-14"}]
    write(reference, *(rule | {"rule_id": f"X-{min(n, len(rules) - 2)}"} for n, rule in enumerate(rules)))
    said: dict[int, list[str]] = {line: [] for line in range(2, len(rules) + 2)}
    for error in reference_errors(reference, DBT_PROPERTIES):
        place = re.fullmatch(r"effect_rule\.csv, rad (\d+), kolumn (.+)", error.place)
        said[int(place[1])].append(f"{place[2]}: {error.rule}")
    return said


def test_a_sound_rule_of_each_kind_passes(refused: dict[int, list[str]]):
    assert [refused[line] for line in range(2, 2 + len(KINDS))] == [[]] * len(KINDS)


@pytest.mark.parametrize("case", range(len(CONTRADICTIONS)), ids=[expected for _, expected in CONTRADICTIONS])
def test_a_rule_that_contradicts_itself_is_refused(refused: dict[int, list[str]], case: int):
    said = refused[2 + len(KINDS) + case]
    assert any(text.startswith(CONTRADICTIONS[case][1]) for text in said), said


def test_a_version_is_not_approved_before_an_earlier_one(refused: dict[int, list[str]]):
    assert refused[max(refused)] == ["approved_on: versionen är godkänd före en lägre version av samma regel"]


def test_a_category_without_a_standard_cost_is_refused(reference: Path):
    (reference / "standard_cost.csv").write_text(
        "personnel_category,year,amount_sek,source\nphysician,2024,1.00,x\n", encoding="utf-8"
    )
    write(reference, SOUND | FTE | {"personnel_category": "nurse"})
    (error,) = reference_errors(reference, DBT_PROPERTIES)
    assert "kategorin har ingen kostnad per årsarbetare i standard_cost.csv" in str(error)


def test_every_rule_of_a_row_has_a_case_that_breaks_it():
    """Two are broken by the tests that follow the cases."""
    declared = [rule for rule in declared_seeds(DBT_PROPERTIES)["effect_rule"].rules if rule.kind == "row_rule"]
    told = {f"{rule.column}: {rule.arguments['rule']}" for rule in declared}
    broken = {text for text in told if any(text.startswith(expected) for _, expected in CONTRADICTIONS)}
    assert {text.partition(":")[0] for text in told - broken} == {"approved_on", "personnel_category"}
    assert len(told - broken) == 2


# --- against what is loaded ----------------------------------------------------------------------------------------

LINES = [  # account, cost centre, activity, counterparty, month
    ("4710", "1110", None, None, "2023-03-01"),
    ("5640", "1110", "1402", "852", "2023-03-01"),
    ("4110", "2410", None, None, "2023-05-01"),  # the cost centre's unit was succeeded by HSF-MED-NEU
]


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A build as the load leaves it: the ledger of 2023, one action, one budget version."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            create schema raw;
            create table raw.ledger (company text, month date, chart text, account text, cost_centre text,
                function_code text, activity_code text, project text, counterparty text, is_opening_balance boolean,
                is_preliminary boolean);
            create table raw.delivery_slice as
                select 'ledger' as feed, cast(m as date) as month
                from generate_series(date '2023-01-01', date '2023-12-01', interval 1 month) as months (m);
            create table raw.plan as select 'RD-A05' as action_id;
            create table raw.budget as select 'B2024' as budget_version;
            create table raw.indicator as select 'PATIENTMALTIDER' as indicator_id, date '2023-03-01' as month;
        """)
        for account, cost_centre, activity, counterparty, month in LINES:
            connection.execute(
                "insert into raw.ledger values ('1000', ?, 'region_bas', ?, ?, null, ?, null, ?, false, null)",
                [month, account, cost_centre, activity, counterparty],
            )
    return path


def refusal(warehouse: Path, reference: Path, as_of: date = date(2024, 1, 31)) -> str:
    """What the check says; empty where it lets the rules through."""
    try:
        check_effect_rules(warehouse, reference, DBT_PROPERTIES, as_of)
    except ReferenceTableError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "change",
    [
        {"cost_type": "hired_staff"},
        {"chart": "region_bas", "account_from": "47", "account_to": "47"},
        {"chart": "region_bas", "account_from": "5640", "activity_code": "1402", "counterparty_scope": "private"},
        {"component": "own_personnel", "unit_id": "HSF-MED-NEU"},
        {"component": "own_personnel", "unit_id": "HSF-MED-REH"},
        BUDGET,
        FIXED | {"activity_code": "1499"},
        VOLUME,
        {"baseline_from": "2022-01-01", "cost_type": "transport"},  # nothing of that year is delivered: N8 says so
        {"approved_on": "2024-02-01", "cost_type": "transport"},  # not in force yet
    ],
)
def test_a_rule_that_finds_something_passes(warehouse: Path, reference: Path, change: dict[str, str]):
    write(reference, SOUND | change)
    assert refusal(warehouse, reference) == ""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"action_id": "RD-A99"}, "action_id: åtgärden RD-A99 finns inte i planen"),
        (BUDGET | {"budget_version": "B2042"}, "budget_version: budgetversionen B2042 är inte levererad"),
        ({"unit_id": "RJH-KIR"}, "unit_id: enheten RJH-KIR har inget kostnadsställe"),
        ({"activity_code": "1499"}, "activity_code: aktivitet 1499 förekommer inte i huvudboken under jämförelseåret"),
        ({"project": "P1"}, "project: projekt P1 förekommer inte i huvudboken under jämförelseåret"),
        (
            {"cost_type": "transport"},
            "baseline_from: ingen rad i huvudboken stämmer med regeln under jämförelseåret, 2023-01 till 2023-12",
        ),
        ({"cost_type": "hired_staff", "counterparty_scope": "internal"}, "baseline_from: ingen rad i huvudboken"),
        ({"cost_type": "hired_staff", "unit_id": "HSF-PRV"}, "baseline_from: ingen rad i huvudboken"),
        ({"component": "own_personnel", "unit_id": "HSF-KIR"}, "baseline_from: ingen rad i huvudboken"),
        ({"baseline_from": "2031-01-01", "valid_from": "2033-01-01"}, "baseline_from: jämförelseåret har inte börjat"),
        (VOLUME | {"indicator_id": "BESOK-NARAKUT"}, "indicator_id: indikatorn BESOK-NARAKUT har inget värde"),
    ],
)
def test_a_rule_that_matches_nothing_is_refused(
    warehouse: Path, reference: Path, change: dict[str, str], expected: str
):
    write(reference, SOUND | {"rule_id": "X-0"}, SOUND | change)
    assert refusal(warehouse, reference).startswith(f"effect_rule.csv, rad 3, kolumn {expected}")


def test_only_the_version_in_force_is_judged_and_further_errors_are_counted(warehouse: Path, reference: Path):
    bad = {"cost_type": "transport"}
    others = [SOUND | bad | {"rule_id": name} for name in ("Y", "Z")]
    write(reference, SOUND | bad, SOUND | {"version": "2"}, *others)
    assert refusal(warehouse, reference).startswith("effect_rule.csv, rad 4, ")
    assert refusal(warehouse, reference).endswith("(och 1 fel till)")


def test_a_rule_that_the_last_build_found_cells_for_is_not_asked_again(warehouse: Path, reference: Path):
    """Until it is changed: then the ledger is asked."""
    write(reference, SOUND | {"cost_type": "transport"})
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema reference; create schema intermediate")
        types = declared_seeds(DBT_PROPERTIES)["effect_rule"].types
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        connection.execute(
            f"create table reference.effect_rule as from read_csv(?, columns = {{{columns}}}, header = true)",
            [str(reference / "effect_rule.csv")],
        )
        connection.execute(
            "create table intermediate.int_net_effect__claimed_cell as"
            " select 'X-1' as rule_id, date '2023-03-01' as month"
        )
    assert refusal(warehouse, reference) == ""
    write(reference, SOUND | {"cost_type": "transport", "counterparty_scope": "all"})
    assert "ingen rad i huvudboken" in refusal(warehouse, reference)
