-- What the actions do to each other: the same measure, cost moved to, counteracted, waited for.
-- Grain: one row per action, other action and relation.
with

links as (

    select * from {{ ref('action_link') }}

),

actions as (

    select * from {{ ref('int_plan__action') }}

)

select
    cast(links.action_id as string) as action_id,
    cast(links.other_action_id as string) as other_action_id,
    cast(links.relation as string) as relation,
    cast(actions.action_name as string) as action_name,
    cast(actions.owning_unit_id as string) as owning_unit_id,
    cast(actions.status as string) as status,
    cast(other_actions.action_name as string) as other_action_name,
    cast(other_actions.owning_unit_id as string) as other_owning_unit_id,
    cast(other_actions.status as string) as other_status,
    cast(links.decided_by as string) as decided_by,
    cast(links.note as string) as note
from links
left join actions
    on links.action_id = actions.action_id
left join actions as other_actions
    on links.other_action_id = other_actions.action_id
