-- Which units have FTE of their own in the marts. A unit with fewer persons than small_count_limit in some month stands
-- only in its parent; so do, the smallest first, as many of its siblings as it takes for what the parent is more than its
-- published units to be no small count either. What stands directly on a parent is no unit, and is not protected, nor
-- is UNMAPPED, whose staff nobody can point out. Both organisations are judged together.
-- Grain: one row per unit.
with limits as (

    select {{ parameter('small_count_limit', 'bigint') }} as persons

),

units as (

    select
        unit_id,
        parent_unit_id,
        is_unmapped
    from {{ ref('int_unit__unit') }}

),

ancestor as (

    select
        unit_id,
        ancestor_unit_id,
        depth
    from {{ ref('int_unit__ancestor') }}

),

total as (

    select
        organisation,
        unit_id,
        month,
        persons,
        own_persons,
        moved_persons
    from {{ ref('int_fte__person_count') }}
    where personnel_category = 'ALL'

),

small as (

    select
        units.unit_id,
        units.parent_unit_id
    from units
    inner join total on total.unit_id = units.unit_id
    cross join limits
    where not units.is_unmapped and total.persons > 0 and total.persons < limits.persons
    group by units.unit_id, units.parent_unit_id

),

family as (

    select parent_unit_id
    from small
    where parent_unit_id is not null
    group by parent_unit_id

),

-- The small units come first, as number 0; their siblings follow by size.
sibling as (

    select
        units.parent_unit_id,
        units.unit_id,
        case
            when max(small.unit_id) is not null then 0
            else row_number() over (
                partition by units.parent_unit_id, max(small.unit_id) is null
                order by sum(coalesce(total.persons, 0)), units.unit_id
            )
        end as hiding_order
    from units
    inner join family on family.parent_unit_id = units.parent_unit_id
    left join small on small.unit_id = units.unit_id
    left join total on total.unit_id = units.unit_id
    where not units.is_unmapped
    group by units.parent_unit_id, units.unit_id

),

hidden_count as (

    select
        sibling.parent_unit_id,
        choice.hiding_order,
        total.organisation,
        total.month,
        sum(total.persons) as persons
    from sibling
    inner join (select parent_unit_id, hiding_order from sibling group by parent_unit_id, hiding_order) as choice
        on choice.parent_unit_id = sibling.parent_unit_id and sibling.hiding_order <= choice.hiding_order
    inner join total on total.unit_id = sibling.unit_id
    group by sibling.parent_unit_id, choice.hiding_order, total.organisation, total.month

),

-- Of each choice the months in which the rest would be a small count.
judged as (

    select
        hidden_count.parent_unit_id,
        hidden_count.hiding_order,
        count(
            case
                when hidden_count.persons > 0 and hidden_count.persons + coalesce(total.own_persons, 0) < limits.persons
                    then 1
            end
        ) as small_months
    from hidden_count
    cross join limits
    left join total
        on total.unit_id = hidden_count.parent_unit_id
        and total.organisation = hidden_count.organisation
        and total.month = hidden_count.month
    group by hidden_count.parent_unit_id, hidden_count.hiding_order

),

chosen as (

    select
        parent_unit_id,
        coalesce(min(case when small_months = 0 then hiding_order end), max(hiding_order)) as hiding_order
    from judged
    group by parent_unit_id

),

hidden as (

    select unit_id from small where parent_unit_id is null
    union
    select sibling.unit_id
    from sibling
    inner join chosen
        on chosen.parent_unit_id = sibling.parent_unit_id and sibling.hiding_order <= chosen.hiding_order

),

below_hidden as (

    select ancestor.unit_id
    from ancestor
    inner join hidden on hidden.unit_id = ancestor.ancestor_unit_id
    group by ancestor.unit_id

),

-- Whoever has both organisations has their difference: the staff that has another unit in the one than in the other.
moving as (

    select
        total.unit_id,
        max(case when total.moved_persons < limits.persons then 1 else 0 end) = 1 as moves_few
    from total
    cross join limits
    where total.moved_persons > 0
    group by total.unit_id

),

level as (

    select
        unit_id,
        max(depth) as units_above
    from ancestor
    group by unit_id

)

select
    units.unit_id,
    units.parent_unit_id,
    units.is_unmapped,
    cast(level.units_above as bigint) as units_above,
    below_hidden.unit_id is null as is_published,
    moving.unit_id is not null as moves_any,
    coalesce(moving.moves_few, false) as moves_few
from units
inner join level on level.unit_id = units.unit_id
left join below_hidden on below_hidden.unit_id = units.unit_id
left join moving on moving.unit_id = units.unit_id
