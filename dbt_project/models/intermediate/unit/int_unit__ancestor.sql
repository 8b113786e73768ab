-- Every unit with all units above it, itself at depth 0: a figure of a unit belongs to each of its ancestors.
-- Grain: one row per unit and ancestor. The reference tests keep the tree free of cycles.
with

units as (

    select * from {{ ref('int_unit__unit') }}

),

{{ ancestor_pairs('pairs', 'units', [], 'unit_id', 'parent_unit_id') }}

select
    pairs.descendant as unit_id,
    pairs.ancestor as ancestor_unit_id,
    units.level as ancestor_level,
    cast(pairs.depth as bigint) as depth
from pairs
inner join units
    on pairs.ancestor = units.unit_id
