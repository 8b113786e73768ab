-- Hired staff by the extract, per unit of every level and category, with year to date and last year. A month that is
-- not whole is NULL, never smaller, and so is a year to date with such a month. Not rounded to the öre.
-- Grain: one row per organisation (restated, as_was), unit_id, personnel_category (member ALL) and month. A category
-- has rows for all months of a unit as soon as it has one line there.
with

unit_month as (

    select * from {{ ref('int_hired_staff__unit_month') }}

),

ancestors as (

    select * from {{ ref('int_unit__ancestor') }}

),

spine as (

    select
        organisation,
        unit_id,
        month,
        is_complete
    from {{ ref('int_hired_staff__unit_complete') }}
    where feed = 'hired_staff'

),

cells as (

    select 'restated' as organisation, unit_id, personnel_category, month, hours, cost_sek
    from unit_month
    union all
    select 'as_was' as organisation, unit_id_as_was as unit_id, personnel_category, month, hours, cost_sek
    from unit_month

),

by_category as (

    select
        cells.organisation,
        ancestors.ancestor_unit_id as unit_id,
        cells.personnel_category,
        cells.month,
        sum(cells.hours) as hours,
        sum(cells.cost_sek) as cost_sek
    from cells
    inner join ancestors on cells.unit_id = ancestors.unit_id
    group by cells.organisation, ancestors.ancestor_unit_id, cells.personnel_category, cells.month

),

amounts as (

    select * from by_category
    union all
    select
        organisation,
        unit_id,
        'ALL' as personnel_category,
        month,
        sum(hours) as hours,
        sum(cost_sek) as cost_sek
    from by_category
    group by organisation, unit_id, month

),

categories as (

    select organisation, unit_id, personnel_category
    from by_category
    group by organisation, unit_id, personnel_category
    union all
    select organisation, unit_id, 'ALL' as personnel_category
    from spine
    group by organisation, unit_id

),

months as (

    select
        spine.organisation,
        spine.unit_id,
        categories.personnel_category,
        spine.month,
        cast(extract(month from spine.month) as bigint) as month_number,
        case when spine.is_complete then coalesce(amounts.hours, 0) end as hours,
        case when spine.is_complete then coalesce(amounts.cost_sek, 0) end as cost_sek
    from spine
    inner join categories
        on spine.organisation = categories.organisation and spine.unit_id = categories.unit_id
    left join amounts
        on
            spine.organisation = amounts.organisation
            and spine.unit_id = amounts.unit_id
            and spine.month = amounts.month
            and categories.personnel_category = amounts.personnel_category

),

running as (

    select
        months.*,
        count(cost_sek) over (
            partition by organisation, unit_id, personnel_category, extract(year from month)
            order by month rows between unbounded preceding and current row
        ) as months_known,
        sum(cost_sek) over (
            partition by organisation, unit_id, personnel_category, extract(year from month)
            order by month rows between unbounded preceding and current row
        ) as cost_so_far_sek
    from months

),

years as (

    select
        organisation,
        unit_id,
        personnel_category,
        month,
        hours,
        cost_sek,
        case when months_known = month_number then cost_so_far_sek end as cost_ytd_sek
    from running

)

select
    years.organisation,
    years.unit_id,
    years.personnel_category,
    years.month,
    cast(years.hours as decimal(28, 8)) as hours,
    cast(years.cost_sek as decimal(28, 8)) as cost_sek,
    cast(years.cost_ytd_sek as decimal(28, 8)) as cost_ytd_sek,
    cast(last_year.cost_sek as decimal(28, 8)) as cost_same_month_last_year_sek,
    cast(last_year.cost_ytd_sek as decimal(28, 8)) as cost_ytd_last_year_sek
from years
left join years as last_year
    on
        years.organisation = last_year.organisation
        and years.unit_id = last_year.unit_id
        and years.personnel_category = last_year.personnel_category
        and {{ add_months('years.month', -12) }} = last_year.month
