-- The first month of each region's plan: the earliest start month of its actions, or the first January of a plan that
-- names none. Follow-up begins there.
-- Grain: one row per region with a plan.
with

action_years as (

    select * from {{ ref('int_plan__action_year') }}

)

select
    region_unit_id,
    coalesce(min(start_month), min(first_month_of_year)) as first_month
from action_years
where region_unit_id is not null
group by region_unit_id
