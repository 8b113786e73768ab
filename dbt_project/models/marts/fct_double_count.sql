-- Pairs of actions that may count the same money. Shown, never subtracted.
-- Grain: one row per action, other action, ground and year; a pair stands once from each side.
with

double_counts as (

    select * from {{ ref('int_net_effect__double_count') }}

)

select
    cast(action_id as string) as action_id,
    cast(other_action_id as string) as other_action_id,
    cast(ground as string) as ground,
    cast(year as bigint) as year,
    amount_sek,
    is_acquitted
from double_counts
