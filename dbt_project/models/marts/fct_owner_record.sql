-- How much of what each owner forecast came true, with as many months left of the year: for every lead at which the
-- owner has submitted a forecast, also where no outcome can tell yet.
-- Grain: one row per region, owner, year whose forecasts are weighed, and lead.
with

records as (

    select * from {{ ref('int_follow_up__owner_record') }}

),

submissions as (

    select * from {{ ref('int_forecast__submission') }}

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

given as (

    select distinct
        action_years.region_unit_id,
        action_years.owner_role,
        submissions.year,
        {{ lead_months('submissions.year', 'submissions.as_of_month') }} as lead_months
    from submissions
    inner join action_years
        on submissions.action_id = action_years.action_id and submissions.year = action_years.year
    where action_years.owner_role is not null and action_years.region_unit_id is not null

)

select
    cast(given.region_unit_id as string) as region_unit_id,
    cast(given.owner_role as string) as owner_role,
    cast(given.year as bigint) as year,
    given.lead_months,
    cast(coalesce(records.outcomes, 0) as bigint) as outcomes,
    cast(records.forecast_sek as decimal(18, 2)) as forecast_sek,
    cast(records.final_outcome_sek as decimal(18, 2)) as final_outcome_sek,
    cast(
        case when records.is_record then records.forecast_sek - records.final_outcome_sek end as decimal(18, 2)
    ) as error_sek,
    case when records.is_record then {{ pct_of('records.final_outcome_sek', 'records.forecast_sek') }} end
        as came_true_pct
from given
left join records
    on
        given.region_unit_id = records.region_unit_id
        and given.owner_role = records.owner_role
        and given.year = records.year
        and given.lead_months = records.lead_months
