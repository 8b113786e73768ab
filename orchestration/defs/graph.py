"""What the graph is made of, asked of the tree itself: dbt's manifest and the suites. No list is kept by hand."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator

from expectations.suites import Suite, load_suites
from orchestration.model import Severity
from orchestration.settings import Settings
from orchestration.transform import manifest

PUBLISHED_SCHEMAS = ("marts", "controls")


class Translator(DagsterDbtTranslator):
    """dagster-dbt's own keys; groups by schema, so that the graph reads from raw to marts."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return dbt_resource_props["schema"]


class Graph:
    """The assets and checks that dbt's manifest and the suites call for, with Dagster's keys for them."""

    def __init__(self, manifest_path: Path, suites: Path) -> None:
        self.manifest: Mapping[str, Any] = json.loads(manifest_path.read_text(encoding="utf-8"))
        self._suites = load_suites(suites)
        self.translator = Translator()

    def source_specs(self) -> list[dg.AssetSpec]:
        """The tables that stand when the load is done: those that dbt reads, and those of ops that are judged."""
        described = {f"{s['schema']}.{s['name']}": s["description"] for s in self.manifest["sources"].values()}
        described |= {suite.table: suite.label_sv for suite in self._suites_of_ops()}
        return [
            dg.AssetSpec(self.table_key(table), group_name=table.split(".")[0], description=text, kinds={"duckdb"})
            for table, text in described.items()
        ]

    def asset_key(self, unique_id: str) -> dg.AssetKey | None:
        """The asset of a seed or model; None for a test."""
        if self.manifest["nodes"][unique_id]["resource_type"] not in ("seed", "model"):
            return None
        return self.translator.get_asset_spec(self.manifest, unique_id, None).key

    def test_checks(self, unique_id: str) -> Sequence[dg.AssetCheckKey]:
        """The check that a dbt test is, if Dagster knows it as one."""
        node = self.manifest["nodes"][unique_id]
        if node["resource_type"] != "test":
            return ()
        checks = []
        for parent in node["depends_on"]["nodes"]:
            spec = self.translator.get_asset_spec(self.manifest, parent, None)
            check = self.translator.get_asset_check_spec(spec, self.manifest, unique_id, None)
            if check is not None:
                checks.append(check.key)
        return tuple(dict.fromkeys(checks))

    def table_key(self, table: str) -> dg.AssetKey:
        """The asset of a table, as marts.dim_unit."""
        return dg.AssetKey(table.split("."))

    def control_checks(self) -> list[dg.AssetCheckSpec]:
        """One check per control and table. A stop blocks in Dagster where only publishing follows the table; everywhere
        else it is the publishing step itself that refuses."""
        followed = self._followed()
        return [
            dg.AssetCheckSpec(
                name=check.check_id,
                asset=self.table_key(check.table_name),
                blocking=check.severity is Severity.STOP and self.table_key(check.table_name) not in followed,
                description=check.description,
                metadata={"severity": str(check.severity)},
            )
            for suite in self._suites
            for check in suite.checks
        ]

    def published_keys(self) -> list[dg.AssetKey]:
        """The tables that must stand before anything is published: the marts, the controls over them, and those of ops
        that are judged."""
        models = (node for node in self.manifest["nodes"].values() if node["resource_type"] == "model")
        keys = [dg.AssetKey([m["schema"], m["name"]]) for m in models if m["schema"] in PUBLISHED_SCHEMAS]
        return keys + [self.table_key(suite.table) for suite in self._suites_of_ops()]

    def _suites_of_ops(self) -> list[Suite]:
        return [suite for suite in self._suites if suite.schema == "ops"]

    def _followed(self) -> set[dg.AssetKey]:
        """The tables that some dbt model reads."""
        parents = {
            parent
            for unique_id, names in self.manifest["parent_map"].items()
            if unique_id.startswith(("model.", "seed."))
            for parent in names
        }
        nodes = {**self.manifest["nodes"], **self.manifest["sources"]}
        return {dg.AssetKey([nodes[parent]["schema"], nodes[parent]["name"]]) for parent in parents if parent in nodes}


@cache
def graph() -> Graph:
    """The graph of this installation, read once; parses the dbt project first where that was never done."""
    settings = Settings()
    return Graph(manifest(settings), settings.suites)
