"""dbt: every seed and model an asset, every dbt test an asset check."""

from collections.abc import Iterator

import dagster as dg
from dagster_dbt import dbt_assets

from orchestration.defs.graph import graph
from orchestration.run import Run
from orchestration.transform import EXCLUDED, dbt


@dbt_assets(
    manifest=graph().manifest,
    exclude=EXCLUDED,
    dagster_dbt_translator=graph().translator,
    name="transform",
    required_resource_keys={"run"},
)
def transform(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Builds the whole dbt project."""
    run: Run = context.resources.run
    with dbt(run.settings, run.workspace) as project:
        nodes = run.transform(project)
    for node in nodes:
        key = graph().asset_key(node.unique_id)
        if key is not None:
            yield dg.MaterializeResult(asset_key=key, metadata=run.facts(*key.path).metadata)
        for check in graph().test_checks(node.unique_id):
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=node.status in ("pass", "success"),
                severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
                metadata={"message": node.message, "seconds": node.seconds},
            )
