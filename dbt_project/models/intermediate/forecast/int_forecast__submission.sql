-- The forecasts that owners had submitted by as_of. A submission has its Stockholm date; an as_of_month after the month
-- of submission counts as that month; of two with the same action, year and instant the last loaded counts.
-- Grain: one row per action, year and instant of submission.
with

submissions as (

    select * from {{ ref('stg_forecast__submission') }}

),

dated as (

    select
        submissions.*,
        {{ stockholm_date('submissions.submitted_at') }} as submitted_on
    from submissions

),

known as (

    select
        dated.*,
        row_number() over (
            partition by dated.action_id, dated.year, dated.submitted_at
            order by dated.sequence desc, dated._row_number desc
        ) as load_rank
    from dated
    where dated.submitted_on <= {{ as_of() }}

)

select
    action_id,
    cast(year as bigint) as year,
    submitted_at,
    submitted_on,
    case
        when as_of_month > {{ month_of('submitted_on') }} then {{ month_of('submitted_on') }}
        else as_of_month
    end as as_of_month,
    forecast_sek,
    outcome_ytd_sek,
    is_confirmation,
    evidence,
    deviation_cause,
    comment,
    submitted_by_role,
    row_number() over (partition by action_id, year order by submitted_at) as version,
    row_number() over (partition by action_id, year order by submitted_at desc) = 1 as is_latest
from known
where load_rank = 1
