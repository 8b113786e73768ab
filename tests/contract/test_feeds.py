"""A feed is one contract, one staging folder and one suite. One more, invented here, needs no fourth place.

No dbt and no Dagster here: staging models are read with the few macros that they use, and run in DuckDB.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path
from textwrap import dedent

import duckdb
import jinja2
import pytest
import yaml

from expectations.suites import load_suites
from orchestration import ops
from orchestration.intake import raw_schema
from orchestration.intake.calendar import calendar_rows
from orchestration.intake.contract import Contract
from orchestration.intake.contracts import load_contracts
from orchestration.intake.load import load
from orchestration.settings import CHECKOUT
from orchestration.warehouse import connect

# The staging folder of what the intake itself writes: deliveries and slices of every feed.
OF_ALL_FEEDS = "intake"


@dataclass(frozen=True)
class Places:
    """The three places of a project where feeds stand."""

    contracts: Path
    staging: Path
    suites: Path

    @classmethod
    def under(cls, root: Path) -> "Places":
        return cls(*(root / p for p in ("expectations/contracts", "dbt_project/models/staging", "expectations/suites")))


OURS = Places.under(CHECKOUT)

# Queue lengths per clinic and month. Everything that the project is told of the feed stands between these marks.
FEED = "waiting_list"
CONTRACT = dedent("""\
    apiVersion: v3.2.0
    kind: DataContract
    id: nettoeffekt-waiting_list
    name: waiting_list
    version: 1.0.0
    status: active
    schema:
      - name: waiting_list
        physicalName: raw.waiting_list
        physicalType: table
        businessName: Väntelista
        description: Patients who wait, per unit and month.
        dataGranularityDescription: One row per month and unit.
        customProperties:
          - {property: sliceKey, value: [source, month]}
          - {property: maxQuarantinedSharePct, value: 20}
        properties:
          - name: month
            logicalType: date
            physicalType: DATE
            required: true
            primaryKey: true
            primaryKeyPosition: 1
            businessName: Månad
            description: Month of the count.
            customProperties:
              - {property: isMonth, value: true}
          - name: unit_id
            logicalType: string
            physicalType: VARCHAR
            required: true
            primaryKey: true
            primaryKeyPosition: 2
            businessName: Enhet
            description: Unit id.
          - name: patients
            logicalType: integer
            physicalType: BIGINT
            businessName: Väntande
            description: Patients who wait at the end of the month.
    servers:
      - server: vantesystem
        type: local
        path: inbox/waiting_list/vantesystem
        format: csv
        description: Waiting lists.
        customProperties:
          - {property: delimiter, value: ";"}
          - {property: encoding, value: utf-8}
          - {property: decimalMark, value: ","}
          - {property: headers, value: {month: manad, unit_id: enhet, patients: antal}}
          - {property: dueRule, value: {day: 20, monthsAfter: 1}}
    """)
MODEL = dedent("""\
    -- Grain: one row per source, month and unit.
    with delivered as (select * from {{ source('raw', 'waiting_list') }}),

    current_slice as (select * from {{ ref('stg_intake__current_slice') }})

    select
        delivered.month,
        delivered.unit_id,
        delivered.patients,
        current_slice.source
    from delivered
    inner join current_slice on current_slice.slice_id = delivered._slice_id
    """)
PROPERTIES = dedent("""\
    sources:
      - name: raw
        tables:
          - name: waiting_list
    models:
      - name: stg_waiting_list__count
    """)
SUITE = dedent("""\
    table: raw.waiting_list
    label_sv: Väntelista
    expectations:
      - control: M1
        severity: stop
        type: expect_column_values_to_not_be_null
        kwargs: {column: unit_id}
        text_sv: {what: Vad, means: Kronor, do: Gör, by: Idag}
    """)
DELIVERY = "manad;enhet;antal\n2024-11;KIR;120\n2024-12;KIR;131\n2024-12;MED;88\n"


@pytest.fixture(scope="module")
def with_one_more(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """The project's places and, in each, what one feed more needs."""
    places = Places.under(tmp_path_factory.mktemp("project"))
    for ours, copy in zip(vars(OURS).values(), vars(places).values(), strict=True):
        shutil.copytree(ours, copy)
    (places.contracts / f"{FEED}.yaml").write_text(CONTRACT, "utf-8")
    folder = places.staging / FEED
    folder.mkdir()
    (folder / "stg_waiting_list__count.sql").write_text(MODEL, "utf-8")
    (folder / "stg_waiting_list__count.yml").write_text(PROPERTIES, "utf-8")
    (places.suites / "raw" / f"{FEED}.yaml").write_text(SUITE, "utf-8")
    return places


@pytest.fixture(scope="module")
def one_more(with_one_more: Places) -> dict[str, Contract]:
    return load_contracts(with_one_more.contracts)


def gaps(places: Places) -> list[str]:
    """What keeps a feed from standing in all three places, and nothing else from standing there."""
    feeds = {file.stem for file in places.contracts.iterdir()}
    folders = {folder.name for folder in places.staging.iterdir() if folder.is_dir()} - {OF_ALL_FEEDS}
    suites = {file.stem for file in (places.suites / "raw").iterdir()}
    found = [f"{feed}: no staging folder" for feed in feeds - folders]
    found += [f"{feed}: no suite" for feed in feeds - suites]
    found += [f"{name}: no contract" for name in (folders | suites) - feeds]
    for folder in sorted(places.staging / name for name in folders):
        models, described = ({file.stem for file in folder.glob(f"stg_*.{kind}")} for kind in ("sql", "yml"))
        if not models or models != described or any(not name.startswith(f"stg_{folder.name}__") for name in models):
            found.append(f"{folder.name}: models {sorted(models)}, described {sorted(described)}")
        if declared_sources(folder) != [folder.name]:
            found.append(f"{folder.name}: sources {declared_sources(folder)}")
        read = {
            feed for file in folder.glob("*.sql") for feed in re.findall(r"source\('raw', '(\w+)'\)", file.read_text())
        }
        if read != {folder.name}:
            found.append(f"{folder.name}: reads {sorted(read)}")
    return sorted(found)


def declared_sources(folder: Path) -> list[str]:
    """The tables of schema raw that a staging folder's YAML declares, as often as it does."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = [yaml.load(file.read_text("utf-8"), loader) for file in sorted(folder.glob("*.yml"))]
    sources = [source for file in files for source in file.get("sources", [])]
    return [table["name"] for source in sources if source["name"] == "raw" for table in source["tables"]]


def staged(places: Places, feed: str) -> Iterator[tuple[str, str]]:
    """Each staging model of a folder with its SQL, rendered as dbt would, after those that it reads."""
    macros = {
        "source": lambda schema, table: f"{schema}.{table}",
        "ref": lambda model: f"staging.{model}",
        "as_of": lambda: "(select as_of from ops.current_run)",
        "stockholm_date": lambda at: f"cast({at} as date)",
    }
    models = {file.stem: file.read_text("utf-8") for file in sorted((places.staging / feed).glob("*.sql"))}
    reads = {model: set(re.findall(r"ref\('(\w+)'\)", sql)) & models.keys() for model, sql in models.items()}
    for model in TopologicalSorter(reads).static_order():
        template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(models[model])
        yield model, template.render(macros)


def stage(connection: duckdb.DuckDBPyConnection, places: Places, feeds: Mapping[str, Contract]) -> None:
    """Makes the staging views of the feeds, over the schema raw that the intake has made."""
    ops.create(connection)
    connection.execute("create schema staging")
    for folder in (OF_ALL_FEEDS, *feeds):
        for model, sql in staged(places, folder):
            connection.execute(f"create view staging.{model} as {sql}")


def test_every_feed_stands_in_its_three_places_and_nothing_else_does():
    assert gaps(OURS) == []


@pytest.mark.parametrize("lost", ["contracts/{}.yaml", "suites/raw/{}.yaml", "staging/{}/stg_{}__count.yml"])
def test_a_place_that_is_forgotten_is_named(tmp_path: Path, with_one_more: Places, lost: str):
    shutil.copytree(with_one_more.staging, tmp_path / "staging")
    shutil.copytree(with_one_more.contracts, tmp_path / "contracts")
    shutil.copytree(with_one_more.suites, tmp_path / "suites")
    (tmp_path / lost.format(FEED, FEED)).unlink()

    (gap, *_) = gaps(Places(tmp_path / "contracts", tmp_path / "staging", tmp_path / "suites"))

    assert gap.startswith(f"{FEED}: ")


def test_staging_reads_only_columns_of_the_contract(one_more: dict[str, Contract]):
    """DuckDB itself says which column of which model is not there."""
    ours = {feed: contract for feed, contract in one_more.items() if feed != FEED}
    with duckdb.connect(config={"threads": 1}) as connection:
        raw_schema.create(connection, ours)
        stage(connection, OURS, ours)
        views = connection.execute("select view_name from duckdb_views() where schema_name = 'staging'").fetchall()

    assert len(views) > len(ours) == len(list(OURS.contracts.iterdir()))


def test_one_more_feed_stands_in_its_three_places(with_one_more: Places, one_more: dict[str, Contract]):
    assert gaps(with_one_more) == []
    assert FEED in one_more
    assert f"raw.{FEED}" in {suite.table for suite in load_suites(with_one_more.suites)}


def test_one_more_feed_is_loaded_and_staged(
    directory, deliver, intake, with_one_more: Places, one_more: dict[str, Contract]
):
    deliver(f"{FEED}/vantelista.csv", DELIVERY)  # it has but one source, whose folder may be left out

    with connect(directory.main.warehouse) as connection:
        report = load(connection, replace(intake, contracts=one_more))
        stage(connection, with_one_more, {FEED: one_more[FEED]})
        ops.begin_run(connection, "run", intake.as_of, intake.now, "1")
        rows = connection.execute("from staging.stg_waiting_list__count order by all").fetchall()
        told = connection.execute("select label_sv from raw.feed where feed = ?", [FEED]).fetchall()

    assert [(d.feed, d.source, d.status, d.rows_accepted) for d in report.deliveries] == [
        (FEED, "vantesystem", "loaded", 3)
    ]
    assert rows == [
        (date(2024, 11, 1), "KIR", 120, "vantesystem"),
        (date(2024, 12, 1), "KIR", 131, "vantesystem"),
        (date(2024, 12, 1), "MED", 88, "vantesystem"),
    ]
    assert told == [("Väntelista",)]


def test_one_more_feed_is_in_the_calendar_by_its_own_rule(one_more: dict[str, Contract]):
    due = {row.scope: row.due_date for row in calendar_rows(one_more, date(2024, 12, 1), date(2024, 12, 1))}

    assert due[FEED] == date(2025, 1, 20)
