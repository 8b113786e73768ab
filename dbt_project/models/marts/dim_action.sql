-- The actions of the plan as known at as_of, one set of attributes each: those of the year of as_of, else of the
-- nearest year of the plan.
-- Grain: one row per action.
with

actions as (

    select * from {{ ref('int_plan__action') }}

),

not_measured as (

    select * from {{ ref('not_measured') }}

)

select
    cast(actions.action_id as string) as action_id,
    cast(action_name as string) as action_name,
    cast(parent_action_id as string) as parent_action_id,
    cast(programme as string) as programme,
    cast(board as string) as board,
    cast(administration as string) as administration,
    cast(division as string) as division,
    cast(owner_role as string) as owner_role,
    cast(action_group as string) as action_group,
    cast(saving_type as string) as saving_type,
    cast(effect_type as string) as effect_type,
    cast(feasibility as bigint) as feasibility,
    cast(is_recurrent as boolean) as is_recurrent,
    cast(is_additional as boolean) as is_additional,
    cast(status as string) as status,
    cast(start_month as date) as start_month,
    cast(requires_net as boolean) as requires_net,
    cast(owning_unit_id as string) as owning_unit_id,
    cast(region_unit_id as string) as region_unit_id,
    cast(committed_at as timestamp) as committed_at,
    cast(not_measured.treatment as string) as not_measured_as,
    cast(not_measured.reason as string) as not_measured_reason
from actions
left join not_measured
    on actions.action_id = not_measured.action_id
