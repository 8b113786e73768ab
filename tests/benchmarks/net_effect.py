"""Net effects of 2 000 rules on 10 M ledger lines: the dbt models against one hand-written SQL script.

Both read the same raw ledger and reference tables, on two cores, and must come to the same rows to the öre. The models
are timed from the first start to the last end, with all that fct_net_effect and fct_net_effect_source rest on.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from orchestration import ops
from orchestration.intake import raw_schema
from orchestration.intake.contracts import load_contracts
from orchestration.settings import CHECKOUT, Settings
from orchestration.transform import PROJECT, reference_for_dbt
from orchestration.warehouse import quoted

REFERENCE = CHECKOUT / "seeds" / "reference"
SCRIPT = Path(__file__).with_suffix(".sql")
AS_OF = date(2025, 1, 31)
MARTS = ("fct_net_effect", "fct_net_effect_source")

# What a line may hold. Deterministic: the number of the line, hashed with a salt, picks one. An account has one
# counterparty and a cost centre one activity, so that some three lines make a monthly cell.
ACCOUNTS = [
    *("4010", "4110", "4210", "4310", "4410", "4510", "4610", "4710", "4810", "5010", "5110", "5210", "5220", "5410"),
    *(str(number) for number in range(5610, 5990, 10)),
    *("7610", "7710", "3010", "3110", "3910"),
]
COUNTERPARTIES = [None] * 4 + ["111", "112", "821", "851", "852", "857"]
CENTRES_PER_UNIT = 20


@dataclass(frozen=True)
class Measured:
    """Seconds of both, and how many rows differ in each table."""

    models: float
    script: float
    differing: dict[str, int]
    rows: int

    @property
    def ratio(self) -> float:
        return self.models / self.script


def measure(folder: Path, lines: int, rules: int) -> Measured:
    """Builds the same net effects twice in `folder`."""
    settings = Settings(data=folder / "data", reference=folder / "reference")
    workspace = settings.directory.main
    units = write_reference(settings.reference, rules)
    workspace.build.mkdir(parents=True)
    write_raw(workspace.warehouse, settings.reference, units, lines)
    dbt(settings, "seed")
    dbt(settings, "run", "--select", *(f"+{mart}" for mart in MARTS))
    timings = [
        step
        for result in json.loads((workspace.dbt / "target" / "run_results.json").read_text("utf-8"))["results"]
        for step in result["timing"]
        if step["name"] == "execute"
    ]
    moments = [
        datetime.fromisoformat(step[end].rstrip("Z")) for step in timings for end in ("started_at", "completed_at")
    ]
    with duckdb.connect(str(folder / "by_hand.duckdb"), config={"threads": 2}) as connection:
        connection.execute(f"attach {quoted(workspace.warehouse)} as build (read_only)")
        start = time.monotonic()
        connection.execute(SCRIPT.read_text("utf-8"))
        seconds = time.monotonic() - start
        differing = {
            "fct_net_effect_source": differ(
                connection,
                "source",
                "fct_net_effect_source",
                "action_id, component, rule_id, company, account, cost_centre, counterparty_scope, month,"
                " ledger_baseline_sek, ledger_actual_sek, effect_sek, voucher_lines",
            ),
            "fct_net_effect": differ(
                connection,
                "effect",
                "fct_net_effect",
                "action_id, component, month, actual_sek, effect_sek, internal_transfer_sek, index_sensitivity_sek,"
                " noise_sek",
            ),
        }
        ((rows,),) = connection.execute("select count(*) from source").fetchall()
    return Measured((max(moments) - min(moments)).total_seconds(), seconds, differing, rows)


def differ(connection: duckdb.DuckDBPyConnection, table: str, mart: str, columns: str) -> int:
    """How many rows one of the two has and the other has not."""
    ours, theirs = f"select {columns} from {table}", f"select {columns} from build.marts.{mart}"
    counts = [
        connection.execute(f"select count(*) from ({one} except all {other})").fetchall()[0][0]
        for one, other in ((ours, theirs), (theirs, ours))
    ]
    return sum(counts)


def write_reference(folder: Path, rules: int) -> dict[str, list[tuple[str, str]]]:
    """The checkout's reference tables with many cost centres and rules; by unit its (company, cost centre)."""
    shutil.copytree(REFERENCE, folder)
    with (REFERENCE / "unit.csv").open(encoding="utf-8", newline="") as file:
        leaves = [row["unit_id"] for row in csv.DictReader(file) if row["level"] == "unit" and not row["valid_to"]]
    leaves = [unit for unit in leaves if unit != "HSF-PSY-POO"]  # begins in 2024
    centres = {
        unit: [
            ("1000" if unit.startswith("HSF") else "2000", f"{100 * index + number:05d}")
            for number in range(CENTRES_PER_UNIT)
        ]
        for index, unit in enumerate(leaves)
    }
    rewrite(
        folder / "cost_centre.csv",
        [
            {"company": company, "cost_centre": centre, "unit_id": unit, "valid_from": "2022-01-01", "share_pct": "100"}
            for unit, held in centres.items()
            for company, centre in held
        ],
    )
    rewrite(folder / "effect_rule.csv", [rule(number, leaves) for number in range(rules)])
    for table in ("action_link", "not_measured", "decision", "consequence", "savings_requirement"):
        rewrite(folder / f"{table}.csv", [])
    return centres


def rule(number: int, leaves: list[str]) -> dict[str, str]:
    """Four rules to an action: a saving on an account range, and three offsets of other kinds."""
    action, kind = divmod(number, 4)
    start = 5610 + 10 * (action % 36)
    kinds = [
        {"component": "saving", "chart": "region_bas", "account_from": str(start), "account_to": str(start + 19),
         "counterparty_scope": "all"},
        {"component": "own_personnel", "cost_type": "salaries", "index_id": "LONEINDEX", "share_pct": "40"},
        {"component": "overtime", "cost_type": "overtime", "index_id": "LONEINDEX", "activity_code": "1402"},
        {"component": "recruitment", "cost_type": "recruitment", "baseline_method": "monthly_average"},
    ]  # fmt: skip
    unit = leaves[action % len(leaves)] if action % 25 else "HSF-KIR"
    return {
        "rule_id": f"R{number:05d}", "version": "1", "approved_on": "2023-12-15", "action_id": f"A{action:04d}",
        "basis": "ledger", "unit_id": unit, "counterparty_scope": "external", "baseline_method": "same_month",
        "baseline_from": "2023-01-01", "share_pct": "100", "valid_from": "2024-01-01", **kinds[kind],
    }  # fmt: skip


def rewrite(path: Path, rows: list[dict[str, str]]) -> None:
    """The table's header with other rows."""
    with path.open(encoding="utf-8", newline="") as file:
        columns = csv.DictReader(file).fieldnames
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_raw(warehouse: Path, reference: Path, centres: dict[str, list[tuple[str, str]]], lines: int) -> None:
    """Raw as a load would leave it: a ledger of 37 months in slices of company and month, and a plan."""
    with (reference / "effect_rule.csv").open(encoding="utf-8", newline="") as file:
        actions = sorted({row["action_id"] for row in csv.DictReader(file)})
    held = [pair for pairs in centres.values() for pair in pairs]
    now = datetime.now(UTC).replace(tzinfo=None)
    with duckdb.connect(str(warehouse), config={"threads": 2}) as connection:
        raw_schema.create(connection, load_contracts(CHECKOUT / "expectations" / "contracts"))
        ops.create(connection)
        ops.begin_run(connection, "benchmark", AS_OF, now, "benchmark")
        connection.execute("create temp table centre as select unnest(?) as company, unnest(?) as cost_centre",
                           [[company for company, _ in held], [centre for _, centre in held]])  # fmt: skip
        accounts = ", ".join(f"'{account}'" for account in ACCOUNTS)
        counterparties = ", ".join("null" if party is None else f"'{party}'" for party in COUNTERPARTIES)
        connection.execute(f"""
            create temp table numbered as select *, row_number() over () - 1 as number from centre;
            insert into raw.ledger by name
            select
                centre.company, month, strftime(month, '%Y%m') as period, 'K' as voucher_series,
                cast(n // 4 as varchar) as voucher_number, cast(n % 4 as varchar) as voucher_line,
                month as posting_date, 'region_bas' as chart, account, centre.cost_centre, activity_code,
                counterparty, amount_sek, false as is_opening_balance, false as is_preliminary,
                centre.company || strftime(month, '%Y%m') as _slice_id, n as _row_number
            from (
                select
                    n, cast(date '2022-01-01' + interval (n % 37) month as date) as month,
                    hash(n, 1) % {len(held)} as number,
                    cast(hash(n, 2) % {len(ACCOUNTS)} as int) as account_number,
                    list_extract([{accounts}], 1 + account_number) as account,
                    list_extract([{counterparties}], 1 + account_number % {len(COUNTERPARTIES)}) as counterparty,
                    if(hash(n, 3) % 10 < 6, null, '140' || (1 + number % 4)) as activity_code,
                    cast((hash(n, 5) % 2000000)::bigint * 0.01 as decimal(18, 2)) as amount_sek
                from range({lines}) as numbers (n)
            )
            inner join numbered as centre using (number);
            insert into raw.delivery by name
            select distinct _slice_id as delivery_id, 'ledger' as feed, 'ekonomisystem' as source, 'loaded' as status,
                date '2025-01-15' as known_from, 1 as sequence from raw.ledger;
            insert into raw.delivery_slice by name
            select _slice_id as slice_id, 'ledger|' || _slice_id as slice_key, _slice_id as delivery_id,
                'ledger' as feed, company, month, count(*) as row_count, sum(amount_sek) as amount_sum,
                date '2025-01-15' as known_from
            from raw.ledger group by all;
            insert into raw.delivery by name
            select 'plan' as delivery_id, 'plan' as feed, 'ledningsportalen' as source, 'loaded' as status,
                date '2023-12-01' as known_from, 1 as sequence;
            insert into raw.delivery_slice by name
            select 'plan' as slice_id, 'plan' as slice_key, 'plan' as delivery_id, 'plan' as feed,
                date '2023-12-01' as known_from;
        """)
        connection.execute(
            "insert into raw.plan by name select unnest(?) as action_id, 2024 as year, 'Benchmark' as programme,"
            " 'HSN' as board, 'HSF' as administration, 'cost' as effect_type, true as requires_net,"
            " 'running' as status, 'saving,own_personnel,overtime,recruitment' as components,"
            " date '2024-01-01' as start_month,"
            " 1000000 as target_sek, 'plan' as _slice_id, 1 as _row_number",
            [actions],
        )
        connection.execute("update raw.plan set action_name = action_id")


def dbt(settings: Settings, *words: str) -> None:
    """Raises CalledProcessError with dbt's words if it fails."""
    workspace = settings.directory.main
    subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "--quiet", "--no-use-colors", *words),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(workspace.dbt / "target"), "--log-path", str(workspace.dbt / "logs")),
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            "NETTOEFFEKT_WAREHOUSE": str(workspace.warehouse),
            "NETTOEFFEKT_REFERENCE": reference_for_dbt(settings, workspace),
            "DO_NOT_TRACK": "1",
        },
        check=True,
    )
