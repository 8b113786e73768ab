-- What an action came to in a year that is final: the outcome of its December, measured where it is, else the owner's.
-- Grain: one row per action and final year whose December outcome is known.
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row'

),

final_years as (

    select * from {{ ref('int_period__final_year') }}

)

select
    moments.action_id,
    moments.year,
    moments.region_unit_id,
    moments.owner_role,
    moments.outcome_ytd_sek as final_outcome_sek
from moments
inner join final_years
    on moments.year = final_years.year
where
    moments.month = {{ december_of('moments.year') }}
    and moments.outcome_month = moments.month
    and moments.outcome_ytd_sek is not null
