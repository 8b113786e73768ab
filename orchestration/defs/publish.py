"""The published file: one asset, after every mart and every control."""

import dagster as dg

from orchestration.defs.graph import graph
from orchestration.run import Run

PUBLISHED = dg.AssetKey(["published", "warehouse"])


@dg.asset(
    key=PUBLISHED,
    group_name="published",
    kinds={"duckdb"},
    deps=graph().published_keys(),
    required_resource_keys={"run"},
    description="published/warehouse.duckdb: the release that BI tools read.",
)
def publish(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Swaps in a new release, unless a control says stop: then who can act is told."""
    run: Run = context.resources.run
    release = run.publish()
    if run.judgement.stops:
        run.finish_if_stopped()
        raise dg.Failure(f"Stopped by {', '.join(sorted({stop.check_id for stop in run.judgement.stops}))}")
    return dg.MaterializeResult(
        metadata={
            "release_id": release.release_id,
            "as_of": str(release.as_of),
            "data_hash": release.data_hash,
            "is_new": run.is_new_release,
        }
    )
