-- Every action in every year of the plan, with its parent: that of the year's plan row. An action without a row for the
-- year keeps its own parent, so that an overarching action holds its activities together even in a year without target.
-- Grain: one row per year and action.
with

actions as (

    select * from {{ ref('int_plan__action') }}

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

years as (

    select distinct year from action_years

)

select
    years.year,
    actions.action_id,
    coalesce(action_years.action_name, actions.action_name) as action_name,
    coalesce(action_years.programme, actions.programme) as programme,
    coalesce(action_years.region_unit_id, actions.region_unit_id) as region_unit_id,
    case
        when action_years.action_id is not null then action_years.parent_action_id
        else actions.parent_action_id
    end as parent_action_id
from actions
cross join years
left join action_years
    on actions.action_id = action_years.action_id and years.year = action_years.year
