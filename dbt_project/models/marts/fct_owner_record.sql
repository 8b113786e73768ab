-- How much of what each owner forecast came true, with as many months left of the year.
-- Grain: one row per region, owner, year whose forecasts are weighed, and lead.
with

records as (

    select * from {{ ref('int_follow_up__owner_record') }}

)

select
    cast(region_unit_id as string) as region_unit_id,
    cast(owner_role as string) as owner_role,
    cast(year as bigint) as year,
    cast(lead_months as bigint) as lead_months,
    cast(outcomes as bigint) as outcomes,
    cast(forecast_sek as decimal(18, 2)) as forecast_sek,
    cast(final_outcome_sek as decimal(18, 2)) as final_outcome_sek,
    cast(case when is_record then forecast_sek - final_outcome_sek end as decimal(18, 2)) as error_sek,
    case when is_record then {{ pct_of('final_outcome_sek', 'forecast_sek') }} end as came_true_pct
from records
