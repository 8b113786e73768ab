-- C2: targets that nobody has committed to, and requirements that no action answers for. What is this? A planned or
-- running action at the reporting level without the day of its owner's commitment by as_of; and a node whose
-- requirement is more than what lies below it. When does it matter? Nobody has promised the money. How to resolve? The
-- owner commits in the plan; the node's manager names actions, or has the requirement lowered.
-- Grain: one row per finding (action, or node).
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row' and is_expected_month and action_status in ('planned', 'running') and is_reporting

),

nodes as (

    select * from {{ ref('int_follow_up__node_moment') }}
    where kind = 'row'

),

expected as (

    select distinct moment_id from {{ ref('int_follow_up__moment') }}
    where kind = 'row' and is_expected_month

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

uncommitted as (

    select
        moments.action_id,
        moments.target_sek,
        action_years.action_name,
        action_years.committed_at,
        coalesce(action_years.owner_role, units.owner_role) as owner_role
    from moments
    inner join action_years
        on moments.action_id = action_years.action_id and moments.year = action_years.year
    left join units
        on moments.owning_unit_id = units.unit_id
    where
        action_years.committed_at is null
        or {{ stockholm_date('action_years.committed_at') }} > {{ as_of() }}

),

-- A region's own member stands in both hierarchies; where they differ the larger is told.
unidentified as (

    select
        nodes.parent_node_type as node_type,
        nodes.parent_node_id as node_id,
        max(nodes.target_sek) as target_sek
    from nodes
    inner join expected
        on nodes.moment_id = expected.moment_id
    where nodes.node_type = 'member' and nodes.node_id = concat(nodes.parent_node_id, ':UNALLOCATED')
    group by nodes.parent_node_type, nodes.parent_node_id
    having max(nodes.target_sek) > 0

)

select
    cast('action' as string) as subject_type,
    cast(action_id as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(abs(target_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_name, ': ansvarig har inte åtagit sig målet ', {{ mnkr_sv('target_sek') }}, ' mnkr',
            case when committed_at is null then '.' else ' ännu.' end
        ) as string
    ) as detail
from uncommitted

union all

select
    cast(unidentified.node_type as string) as subject_type,
    cast(unidentified.node_id as string) as subject_id,
    cast(coalesce(units.owner_role, 'controller') as string) as owner_role,
    cast(unidentified.target_sek as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            coalesce(units.unit_name, unidentified.node_id), ': ', {{ mnkr_sv('unidentified.target_sek') }},
            ' mnkr av sparbetinget är ofördelat; ingen åtgärd svarar för det.'
        ) as string
    ) as detail
from unidentified
left join units
    on unidentified.node_id = units.unit_id
