"""Assembles what Dagster serves and runs. Tests build the same graph with resources of their own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg

from orchestration.pipeline import open_run
from orchestration.run import Run
from orchestration.settings import CHECKOUT, Settings, today


@dg.resource(config_schema={"as_of": dg.Field(str, is_required=False, description="Reckon for this date, ISO")})
@contextmanager
def run_resource(context: dg.InitResourceContext) -> Iterator[Run]:
    """One run of the pipeline, holding the run lock from the first step to the last."""
    as_of = context.resource_config.get("as_of")
    with open_run(Settings(), date.fromisoformat(as_of) if as_of else today(), "daily_load", context.log.info) as run:
        yield run
        run.finish_if_stopped()


def build(resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All definitions of the package orchestration.defs, with the given resources in place of the real ones."""
    found = dg.load_from_defs_folder(project_root=CHECKOUT)
    return dg.Definitions.merge(
        found, dg.Definitions(resources={"run": run_resource, **(resources or {})}, executor=dg.in_process_executor)
    )


definitions = build()
