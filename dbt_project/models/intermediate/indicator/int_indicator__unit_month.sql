-- The value of an indicator in a unit on any level: its own where it delivers one, else that of the delivering units
-- nearest below it. Shares are weighed by their denominators, and counts, which have none, are summed. Where one of
-- those units has not delivered the month the value is NULL: a part would look like the whole.
-- Grain: one row per unit, indicator and month that it, or a unit below it, has a value for.
with delivered as (

    select
        unit_id,
        indicator_id,
        month,
        value,
        denominator,
        row_number() over (
            partition by unit_id, indicator_id, month
            order by known_from desc, sequence desc, _row_number desc
        ) as version_rank
    from {{ ref('stg_indicator__value') }}
    where value is not null

),

-- Two sources that both deliver a value: the last known counts.
indicator_value as (

    select
        unit_id,
        indicator_id,
        month,
        cast(value as decimal(28,4)) as value,
        cast(denominator as decimal(28,4)) as denominator
    from delivered
    where version_rank = 1

),

ancestor as (

    select * from {{ ref('int_unit__ancestor') }}

),

candidate as (

    select
        ancestor.ancestor_unit_id as unit_id,
        ancestor.depth,
        indicator_value.unit_id as part_unit_id,
        indicator_value.indicator_id,
        indicator_value.month,
        indicator_value.value,
        indicator_value.denominator
    from indicator_value
    inner join ancestor on ancestor.unit_id = indicator_value.unit_id

),

-- A part that lies below another part of the unit is in that part's value already.
covered as (

    select
        candidate.unit_id,
        candidate.part_unit_id,
        candidate.indicator_id,
        candidate.month
    from candidate
    inner join ancestor
        on ancestor.unit_id = candidate.part_unit_id
        and ancestor.depth > 0
        and ancestor.depth < candidate.depth
    inner join indicator_value as between_value
        on between_value.unit_id = ancestor.ancestor_unit_id
        and between_value.indicator_id = candidate.indicator_id
        and between_value.month = candidate.month
    group by candidate.unit_id, candidate.part_unit_id, candidate.indicator_id, candidate.month

),

part as (

    select candidate.*
    from candidate
    left join covered
        on covered.unit_id = candidate.unit_id
        and covered.part_unit_id = candidate.part_unit_id
        and covered.indicator_id = candidate.indicator_id
        and covered.month = candidate.month
    where covered.unit_id is null

),

expected as (

    select
        unit_id,
        indicator_id,
        count(distinct part_unit_id) as parts
    from part
    where depth > 0
    group by unit_id, indicator_id

),

total as (

    select
        unit_id,
        indicator_id,
        month,
        min(depth) = 0 as is_own,
        max(case when depth = 0 then value end) as own_value,
        count(case when depth > 0 then 1 end) as parts,
        count(case when depth > 0 then denominator end) as parts_with_denominator,
        sum(case when depth > 0 then value end) as value_sum,
        sum(case when depth > 0 then denominator end) as denominator_sum,
        sum(case when depth > 0 then cast(value as double) * cast(denominator as double) end) as weighted_sum
    from part
    group by unit_id, indicator_id, month

)

select
    total.unit_id,
    total.indicator_id,
    total.month,
    cast(
        case
            when total.is_own then total.own_value
            when total.parts < expected.parts then null
            when total.parts_with_denominator = 0 then total.value_sum
            when total.parts_with_denominator = total.parts
                then cast(
                    round(total.weighted_sum / nullif(cast(total.denominator_sum as double), 0), 4) as decimal(28,4)
                )
        end as decimal(18,4)
    ) as value,
    total.is_own
from total
left join expected
    on expected.unit_id = total.unit_id
    and expected.indicator_id = total.indicator_id
