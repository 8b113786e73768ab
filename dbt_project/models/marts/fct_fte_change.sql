-- Why the rolling twelve-month FTE has changed in a year: the causes of a unit and month add up to
-- fct_fte.fte_r12_change_12m of member ALL to the last decimal. Each cause is the difference between two rounded
-- running sums, in the order of the causes, so that no rounding is left over.
-- Grain: one row per unit, month, FTE definition and cause, where twenty-four months are complete. Units
-- that are too small for FTE of their own have none.
with not_published as (

    select unit_id
    from {{ ref('int_fte__merged_series') }}
    where personnel_category = 'ALL'

),

change as (

    select change.*
    from {{ ref('int_fte__change') }} as change
    left join not_published on not_published.unit_id = change.unit_id
    where not_published.unit_id is null

),

last_cause as (

    select max(cause_number) as cause_number from change

),

rounded as (

    select
        change.unit_id,
        change.month,
        change.fte_definition,
        change.cause,
        change.cause_number,
        case
            when change.cause_number = last_cause.cause_number then cast(change.fte_r12_change_12m as decimal(12,4))
            else cast(change.fte_so_far as decimal(12,4))
        end as fte_so_far
    from change
    cross join last_cause

)

select
    cast(unit_id as string) as unit_id,
    cast(month as date) as month,
    cast(fte_definition as string) as fte_definition,
    cast(cause as string) as cause,
    cast(
        fte_so_far
        - coalesce(lag(fte_so_far) over (partition by unit_id, month, fte_definition order by cause_number), 0)
        as decimal(12,4)
    ) as fte
from rounded
