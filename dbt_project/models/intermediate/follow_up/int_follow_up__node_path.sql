-- The two hierarchies that figures are summed along, as paths: every node with itself (depth 0) and each node above it.
-- Organisation: action, its division, administration, board, region. Plan: action, overarching actions, programme,
-- region. A smaller depth is nearer; depths need not follow on each other.
-- Grain: one row per hierarchy, year, item and node on its path.
with

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

tree_nodes as (

    select * from {{ ref('int_plan__tree_node') }}

),

action_ancestors as (

    select * from {{ ref('int_plan__action_ancestor') }}

),

unit_ancestors as (

    select * from {{ ref('int_unit__ancestor') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

requirements as (

    select * from {{ ref('savings_requirement') }}

),

years as (

    select cast(year as bigint) as year from action_years
    union
    select cast(year as bigint) as year from requirements

),

-- Levels below the division have no totals of their own; what they own counts from the nearest level above that has.
organisation_of_units as (

    select
        years.year,
        units.level as item_type,
        unit_ancestors.unit_id as item_id,
        unit_ancestors.ancestor_level as node_type,
        unit_ancestors.ancestor_unit_id as node_id,
        unit_ancestors.depth
    from unit_ancestors
    inner join units
        on unit_ancestors.unit_id = units.unit_id
    cross join years
    where unit_ancestors.ancestor_level in ('region', 'board', 'administration', 'division')

),

organisation_of_actions as (

    select
        year,
        action_id as item_id,
        'action' as node_type,
        action_id as node_id,
        0 as depth
    from action_years

    union all

    select
        action_years.year,
        action_years.action_id as item_id,
        unit_ancestors.ancestor_level as node_type,
        unit_ancestors.ancestor_unit_id as node_id,
        unit_ancestors.depth + 1 as depth
    from action_years
    inner join unit_ancestors
        on action_years.owning_unit_id = unit_ancestors.unit_id
    where unit_ancestors.ancestor_level in ('region', 'board', 'administration', 'division')

),

top_depths as (

    select year, action_id, max(depth) as depth
    from action_ancestors
    group by year, action_id

),

tops as (

    select
        action_ancestors.year,
        action_ancestors.action_id,
        tree_nodes.programme,
        tree_nodes.region_unit_id
    from action_ancestors
    inner join top_depths
        on
            action_ancestors.year = top_depths.year
            and action_ancestors.action_id = top_depths.action_id
            and action_ancestors.depth = top_depths.depth
    inner join tree_nodes
        on
            action_ancestors.year = tree_nodes.year
            and action_ancestors.ancestor_action_id = tree_nodes.action_id

),

-- A programme is known by its name, unless two regions have one of the same name: then by region and name.
programme_regions as (

    select programme, count(distinct region_unit_id) as regions
    from tree_nodes
    where programme is not null
    group by programme

),

programmes as (

    select
        tops.year,
        tops.action_id,
        case
            when programme_regions.regions > 1 then concat(tops.region_unit_id, ':', tops.programme)
            else tops.programme
        end as programme_id,
        tops.region_unit_id
    from tops
    inner join programme_regions
        on tops.programme = programme_regions.programme
    where tops.region_unit_id is not null

),

plan_of_actions as (

    select
        year,
        action_id as item_id,
        'action' as node_type,
        ancestor_action_id as node_id,
        depth
    from action_ancestors

    union all

    select
        year,
        action_id as item_id,
        'programme' as node_type,
        programme_id as node_id,
        1000 as depth
    from programmes

    union all

    select
        year,
        action_id as item_id,
        'region' as node_type,
        region_unit_id as node_id,
        1001 as depth
    from tops
    where region_unit_id is not null

),

plan_of_programmes as (

    select distinct year, programme_id, region_unit_id
    from programmes

)

select
    'organisation' as hierarchy,
    year,
    cast(item_type as string) as item_type,
    item_id,
    node_type,
    node_id,
    cast(depth as bigint) as depth
from organisation_of_units
where item_type in ('region', 'board', 'administration', 'division')

union all

select
    'organisation' as hierarchy,
    year,
    'action' as item_type,
    item_id,
    node_type,
    node_id,
    cast(depth as bigint) as depth
from organisation_of_actions

union all

select
    'plan' as hierarchy,
    year,
    'action' as item_type,
    item_id,
    node_type,
    node_id,
    cast(depth as bigint) as depth
from plan_of_actions

union all

select
    'plan' as hierarchy,
    year,
    'programme' as item_type,
    programme_id as item_id,
    'programme' as node_type,
    programme_id as node_id,
    cast(0 as bigint) as depth
from plan_of_programmes

union all

select
    'plan' as hierarchy,
    year,
    'programme' as item_type,
    programme_id as item_id,
    'region' as node_type,
    region_unit_id as node_id,
    cast(1 as bigint) as depth
from plan_of_programmes

union all

select
    'plan' as hierarchy,
    year,
    'region' as item_type,
    item_id,
    node_type,
    node_id,
    cast(0 as bigint) as depth
from organisation_of_units
where item_type = 'region'
