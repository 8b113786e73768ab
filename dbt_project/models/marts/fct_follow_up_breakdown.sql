-- The totals of the follow-up by what the actions are: type of saving, feasibility, type of effect.
-- Grain: one row per hierarchy, node type, node, month, breakdown and value.
{%- set breakdowns = {
    'saving_type': 'actions.saving_type',
    'feasibility': 'cast(actions.feasibility as string)',
    'effect_type': 'actions.effect_type',
} %}
with

actions as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row' and (is_reporting or is_not_split)

),

paths as (

    select * from {{ ref('int_follow_up__node_path') }}
    where item_type = 'action' and node_type <> 'action'

),

-- A figure that is given on a parent alone is of no known kind.
valued as (

    {% for breakdown, value in breakdowns.items() %}
    select
        actions.action_id,
        actions.year,
        actions.month,
        '{{ breakdown }}' as breakdown,
        case when actions.is_reporting then coalesce({{ value }}, 'UNKNOWN') else 'NOT_SPLIT' end as breakdown_value,
        case when actions.is_reporting then actions.target_sek end as target_sek,
        case when actions.is_reporting or not actions.is_outcome_split then actions.outcome_ytd_sek end
            as outcome_ytd_sek,
        actions.forecast_sek,
        case when actions.is_reporting or not actions.is_outcome_split then actions.net_ytd_sek end as net_ytd_sek,
        case when actions.is_reporting then 1 else 0 end as actions,
        case
            when actions.is_reporting and actions.forecast_status in ('missing', 'stale', 'late', 'unchanged')
                then abs(actions.target_sek)
            else 0
        end as not_current_target_sek
    from actions
    {{ "union all" if not loop.last }}
    {% endfor %}

)

select
    cast(paths.hierarchy as string) as hierarchy,
    cast(paths.node_type as string) as node_type,
    cast(paths.node_id as string) as node_id,
    cast(valued.month as date) as month,
    cast(valued.breakdown as string) as breakdown,
    cast(valued.breakdown_value as string) as breakdown_value,
    cast(sum(valued.target_sek) as decimal(18, 2)) as target_sek,
    cast(sum(valued.outcome_ytd_sek) as decimal(18, 2)) as outcome_ytd_sek,
    cast(coalesce(sum(valued.forecast_sek), 0) as decimal(18, 2)) as forecast_sek,
    cast(
        coalesce(sum(valued.forecast_sek), 0) - coalesce(sum(valued.target_sek), 0) as decimal(18, 2)
    ) as deviation_sek,
    cast(sum(valued.net_ytd_sek) as decimal(18, 2)) as net_ytd_sek,
    cast(sum(valued.actions) as bigint) as actions,
    {{ pct_of('sum(valued.not_current_target_sek)', 'sum(abs(valued.target_sek))', 'decimal(9, 4)') }}
        as not_current_share_pct
from valued
inner join paths
    on valued.action_id = paths.item_id and valued.year = paths.year
group by
    paths.hierarchy,
    paths.node_type,
    paths.node_id,
    valued.month,
    valued.breakdown,
    valued.breakdown_value
