"""From inbox to schema raw: one step that fills every table dbt calls a source."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.graph import graph
from orchestration.run import Run


@dg.multi_asset(specs=graph().source_specs(), required_resource_keys={"run"}, name="load")
def load(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """Checks the reference tables, then takes in what is new."""
    run: Run = context.resources.run
    run.check_reference()
    report = run.load()
    context.log.info("%d files loaded, %d refused", len(report.loaded), len(report.refused))
    for spec in graph().source_specs():
        yield dg.MaterializeResult(asset_key=spec.key, metadata=run.facts(*spec.key.path).metadata)
