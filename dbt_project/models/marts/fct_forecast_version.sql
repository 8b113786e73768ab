-- Every forecast that owners have submitted, with its change from the one before, what is odd about it and, once the
-- year is final, its error.
-- Grain: one row per action, year and instant of submission.
with

delivered as (

    select * from {{ ref('int_forecast__delivered') }}

),

submissions as (

    select * from {{ ref('int_forecast__submission') }}

),

final_outcomes as (

    select * from {{ ref('int_follow_up__final_outcome') }}

)

select
    cast(delivered.action_id as string) as action_id,
    delivered.year,
    cast(delivered.submitted_at as timestamp) as submitted_at,
    cast(delivered.as_of_month as date) as as_of_month,
    cast(delivered.version as bigint) as version,
    cast(delivered.forecast_sek as decimal(18, 2)) as forecast_sek,
    cast(
        delivered.forecast_sek - lag(delivered.forecast_sek) over (
            partition by delivered.action_id, delivered.year
            order by delivered.submitted_at
        ) as decimal(18, 2)
    ) as change_sek,
    coalesce(submissions.is_latest, false) as is_latest,
    cast(delivered.forecast_sek - final_outcomes.final_outcome_sek as decimal(18, 2)) as error_sek,
    cast(delivered.outcome_ytd_sek as decimal(18, 2)) as outcome_ytd_sek,
    cast(submissions.path_sek as decimal(18, 2)) as path_sek,
    delivered.is_confirmation,
    cast(delivered.deviation_cause as string) as deviation_cause,
    cast(delivered.note as string) as note
from delivered
left join submissions
    on
        delivered.action_id = submissions.action_id
        and delivered.year = submissions.year
        and delivered.submitted_at = submissions.submitted_at
left join final_outcomes
    on delivered.action_id = final_outcomes.action_id and delivered.year = final_outcomes.year
