"""The one job and when it runs: the whole morning, on weekdays at 05:30 in Stockholm, once switched on."""

import dagster as dg

daily_load = dg.define_asset_job(
    "daily_load",
    selection=dg.AssetSelection.all(),
    description="Everything new, from inbox to published; the same steps as `nettoeffekt run`.",
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job=daily_load,
    cron_schedule="30 5 * * 1-5",
    execution_timezone="Europe/Stockholm",
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
def weekday_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Runs for the day it is in Stockholm."""
    as_of = context.scheduled_execution_time.date().isoformat()
    return dg.RunRequest(run_key=as_of, run_config={"resources": {"run": {"config": {"as_of": as_of}}}})
