"""The monthly reports: one asset, after the published file. The last of a run, which it ends."""

import dagster as dg

from orchestration.defs.publish import PUBLISHED
from orchestration.run import Run


@dg.asset(
    key=dg.AssetKey(["published", "reports"]),
    group_name="published",
    kinds={"html", "excel"},
    deps=[PUBLISHED],
    required_resource_keys={"run"},
    description="published/reports: a page and a workbook for each region, board and administration.",
)
def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Writes the reports of a new release, tells who can act, and files the run."""
    run: Run = context.resources.run
    run.report()
    run.send()
    run.finish()
    return dg.MaterializeResult(metadata={"fault": run.report_fault or "none"})
