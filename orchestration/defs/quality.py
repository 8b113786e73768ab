"""The controls at the boundaries: every suite's verdict an asset check, blocking where a stop can block."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.graph import graph
from orchestration.model import Severity
from orchestration.run import Run


@dg.multi_asset_check(specs=graph().control_checks(), required_resource_keys={"run"}, name="judge")
def judge(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Judges raw and marts, files the verdicts in ops, and moves the incidents on: here, where no stop blocks them."""
    run: Run = context.resources.run
    judgement = run.judge()
    run.update_incidents()
    for result in judgement.results:
        stops = result.severity in (Severity.STOP, Severity.REFUSE)
        yield dg.AssetCheckResult(
            asset_key=graph().table_key(result.table_name),
            check_name=result.check_id,
            passed=result.status == "passed",
            severity=dg.AssetCheckSeverity.ERROR if stops else dg.AssetCheckSeverity.WARN,
            description=result.detail,
            metadata={
                "status": str(result.status),
                "control_severity": str(result.severity),
                "observed": result.observed,
                "findings": result.findings,
                "amount_sek": str(result.amount_sek) if result.amount_sek is not None else "",
            },
        )
