-- Every unit of the reference table, and one UNMAPPED per region for what names no known unit: money never vanishes.
-- Grain: one row per unit.
with

units as (

    select * from {{ ref('unit') }}

),

unmapped as (

    select
        concat(unit_id, ':UNMAPPED') as unit_id,
        concat('Okänd enhet i ', unit_name) as unit_name,
        unit_id as parent_unit_id,
        valid_from,
        valid_to,
        owner_role
    from units
    where level = 'region'

)

select
    cast(unit_id as string) as unit_id,
    cast(unit_name as string) as unit_name,
    cast(parent_unit_id as string) as parent_unit_id,
    cast(level as string) as level,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(owner_role as string) as owner_role,
    false as is_unmapped
from units

union all

select
    unit_id,
    unit_name,
    parent_unit_id,
    'unit' as level,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(owner_role as string) as owner_role,
    true as is_unmapped
from unmapped
