-- How full-time equivalents are counted, in the versions that hold at as_of.
-- Grain: one row per fte_definition.
with

definitions as (

    select * from {{ ref('fte_definition') }}
    where valid_from <= {{ as_of() }} and (valid_to is null or {{ as_of() }} < valid_to)

)

select
    cast(fte_definition as string) as fte_definition,
    cast(definition_name as string) as definition_name,
    cast(formula as string) as formula,
    cast(norm_hours as decimal(18, 2)) as norm_hours,
    cast(hired_hours_per_fte as decimal(18, 2)) as hired_hours_per_fte,
    cast(is_official as boolean) as is_official,
    cast(valid_from as date) as valid_from,
    cast(note as string) as note
from definitions
