-- Sums along both hierarchies at each moment. Amounts are held at the reporting level and added once; a requirement
-- beyond what lies below it is the member UNALLOCATED, a figure given on a parent alone the member NOT_SPLIT, so that
-- every node is the sum of its children.
-- Grain: one row per hierarchy, node and moment.
with

actions as (

    select * from {{ ref('int_follow_up__action_moment') }}

),

moments as (

    select * from {{ ref('int_follow_up__moment') }}

),

paths as (

    select * from {{ ref('int_follow_up__node_path') }}

),

regions as (

    select * from {{ ref('int_plan__region') }}

),

weighted_forecasts as (

    select * from {{ ref('int_follow_up__weighted_forecast') }}

),

double_counts as (

    select * from {{ ref('int_net_effect__double_count') }}

),

tree_nodes as (

    select * from {{ ref('int_plan__tree_node') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

requirements as (

    select
        node_type,
        node_id,
        cast(year as bigint) as year,
        amount_sek
    from {{ ref('savings_requirement') }}
    where decided_on <= {{ as_of() }}

),

-- An action is a node of the organisation only at the reporting level.
requirement_moments as (

    select
        paths.hierarchy,
        moments.moment_id,
        moments.year,
        requirements.node_type,
        requirements.node_id,
        requirements.amount_sek
    from requirements
    inner join paths
        on
            requirements.node_type = paths.item_type
            and requirements.node_id = paths.item_id
            and requirements.year = paths.year
            and paths.depth = 0
    inner join paths as region_paths
        on
            paths.hierarchy = region_paths.hierarchy
            and paths.year = region_paths.year
            and paths.item_type = region_paths.item_type
            and paths.item_id = region_paths.item_id
            and region_paths.node_type = 'region'
    inner join moments
        on requirements.year = moments.year
    left join regions
        on region_paths.node_id = regions.region_unit_id
    left join actions
        on
            requirements.node_type = 'action'
            and requirements.node_id = actions.action_id
            and moments.moment_id = actions.moment_id
    where
        (moments.kind = 'meeting' or moments.month >= coalesce(regions.first_month, moments.month))
        and (paths.hierarchy = 'plan' or requirements.node_type <> 'action' or actions.is_reporting)

),

-- What has a target of its own: a reporting action, or a node with a requirement. It adds to the nodes above it up to
-- the nearest with a requirement, whose own takes over from there.
targets as (

    select
        paths.hierarchy,
        actions.moment_id,
        actions.year,
        'action' as item_type,
        actions.action_id as item_id,
        false as is_requirement,
        actions.target_sek as amount_sek,
        paths.node_type,
        paths.node_id,
        paths.depth
    from actions
    inner join paths
        on
            paths.item_type = 'action'
            and actions.action_id = paths.item_id
            and actions.year = paths.year
    where actions.is_reporting

    union all

    select
        requirement_moments.hierarchy,
        requirement_moments.moment_id,
        requirement_moments.year,
        requirement_moments.node_type as item_type,
        requirement_moments.node_id as item_id,
        true as is_requirement,
        requirement_moments.amount_sek,
        paths.node_type,
        paths.node_id,
        paths.depth
    from requirement_moments
    inner join paths
        on
            requirement_moments.hierarchy = paths.hierarchy
            and requirement_moments.year = paths.year
            and requirement_moments.node_type = paths.item_type
            and requirement_moments.node_id = paths.item_id
    where paths.depth > 0

),

target_ends as (

    select
        targets.hierarchy,
        targets.moment_id,
        targets.item_type,
        targets.item_id,
        targets.is_requirement,
        min(targets.depth) as depth
    from targets
    inner join requirement_moments
        on
            targets.hierarchy = requirement_moments.hierarchy
            and targets.moment_id = requirement_moments.moment_id
            and targets.node_type = requirement_moments.node_type
            and targets.node_id = requirement_moments.node_id
    group by targets.hierarchy, targets.moment_id, targets.item_type, targets.item_id, targets.is_requirement

),

targets_below as (

    select
        targets.hierarchy,
        targets.moment_id,
        targets.node_type,
        targets.node_id,
        sum(targets.amount_sek) as target_sek
    from targets
    left join target_ends
        on
            targets.hierarchy = target_ends.hierarchy
            and targets.moment_id = target_ends.moment_id
            and targets.item_type = target_ends.item_type
            and targets.item_id = target_ends.item_id
            and targets.is_requirement = target_ends.is_requirement
    where target_ends.depth is null or targets.depth <= target_ends.depth
    group by targets.hierarchy, targets.moment_id, targets.node_type, targets.node_id

),

-- A forecast whose owner has no record yet weighs what it is. An action of unknown feasibility is in no sum of the
-- feasible.
weighed as (

    select
        actions.*,
        coalesce(weighted_forecasts.weighted_forecast_sek, actions.forecast_sek) as weighted_forecast_sek,
        case when weighted_forecasts.action_id is not null then abs(actions.forecast_sek) else 0 end
            as forecast_on_record_sek,
        case
            when actions.feasibility in (1, 2) then actions.target_sek
            when actions.feasibility is not null then 0
        end as feasible_target_sek,
        case when actions.feasibility is null then actions.target_sek end as unrated_target_sek
    from actions
    left join weighted_forecasts
        on actions.action_id = weighted_forecasts.action_id and actions.moment_id = weighted_forecasts.moment_id

),

-- Everything that counts on a node: each reporting action below it, and each figure that a parent below it has not
-- split. The parent itself is a node of the plan, not of the organisation.
contributions as (

    select
        paths.hierarchy,
        actions.moment_id,
        paths.node_type,
        paths.node_id,
        actions.target_sek,
        actions.feasible_target_sek,
        actions.unrated_target_sek,
        actions.forecast_sek,
        actions.weighted_forecast_sek,
        actions.forecast_on_record_sek,
        actions.outcome_ytd_sek,
        actions.net_ytd_sek,
        case when actions.net_status = 'gross_only' then actions.gross_ytd_sek end as gross_only_sek,
        actions.forecast_as_of_month,
        actions.forecast_status,
        1 as actions
    from weighed as actions
    inner join paths
        on
            paths.item_type = 'action'
            and actions.action_id = paths.item_id
            and actions.year = paths.year
    where actions.is_reporting

    union all

    select
        paths.hierarchy,
        actions.moment_id,
        paths.node_type,
        paths.node_id,
        cast(null as decimal(18, 2)) as target_sek,
        cast(null as decimal(18, 2)) as feasible_target_sek,
        cast(null as decimal(18, 2)) as unrated_target_sek,
        actions.forecast_sek,
        actions.weighted_forecast_sek,
        actions.forecast_on_record_sek,
        case when not actions.is_outcome_split then actions.outcome_ytd_sek end as outcome_ytd_sek,
        case when not actions.is_outcome_split then actions.net_ytd_sek end as net_ytd_sek,
        case
            when not actions.is_outcome_split and actions.net_status = 'gross_only' then actions.gross_ytd_sek
        end as gross_only_sek,
        actions.forecast_as_of_month,
        cast(null as string) as forecast_status,
        0 as actions
    from weighed as actions
    inner join paths
        on
            paths.item_type = 'action'
            and actions.action_id = paths.item_id
            and actions.year = paths.year
            and (paths.hierarchy = 'plan' or paths.depth > 0)
    where actions.is_not_split

    union all

    -- The member itself, beside the nodes above it.
    select
        hierarchies.hierarchy,
        actions.moment_id,
        'member' as node_type,
        concat(actions.action_id, ':NOT_SPLIT') as node_id,
        cast(null as decimal(18, 2)) as target_sek,
        cast(null as decimal(18, 2)) as feasible_target_sek,
        cast(null as decimal(18, 2)) as unrated_target_sek,
        actions.forecast_sek,
        actions.weighted_forecast_sek,
        actions.forecast_on_record_sek,
        case when not actions.is_outcome_split then actions.outcome_ytd_sek end as outcome_ytd_sek,
        case when not actions.is_outcome_split then actions.net_ytd_sek end as net_ytd_sek,
        case
            when not actions.is_outcome_split and actions.net_status = 'gross_only' then actions.gross_ytd_sek
        end as gross_only_sek,
        actions.forecast_as_of_month,
        cast(null as string) as forecast_status,
        0 as actions
    from weighed as actions
    cross join (select distinct hierarchy from paths) as hierarchies
    where actions.is_not_split

),

sums as (

    select
        hierarchy,
        moment_id,
        node_type,
        node_id,
        sum(target_sek) as action_target_sek,
        sum(feasible_target_sek) as feasible_target_sek,
        sum(unrated_target_sek) as unrated_target_sek,
        sum(forecast_sek) as forecast_sek,
        sum(weighted_forecast_sek) as weighted_forecast_sek,
        sum(forecast_on_record_sek) as forecast_on_record_sek,
        sum(abs(forecast_sek)) as absolute_forecast_sek,
        count(forecast_sek) as forecasts,
        sum(outcome_ytd_sek) as outcome_ytd_sek,
        sum(net_ytd_sek) as net_ytd_sek,
        sum(gross_only_sek) as gross_only_sek,
        max(case when forecast_sek is not null then forecast_as_of_month end) as forecast_as_of_month,
        sum(actions) as actions,
        sum(case when forecast_status = 'current' then 1 else 0 end) as actions_current,
        sum(case when forecast_status in ('missing', 'stale', 'late', 'unchanged') then abs(target_sek) else 0 end)
            as not_current_target_sek,
        sum(abs(target_sek)) as absolute_target_sek,
        max(
            case forecast_status
                when 'missing' then 5
                when 'stale' then 4
                when 'late' then 3
                when 'unchanged' then 2
                when 'current' then 1
            end
        ) as worst_status_rank
    from contributions
    group by hierarchy, moment_id, node_type, node_id

),

-- Each pair that a node holds both sides of, once, with the smaller of its two amounts.
pairs as (

    select
        own.action_id,
        own.other_action_id,
        own.year,
        min(case when own.amount_sek <= others.amount_sek then own.amount_sek else others.amount_sek end) as amount_sek
    from double_counts as own
    inner join double_counts as others
        on
            own.action_id = others.other_action_id
            and own.other_action_id = others.action_id
            and own.ground = others.ground
            and own.year = others.year
    where own.action_id < own.other_action_id and not own.is_acquitted
    group by own.action_id, own.other_action_id, own.year

),

possible_double_counts as (

    select
        paths.hierarchy,
        moments.moment_id,
        paths.node_type,
        paths.node_id,
        sum(pairs.amount_sek) as amount_sek
    from pairs
    inner join paths
        on
            paths.item_type = 'action'
            and pairs.action_id = paths.item_id
            and pairs.year = paths.year
    inner join paths as other_paths
        on
            other_paths.item_type = 'action'
            and pairs.other_action_id = other_paths.item_id
            and pairs.year = other_paths.year
            and paths.hierarchy = other_paths.hierarchy
            and paths.node_type = other_paths.node_type
            and paths.node_id = other_paths.node_id
    inner join moments
        on pairs.year = moments.year and moments.kind = 'row'
    group by paths.hierarchy, moments.moment_id, paths.node_type, paths.node_id

),

-- A node with a requirement and nothing below it is a row too, and so are the nodes above it.
keys as (

    select hierarchy, moment_id, node_type, node_id from sums
    union
    select hierarchy, moment_id, node_type, node_id from requirement_moments
    union
    select hierarchy, moment_id, node_type, node_id from targets

),

nodes as (

    select
        keys.hierarchy,
        keys.moment_id,
        keys.node_type,
        keys.node_id,
        requirement_moments.amount_sek as requirement_sek,
        coalesce(requirement_moments.amount_sek, targets_below.target_sek) as target_sek,
        targets_below.target_sek as target_below_sek,
        sums.action_target_sek,
        sums.feasible_target_sek,
        sums.unrated_target_sek,
        sums.forecast_sek,
        sums.weighted_forecast_sek,
        sums.forecast_on_record_sek,
        sums.absolute_forecast_sek,
        coalesce(sums.forecasts, 0) as forecasts,
        sums.outcome_ytd_sek,
        sums.net_ytd_sek,
        sums.gross_only_sek,
        possible_double_counts.amount_sek as possible_double_count_sek,
        sums.forecast_as_of_month,
        coalesce(sums.actions, 0) as actions,
        coalesce(sums.actions_current, 0) as actions_current,
        sums.not_current_target_sek,
        sums.absolute_target_sek,
        sums.worst_status_rank
    from keys
    left join sums
        on
            keys.hierarchy = sums.hierarchy
            and keys.moment_id = sums.moment_id
            and keys.node_type = sums.node_type
            and keys.node_id = sums.node_id
    left join possible_double_counts
        on
            keys.hierarchy = possible_double_counts.hierarchy
            and keys.moment_id = possible_double_counts.moment_id
            and keys.node_type = possible_double_counts.node_type
            and keys.node_id = possible_double_counts.node_id
    left join requirement_moments
        on
            keys.hierarchy = requirement_moments.hierarchy
            and keys.moment_id = requirement_moments.moment_id
            and keys.node_type = requirement_moments.node_type
            and keys.node_id = requirement_moments.node_id
    left join targets_below
        on
            keys.hierarchy = targets_below.hierarchy
            and keys.moment_id = targets_below.moment_id
            and keys.node_type = targets_below.node_type
            and keys.node_id = targets_below.node_id

),

with_unallocated as (

    select
        hierarchy,
        moment_id,
        node_type,
        node_id,
        requirement_sek,
        target_sek,
        action_target_sek,
        feasible_target_sek,
        unrated_target_sek,
        forecast_sek,
        weighted_forecast_sek,
        forecast_on_record_sek,
        absolute_forecast_sek,
        forecasts,
        outcome_ytd_sek,
        net_ytd_sek,
        gross_only_sek,
        possible_double_count_sek,
        forecast_as_of_month,
        actions,
        actions_current,
        not_current_target_sek,
        absolute_target_sek,
        worst_status_rank,
        cast(null as string) as member_parent_type,
        cast(null as string) as member_parent_id
    from nodes

    union all

    select
        hierarchy,
        moment_id,
        'member' as node_type,
        concat(node_id, ':UNALLOCATED') as node_id,
        cast(null as decimal(18, 2)) as requirement_sek,
        requirement_sek - coalesce(target_below_sek, 0) as target_sek,
        cast(null as decimal(18, 2)) as action_target_sek,
        cast(null as decimal(18, 2)) as feasible_target_sek,
        cast(null as decimal(18, 2)) as unrated_target_sek,
        cast(null as decimal(18, 2)) as forecast_sek,
        cast(null as decimal(18, 2)) as weighted_forecast_sek,
        cast(null as decimal(18, 2)) as forecast_on_record_sek,
        cast(null as decimal(18, 2)) as absolute_forecast_sek,
        0 as forecasts,
        cast(null as decimal(18, 2)) as outcome_ytd_sek,
        cast(null as decimal(18, 2)) as net_ytd_sek,
        cast(null as decimal(18, 2)) as gross_only_sek,
        cast(null as decimal(18, 2)) as possible_double_count_sek,
        cast(null as date) as forecast_as_of_month,
        0 as actions,
        0 as actions_current,
        cast(null as decimal(18, 2)) as not_current_target_sek,
        cast(null as decimal(18, 2)) as absolute_target_sek,
        cast(null as int) as worst_status_rank,
        node_type as member_parent_type,
        node_id as member_parent_id
    from nodes
    where requirement_sek is not null

),

parents as (

    select
        hierarchy,
        year,
        item_type,
        item_id,
        node_type as parent_node_type,
        node_id as parent_node_id,
        row_number() over (partition by hierarchy, year, item_type, item_id order by depth) as nearness
    from paths
    where depth > 0

),

-- A figure not split stands below its own action in the plan, and below the action's unit in the organisation.
split_members as (

    select distinct
        parents.hierarchy,
        actions.year,
        concat(actions.action_id, ':NOT_SPLIT') as node_id,
        parents.parent_node_type,
        parents.parent_node_id
    from actions
    inner join parents
        on
            parents.hierarchy = 'organisation'
            and parents.item_type = 'action'
            and actions.action_id = parents.item_id
            and actions.year = parents.year
            and parents.nearness = 1
    where actions.is_not_split

    union all

    select distinct
        'plan' as hierarchy,
        year,
        concat(action_id, ':NOT_SPLIT') as node_id,
        'action' as parent_node_type,
        action_id as parent_node_id
    from actions
    where is_not_split

)

select
    with_unallocated.hierarchy,
    with_unallocated.moment_id,
    moments.kind,
    moments.year,
    moments.month,
    with_unallocated.node_type,
    with_unallocated.node_id,
    coalesce(
        with_unallocated.member_parent_type, split_members.parent_node_type, parents.parent_node_type
    ) as parent_node_type,
    coalesce(
        with_unallocated.member_parent_id, split_members.parent_node_id, parents.parent_node_id
    ) as parent_node_id,
    case
        when with_unallocated.member_parent_id is not null then 'Ofördelat sparbeting'
        when split_members.node_id is not null then 'Prognos som inte är uppdelad'
        else coalesce(units.unit_name, tree_nodes.action_name, with_unallocated.node_id)
    end as node_name,
    with_unallocated.requirement_sek,
    with_unallocated.target_sek,
    with_unallocated.action_target_sek,
    with_unallocated.target_sek - coalesce(with_unallocated.action_target_sek, 0) as unidentified_sek,
    with_unallocated.outcome_ytd_sek,
    with_unallocated.net_ytd_sek,
    with_unallocated.gross_only_sek,
    with_unallocated.possible_double_count_sek,
    with_unallocated.feasible_target_sek,
    with_unallocated.unrated_target_sek,
    coalesce(with_unallocated.forecast_sek, 0) as forecast_sek,
    coalesce(with_unallocated.weighted_forecast_sek, 0) as weighted_forecast_sek,
    {{ pct_of(
        'with_unallocated.forecast_on_record_sek', 'with_unallocated.absolute_forecast_sek', 'decimal(9, 4)'
    ) }} as weighted_share_pct,
    with_unallocated.requirement_sek - coalesce(with_unallocated.forecast_sek, 0) as gap_sek,
    with_unallocated.forecasts > 0 as has_forecast,
    coalesce(with_unallocated.forecast_sek, 0) - coalesce(with_unallocated.target_sek, 0) as deviation_sek,
    coalesce(with_unallocated.action_target_sek, 0) - coalesce(with_unallocated.forecast_sek, 0) as slippage_sek,
    with_unallocated.forecast_as_of_month,
    with_unallocated.actions,
    with_unallocated.actions_current,
    {{ pct_of(
        'with_unallocated.not_current_target_sek', 'with_unallocated.absolute_target_sek', 'decimal(9, 4)'
    ) }} as not_current_share_pct,
    case with_unallocated.worst_status_rank
        when 5 then 'missing'
        when 4 then 'stale'
        when 3 then 'late'
        when 2 then 'unchanged'
        when 1 then 'current'
    end as worst_forecast_status
from with_unallocated
inner join moments
    on with_unallocated.moment_id = moments.moment_id
left join parents
    on
        with_unallocated.hierarchy = parents.hierarchy
        and moments.year = parents.year
        and with_unallocated.node_type = parents.item_type
        and with_unallocated.node_id = parents.item_id
        and parents.nearness = 1
left join split_members
    on
        with_unallocated.node_type = 'member'
        and with_unallocated.hierarchy = split_members.hierarchy
        and moments.year = split_members.year
        and with_unallocated.node_id = split_members.node_id
left join units
    on
        with_unallocated.node_type in ('region', 'board', 'administration', 'division')
        and with_unallocated.node_id = units.unit_id
left join tree_nodes
    on
        with_unallocated.node_type = 'action'
        and with_unallocated.node_id = tree_nodes.action_id
        and moments.year = tree_nodes.year
