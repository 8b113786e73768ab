-- Every forecast that owners had submitted by as_of, with what is odd about it and whether it counts. A submission has
-- its Stockholm date; one dated after the day it was received counts from the start of that day; an as_of_month after
-- the month of submission counts as that month; of two with the same action, year and instant the last loaded counts.
-- One that the plan has no row for, or that came when its year was final, is kept and counts nowhere.
-- Grain: one row per action, year and instant of submission.
with

submissions as (

    select * from {{ ref('stg_forecast__submission') }}

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

final_years as (

    select * from {{ ref('int_period__final_year') }}

),

received as (

    select
        submissions.*,
        {{ stockholm_date('submissions.submitted_at') }} > submissions.known_from as is_after_receipt
    from submissions

),

dated as (

    select
        action_id,
        year,
        as_of_month,
        forecast_sek,
        outcome_ytd_sek,
        is_confirmation,
        deviation_cause,
        comment,
        sequence,
        _row_number,
        is_after_receipt,
        case when is_after_receipt then cast(known_from as timestamp) else submitted_at end as submitted_at,
        case when is_after_receipt then known_from else {{ stockholm_date('submitted_at') }} end as submitted_on
    from received

),

ranked as (

    select
        dated.*,
        row_number() over (
            partition by dated.action_id, dated.year, dated.submitted_at
            order by dated.sequence desc, dated._row_number desc
        ) as load_rank
    from dated
    where dated.submitted_on <= {{ as_of() }}

),

noted as (

    select
        ranked.*,
        case
            when action_years.action_id is null then 'not_in_plan'
            when ranked.submitted_on > final_years.final_on then 'final_year'
            when action_years.status = 'withdrawn' and ranked.submitted_on >= action_years.status_from
                then 'withdrawn_action'
            when ranked.is_after_receipt then 'submitted_after_receipt'
            when ranked.as_of_month > {{ month_of('ranked.submitted_on') }} then 'month_ahead'
        end as note
    from ranked
    left join action_years
        on ranked.action_id = action_years.action_id and ranked.year = action_years.year
    left join final_years
        on ranked.year = final_years.year
    where ranked.load_rank = 1

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
    -- Free text is never published: what is not one of the known causes is another.
    case
        when deviation_cause in (
            'politically_not_feasible', 'anchoring_took_longer', 'complex', 'many_must_agree', 'operational_risk',
            'effect_overrated'
        ) then deviation_cause
        when trim(deviation_cause) <> '' then 'other'
    end as deviation_cause,
    comment,
    row_number() over (partition by action_id, year order by submitted_at) as version,
    note,
    coalesce(note, '') not in ('not_in_plan', 'final_year') as is_counted
from noted
