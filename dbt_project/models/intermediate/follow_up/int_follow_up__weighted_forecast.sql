-- Submitted forecasts weighed by what has come of their owner's earlier ones with as many months left of the year.
-- Grain: one row per action and moment whose owner has a record at that lead.
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}

),

records as (

    select * from {{ ref('int_follow_up__owner_record') }}
    where is_record

),

weighted as (

    select
        moments.action_id,
        moments.moment_id,
        {{ share_of('moments.forecast_sek', 'records.final_outcome_sek', 'records.forecast_sek') }}
            as weighted_forecast_sek
    from moments
    inner join records
        on
            moments.region_unit_id = records.region_unit_id
            and moments.owner_role = records.owner_role
            and moments.year = records.year
            and {{ lead_months('moments.year', 'moments.forecast_as_of_month') }} = records.lead_months
    where moments.action_status in ('planned', 'running')

)

select
    action_id,
    moment_id,
    weighted_forecast_sek
from weighted
where weighted_forecast_sek is not null
