-- The units of the organisation on every level, and one UNMAPPED per region.
-- Grain: one row per unit.
with

units as (

    select * from {{ ref('int_unit__unit') }}

),

regions as (

    select unit_id, ancestor_unit_id
    from {{ ref('int_unit__ancestor') }}
    where ancestor_level = 'region'

)

select
    units.unit_id,
    units.unit_name,
    units.parent_unit_id,
    units.level,
    units.valid_from,
    units.valid_to,
    regions.ancestor_unit_id as region_unit_id
from units
left join regions
    on units.unit_id = regions.unit_id
