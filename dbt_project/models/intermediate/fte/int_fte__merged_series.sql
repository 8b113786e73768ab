{#- Levels of the tree that are walked, from the region down; units below the last stand only above it. -#}
{%- set levels = 7 -%}
-- Which series of FTE the marts merge, since they, or others by them, would show fewer persons than small_count_limit in
-- some month. Never for single months, which windows would give away, and the same in both organisations, whose
-- difference would. Level by level from the region down, among the published units of one parent:
-- 1. A category that is small in a unit is merged there, and the units that merge, merge the same categories. While what
--    one of them merges is small, or only one category, the smallest that remains joins.
-- 2. What a parent's category is more than that of its published units must be no small count, and no small series may
--    be left to be solved for: units join, the smallest first, until each small series shares two of the merged
--    categories with another unit that merges.
-- 3. What a parent merges must not be found by adding up its units: some of them merge it too.
-- Where no choice of units will do, all units of the parent stand only in it, as small units do.
-- Grain: one row per unit and personnel_category that is merged; ALL for a unit that is not published.
with limits as (

    select {{ parameter('small_count_limit', 'bigint') }} as persons

),

unit as (

    select * from {{ ref('int_fte__published_unit') }}

),

series as (

    select
        unit_id,
        personnel_category,
        organisation || ' ' || cast(month as string) as moment,
        persons,
        own_persons,
        moved_persons
    from {{ ref('int_fte__person_count') }}
    where personnel_category <> 'ALL'

),

-- Beside the published units of a parent stands the rest: its own staff, and its units that are not published. Nothing of
-- it is published, and all of it is found by subtraction. Own staff alone is no unit, and is cover, not protected.
cell as (

    select
        coalesce(unit.parent_unit_id, '') as family,
        unit.units_above,
        unit.unit_id as row_id,
        not unit.is_unmapped as is_protected,
        not unit.is_unmapped as may_merge,
        series.personnel_category,
        series.moment,
        series.persons
    from series
    inner join unit on unit.unit_id = series.unit_id
    where unit.is_published and series.persons > 0

    union all

    select
        rest.family,
        rest.units_above,
        '' as row_id,
        coalesce(secret.family is not null, false) as is_protected,
        false as may_merge,
        rest.personnel_category,
        rest.moment,
        sum(rest.persons) as persons
    from (
        select
            unit.unit_id as family,
            unit.units_above + 1 as units_above,
            series.personnel_category,
            series.moment,
            series.own_persons as persons
        from series
        inner join unit on unit.unit_id = series.unit_id
        where unit.is_published

        union all

        select
            parent.unit_id as family,
            parent.units_above + 1 as units_above,
            series.personnel_category,
            series.moment,
            series.persons
        from series
        inner join unit on unit.unit_id = series.unit_id
        inner join unit as parent on parent.unit_id = unit.parent_unit_id
        where not unit.is_published and parent.is_published
    ) as rest
    left join (
        select parent_unit_id as family
        from unit
        where not is_published
        group by parent_unit_id
    ) as secret on secret.family = rest.family
    where rest.persons > 0
    group by
        rest.family, rest.units_above, coalesce(secret.family is not null, false), rest.personnel_category, rest.moment

),

-- A few persons that have another unit in the one organisation than in the other are the difference of the two views.
small as (

    select
        cell.family,
        cell.units_above,
        cell.row_id,
        cell.personnel_category
    from cell
    cross join limits
    where cell.is_protected and cell.persons < limits.persons
    union
    select
        coalesce(unit.parent_unit_id, '') as family,
        unit.units_above,
        unit.unit_id as row_id,
        series.personnel_category
    from series
    inner join unit on unit.unit_id = series.unit_id
    cross join limits
    where
        unit.is_published
        and not unit.is_unmapped
        and series.moved_persons > 0
        and series.moved_persons < limits.persons

),

{%- for level in range(levels) %}

level_{{ level }}_inherited as (

    {%- if level == 0 %}
    select
        '' as family,
        '' as personnel_category
    from limits
    where 1 = 0
    {%- else %}
    select
        unit_id as family,
        personnel_category
    from level_{{ level - 1 }}_merged
    where personnel_category <> 'ALL'
    {%- endif %}

),

level_{{ level }}_needed as (

    select family, personnel_category from small where units_above = {{ level }}
    union
    select family, personnel_category from level_{{ level }}_inherited

),

level_{{ level }}_needing as (

    select
        family,
        row_id
    from small
    where units_above = {{ level }}
    group by family, row_id

),

level_{{ level }}_cell as (

    select cell.*
    from cell
    inner join (select family from level_{{ level }}_needed group by family) as family on family.family = cell.family
    where cell.units_above = {{ level }}

),

-- The categories that must be merged come first, then the others by the staff of the units that must merge.
level_{{ level }}_category as (

    select
        level_{{ level }}_cell.family,
        level_{{ level }}_cell.personnel_category,
        max(case when needed.family is null then 0 else 1 end) as is_needed,
        row_number() over (
            partition by level_{{ level }}_cell.family
            order by
                max(case when needed.family is null then 0 else 1 end) desc,
                sum(case when needing.family is null then 0 else level_{{ level }}_cell.persons end),
                level_{{ level }}_cell.personnel_category
        ) as category_order
    from level_{{ level }}_cell
    left join level_{{ level }}_needed as needed
        on needed.family = level_{{ level }}_cell.family
        and needed.personnel_category = level_{{ level }}_cell.personnel_category
    left join level_{{ level }}_needing as needing
        on needing.family = level_{{ level }}_cell.family and needing.row_id = level_{{ level }}_cell.row_id
    group by level_{{ level }}_cell.family, level_{{ level }}_cell.personnel_category

),

-- What each unit would have merged, for each number of categories, month by month.
level_{{ level }}_merge as (

    select
        level_{{ level }}_cell.family,
        level_{{ level }}_cell.row_id,
        level_{{ level }}_cell.moment,
        choice.category_order as categories,
        sum(level_{{ level }}_cell.persons) as persons
    from level_{{ level }}_cell
    inner join level_{{ level }}_category as category
        on category.family = level_{{ level }}_cell.family
        and category.personnel_category = level_{{ level }}_cell.personnel_category
    inner join level_{{ level }}_category as choice
        on choice.family = category.family and category.category_order <= choice.category_order
    group by
        level_{{ level }}_cell.family,
        level_{{ level }}_cell.row_id,
        level_{{ level }}_cell.moment,
        choice.category_order

),

level_{{ level }}_small_merge as (

    select
        level_{{ level }}_merge.family,
        level_{{ level }}_merge.row_id,
        level_{{ level }}_merge.categories
    from level_{{ level }}_merge
    cross join limits
    where level_{{ level }}_merge.persons < limits.persons
    group by level_{{ level }}_merge.family, level_{{ level }}_merge.row_id, level_{{ level }}_merge.categories

),

level_{{ level }}_chosen as (

    select
        choice.family,
        min(choice.category_order) as categories
    from level_{{ level }}_category as choice
    inner join (
        select
            family,
            sum(is_needed) as needed_categories,
            count(*) as categories
        from level_{{ level }}_category
        group by family
    ) as least_choice on least_choice.family = choice.family
    left join (
        select
            small_merge.family,
            small_merge.categories
        from level_{{ level }}_small_merge as small_merge
        inner join level_{{ level }}_needing as needing
            on needing.family = small_merge.family and needing.row_id = small_merge.row_id
        group by small_merge.family, small_merge.categories
    ) as too_small on too_small.family = choice.family and too_small.categories = choice.category_order
    where
        choice.category_order >= least_choice.needed_categories
        and (choice.category_order >= 2 or least_choice.categories = 1)
        and too_small.family is null
    group by choice.family

),

-- Units that must merge, and the rest, are number 0; those that can, without being small in what they merge, follow.
level_{{ level }}_row as (

    select
        merge.family,
        merge.row_id,
        merge.is_first,
        case
            when merge.is_first then 0
            else row_number() over (partition by merge.family, merge.is_first order by merge.persons, merge.row_id)
        end as row_order
    from (
        select
            level_{{ level }}_merge.family,
            level_{{ level }}_merge.row_id,
            coalesce(level_{{ level }}_merge.row_id = '' or max(needing.row_id) is not null, false) as is_first,
            max(case when cell.may_merge then 1 else 0 end) as may_merge,
            max(case when small_merge.family is null then 0 else 1 end) as is_small,
            sum(level_{{ level }}_merge.persons) as persons
        from level_{{ level }}_merge
        inner join level_{{ level }}_chosen as chosen
            on chosen.family = level_{{ level }}_merge.family
            and chosen.categories = level_{{ level }}_merge.categories
        inner join (
            select family, row_id, may_merge from level_{{ level }}_cell group by family, row_id, may_merge
        ) as cell
            on cell.family = level_{{ level }}_merge.family and cell.row_id = level_{{ level }}_merge.row_id
        left join level_{{ level }}_needing as needing
            on needing.family = level_{{ level }}_merge.family and needing.row_id = level_{{ level }}_merge.row_id
        left join level_{{ level }}_small_merge as small_merge
            on small_merge.family = level_{{ level }}_merge.family
            and small_merge.row_id = level_{{ level }}_merge.row_id
            and small_merge.categories = level_{{ level }}_merge.categories
        group by level_{{ level }}_merge.family, level_{{ level }}_merge.row_id
    ) as merge
    where merge.is_first or (merge.may_merge = 1 and merge.is_small = 0)

),

level_{{ level }}_block as (

    select
        level_{{ level }}_cell.family,
        level_{{ level }}_cell.row_id,
        level_{{ level }}_cell.is_protected,
        level_{{ level }}_cell.personnel_category,
        level_{{ level }}_cell.moment,
        level_{{ level }}_cell.persons,
        level_{{ level }}_row.row_order,
        coalesce(inherited.family is not null, false) as is_inherited
    from level_{{ level }}_cell
    inner join level_{{ level }}_category as category
        on category.family = level_{{ level }}_cell.family
        and category.personnel_category = level_{{ level }}_cell.personnel_category
    inner join level_{{ level }}_chosen as chosen
        on chosen.family = category.family and category.category_order <= chosen.categories
    left join level_{{ level }}_row
        on level_{{ level }}_row.family = level_{{ level }}_cell.family
        and level_{{ level }}_row.row_id = level_{{ level }}_cell.row_id
    left join level_{{ level }}_inherited as inherited
        on inherited.family = level_{{ level }}_cell.family
        and inherited.personnel_category = level_{{ level }}_cell.personnel_category

),

-- Who else could merge the same category, and whether this unit merges another: what stands alone in one of the two ways
-- is found by subtraction, and hides nothing.
level_{{ level }}_merging as (

    select
        family,
        row_id,
        is_protected,
        is_inherited,
        personnel_category,
        moment,
        persons,
        row_order,
        case
            when row_number() over (partition by family, personnel_category, moment order by row_order, row_id) = 1
                then lead(row_order) over (partition by family, personnel_category, moment order by row_order, row_id)
            else min(row_order) over (partition by family, personnel_category, moment)
        end as other_row_order,
        count(*) over (partition by family, row_id, moment) as categories
    from level_{{ level }}_block
    where row_order is not null

),

-- The first unit, by its number, that shares with this one the category and another of those merged.
level_{{ level }}_partner as (

    select
        block.family,
        block.row_id,
        block.personnel_category,
        block.moment,
        min(other_unit.row_order) as row_order
    from level_{{ level }}_block as block
    inner join level_{{ level }}_block as other_unit
        on other_unit.family = block.family
        and other_unit.moment = block.moment
        and other_unit.personnel_category = block.personnel_category
        and other_unit.row_id <> block.row_id
        and other_unit.row_order is not null
    inner join level_{{ level }}_block as other_category
        on other_category.family = block.family
        and other_category.moment = block.moment
        and other_category.row_id = block.row_id
        and other_category.personnel_category <> block.personnel_category
    inner join level_{{ level }}_block as corner
        on corner.family = block.family
        and corner.moment = block.moment
        and corner.row_id = other_unit.row_id
        and corner.personnel_category = other_category.personnel_category
    cross join limits
    where block.persons < limits.persons and block.is_protected and block.row_order is not null
    group by block.family, block.row_id, block.personnel_category, block.moment

),

-- Of what the parent merges, the first unit in which two categories could change places.
level_{{ level }}_carrier as (

    select
        block.family,
        block.personnel_category,
        block.moment,
        min(case when other_category.row_id is not null then block.row_order end) as row_order
    from level_{{ level }}_block as block
    left join level_{{ level }}_block as other_category
        on other_category.family = block.family
        and other_category.moment = block.moment
        and other_category.row_id = block.row_id
        and other_category.is_inherited
        and other_category.personnel_category <> block.personnel_category
    where block.is_inherited
    group by block.family, block.personnel_category, block.moment

),

level_{{ level }}_choice as (

    select
        family,
        row_order
    from level_{{ level }}_row
    group by family, row_order

    union

    select
        family,
        0 as row_order
    from level_{{ level }}_chosen

),

level_{{ level }}_fault as (

    -- A category's merged part is a small count.
    select
        choice.family,
        choice.row_order
    from level_{{ level }}_choice as choice
    inner join level_{{ level }}_block as block on block.family = choice.family
    where block.family <> ''
    group by choice.family, choice.row_order, block.personnel_category, block.moment
    having
        sum(case when block.row_order <= choice.row_order then block.persons else 0 end) > 0
        and sum(case when block.row_order <= choice.row_order then block.persons else 0 end)
        < (select persons from limits)
        and not (
            max(case when block.is_inherited then 1 else 0 end) = 1
            and min(case when coalesce(block.row_order, choice.row_order + 1) <= choice.row_order then 1 else 0 end) = 1
        )

    union

    select
        choice.family,
        choice.row_order
    from level_{{ level }}_choice as choice
    inner join level_{{ level }}_merging as merging
        on merging.family = choice.family and merging.row_order <= choice.row_order
    where merging.family <> '' and merging.categories > 1 and not merging.is_inherited
    group by choice.family, choice.row_order, merging.personnel_category, merging.moment
    having sum(merging.persons) < (select persons from limits)

    union

    -- What a unit merges is a small count, but for categories that nobody else merges.
    select
        choice.family,
        choice.row_order
    from level_{{ level }}_choice as choice
    inner join level_{{ level }}_merging as merging
        on merging.family = choice.family
        and merging.row_order <= choice.row_order
        and (merging.other_row_order <= choice.row_order or merging.is_inherited)
    where merging.family <> '' and merging.is_protected
    group by choice.family, choice.row_order, merging.row_id, merging.moment
    having sum(merging.persons) < (select persons from limits)

    union

    -- A small series can be solved for.
    select
        choice.family,
        choice.row_order
    from level_{{ level }}_choice as choice
    inner join level_{{ level }}_block as block
        on block.family = choice.family and block.row_order <= choice.row_order and block.is_protected
    cross join limits
    left join level_{{ level }}_partner as partner
        on partner.family = block.family
        and partner.row_id = block.row_id
        and partner.personnel_category = block.personnel_category
        and partner.moment = block.moment
    where block.family <> '' and block.persons < limits.persons
        and coalesce(partner.row_order, choice.row_order + 1) > choice.row_order
    group by choice.family, choice.row_order

    union

    -- What the parent merges is found by adding up its units.
    select
        choice.family,
        choice.row_order
    from level_{{ level }}_choice as choice
    inner join level_{{ level }}_carrier as carrier on carrier.family = choice.family
    where coalesce(carrier.row_order, choice.row_order + 1) > choice.row_order
    group by choice.family, choice.row_order

),

level_{{ level }}_rows as (

    select
        family.family,
        min(case when fault.family is null then choice.row_order end) as row_order
    from (select family from level_{{ level }}_category group by family) as family
    left join level_{{ level }}_choice as choice on choice.family = family.family
    left join level_{{ level }}_fault as fault
        on fault.family = choice.family and fault.row_order = choice.row_order
    group by family.family

),

level_{{ level }}_merged as (

    select
        unit.unit_id,
        case when chosen_rows.row_order is null then 'ALL' else category.personnel_category end as personnel_category
    from level_{{ level }}_rows as chosen_rows
    inner join unit
        on coalesce(unit.parent_unit_id, '') = chosen_rows.family
        and unit.is_published
        and unit.units_above = {{ level }}
        and (chosen_rows.row_order is null or not unit.is_unmapped)
    left join level_{{ level }}_row as merging
        on merging.family = chosen_rows.family
        and merging.row_id = unit.unit_id
        and merging.row_order <= chosen_rows.row_order
    left join level_{{ level }}_chosen as chosen
        on chosen.family = merging.family
    left join level_{{ level }}_category as category
        on category.family = chosen.family and category.category_order <= chosen.categories
    where chosen_rows.row_order is null or merging.family is not null
    group by
        unit.unit_id,
        case when chosen_rows.row_order is null then 'ALL' else category.personnel_category end

),
{%- endfor %}

merged as (

    {%- for level in range(levels) %}
    select unit_id, personnel_category from level_{{ level }}_merged
    union all
    {%- endfor %}
    select
        unit_id,
        'ALL' as personnel_category
    from unit
    where not is_published or units_above >= {{ levels }}

),

not_published as (

    select ancestor.unit_id
    from {{ ref('int_unit__ancestor') }} as ancestor
    inner join merged on merged.unit_id = ancestor.ancestor_unit_id
    where merged.personnel_category = 'ALL'
    group by ancestor.unit_id

)

select
    unit_id,
    'ALL' as personnel_category
from not_published

union all

select
    merged.unit_id,
    merged.personnel_category
from merged
left join not_published on not_published.unit_id = merged.unit_id
where not_published.unit_id is null
