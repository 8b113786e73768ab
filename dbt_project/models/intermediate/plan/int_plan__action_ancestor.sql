-- The action tree of each year: every action with all actions above it, itself at depth 0. A parent that is not in the
-- plan, lies in another region (two regions are two roots) or closes a circle is no parent: the action stands on top.
-- Grain: one row per year, action and ancestor.
with

nodes as (

    select * from {{ ref('int_plan__tree_node') }}

),

edges as (

    select
        nodes.year,
        nodes.action_id,
        above.action_id as parent_action_id
    from nodes
    left join nodes as above
        on
            nodes.parent_action_id = above.action_id
            and nodes.year = above.year
            and nodes.region_unit_id = above.region_unit_id

),

{{ ancestor_pairs('walk', 'edges', ['year'], 'action_id', 'parent_action_id') }},

circles as (

    select distinct year, descendant as action_id
    from walk
    where depth > 0 and descendant = ancestor

),

sound_edges as (

    select
        edges.year,
        edges.action_id,
        case when circles.action_id is null then edges.parent_action_id end as parent_action_id
    from edges
    left join circles
        on edges.action_id = circles.action_id and edges.year = circles.year

),

{{ ancestor_pairs('pairs', 'sound_edges', ['year'], 'action_id', 'parent_action_id') }}

select
    year,
    descendant as action_id,
    ancestor as ancestor_action_id,
    cast(depth as bigint) as depth
from pairs
