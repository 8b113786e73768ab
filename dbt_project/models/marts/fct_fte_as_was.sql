-- Full-time equivalents per unit, by the organisation of each month itself.
-- Grain: one row per unit as it was, personnel category, month and FTE definition.
with unit_month as (

    select *
    from {{ ref('int_fte__unit_month') }}
    where organisation = 'as_was'

)

select
    cast(unit_id as string) as unit_id,
    cast(personnel_category as string) as personnel_category,
    cast(month as date) as month,
    cast(fte_definition as string) as fte_definition,
    cast(fte as decimal(12,4)) as fte,
    cast(is_complete as boolean) as is_complete,
    cast(fte_r12 as decimal(12,4)) as fte_r12,
    cast(months_in_window as bigint) as months_in_window,
    cast(fte_r12_change_12m as decimal(12,4)) as fte_r12_change_12m,
    cast(hired_fte as decimal(12,4)) as hired_fte,
    -- Small groups are not merged yet, and no row is.
    false as is_merged
from unit_month
