-- Requirement, targets and forecasts summed along the organisation and along the plan, with how much of the target
-- rests on forecasts that are not current. Every node is the sum of its children (control R1).
-- Grain: one row per hierarchy, node type, node and month.
with

nodes as (

    select * from {{ ref('int_follow_up__node_moment') }}
    where kind = 'row'

),

final_years as (

    select * from {{ ref('int_period__final_year') }}

)

select
    cast(hierarchy as string) as hierarchy,
    cast(node_type as string) as node_type,
    cast(node_id as string) as node_id,
    cast(month as date) as month,
    cast(node_name as string) as node_name,
    cast(parent_node_type as string) as parent_node_type,
    cast(parent_node_id as string) as parent_node_id,
    cast(requirement_sek as decimal(18, 2)) as requirement_sek,
    cast(target_sek as decimal(18, 2)) as target_sek,
    cast(action_target_sek as decimal(18, 2)) as action_target_sek,
    cast(unidentified_sek as decimal(18, 2)) as unidentified_sek,
    cast(outcome_ytd_sek as decimal(18, 2)) as outcome_ytd_sek,
    cast(forecast_sek as decimal(18, 2)) as forecast_sek,
    cast(deviation_sek as decimal(18, 2)) as deviation_sek,
    cast(slippage_sek as decimal(18, 2)) as slippage_sek,
    cast(net_ytd_sek as decimal(18, 2)) as net_ytd_sek,
    cast(gross_only_sek as decimal(18, 2)) as gross_only_sek,
    cast(possible_double_count_sek as decimal(18, 2)) as possible_double_count_sek,
    cast(actions as bigint) as actions,
    cast(actions_current as bigint) as actions_current,
    not_current_share_pct,
    cast(forecast_as_of_month as date) as forecast_as_of_month,
    cast(gap_sek as decimal(18, 2)) as gap_sek,
    cast(forecast_sek - coalesce(outcome_ytd_sek, 0) as decimal(18, 2)) as remaining_sek,
    cast(feasible_target_sek as decimal(18, 2)) as feasible_target_sek,
    cast(unrated_target_sek as decimal(18, 2)) as unrated_target_sek,
    cast(weighted_forecast_sek as decimal(18, 2)) as weighted_forecast_sek,
    weighted_share_pct,
    final_years.year is not null as is_final
from nodes
left join final_years
    on nodes.year = final_years.year
