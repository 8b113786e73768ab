-- Hired staff by month of work. A period of work across a month end is split by calendar days, both ends included; a
-- line without work dates belongs to its delivery month. Nothing is rounded to the öre here, and the parts of a line
-- sum to the line: each part is the difference between two running shares of it.
-- Grain: one row per unit_id, unit_id_as_was, personnel_category and month of work.

{# A longer period is a sentinel date or a slip of the pen, and tells no month of work. #}
{%- set longest_period_in_months = 12 -%}

with

lines as (

    select * from {{ ref('stg_hired_staff__line') }}

),

known_category as (

    select personnel_category
    from {{ ref('personnel_category') }}
    group by personnel_category

),

cost_centre_month as (

    select
        company,
        cost_centre,
        month,
        unit_id,
        unit_id_as_was,
        share_pct
    from {{ ref('int_organisation__cost_centre_month') }}

),

-- A company without any known cost centre has no known region either.
company_region as (

    select
        company,
        region_id || ':UNMAPPED' as unmapped_unit_id
    from {{ ref('int_ledger__company_region') }}

),

-- One date alone is a day's work; two in the wrong order are the same period.
dated as (

    select
        lines.company,
        lines.cost_centre,
        lines.delivery_month,
        coalesce(known_category.personnel_category, 'UNMAPPED') as personnel_category,
        cast(coalesce(lines.hours, 0) as decimal(18, 2)) as hours,
        cast(coalesce(lines.amount_sek, 0) + coalesce(lines.travel_sek, 0) as decimal(18, 2)) as cost_sek,
        cast(least(
            coalesce(lines.work_from, lines.work_to, lines.delivery_month),
            coalesce(lines.work_to, lines.work_from, lines.delivery_month)
        ) as date) as first_day,
        cast(greatest(
            coalesce(lines.work_from, lines.work_to, lines.delivery_month),
            coalesce(lines.work_to, lines.work_from, lines.delivery_month)
        ) as date) as last_day
    from lines
    left join known_category on known_category.personnel_category = lines.personnel_category

),

spanned as (

    select
        dated.*,
        12 * (extract(year from last_day) - extract(year from first_day))
        + extract(month from last_day) - extract(month from first_day) as months_crossed
    from dated

),

placed as (

    select
        company,
        cost_centre,
        personnel_category,
        hours,
        cost_sek,
        case when months_crossed < {{ longest_period_in_months }} then first_day else delivery_month end as first_day,
        case when months_crossed < {{ longest_period_in_months }} then last_day else delivery_month end as last_day,
        case when months_crossed < {{ longest_period_in_months }} then months_crossed else 0 end as months_crossed
    from spanned

),

numbers as (

    select 0 as number
    {%- for number in range(1, longest_period_in_months) %}
    union all select {{ number }} as number
    {%- endfor %}

),

line_months as (

    select
        placed.*,
        {{ add_months(month_of('placed.first_day'), 'numbers.number') }} as month
    from placed
    inner join numbers on numbers.number <= placed.months_crossed

),

-- Days of the period up to the month's end, and up to its beginning.
counted as (

    select
        line_months.*,
        {{ dbt.datediff('first_day', 'last_day', 'day') }} + 1 as days,
        {{ dbt.datediff(
            'first_day', 'least(last_day, ' ~ add_days(add_months('month', 1), -1) ~ ')', 'day'
        ) }} + 1 as days_to_end,
        {{ dbt.datediff('first_day', 'greatest(first_day, month)', 'day') }} as days_to_start
    from line_months

),

parts as (

    select
        company,
        cost_centre,
        personnel_category,
        month,
        {%- for measure in ['hours', 'cost_sek'] %}
        cast(
            {%- for days, sign in [('days_to_end', ''), ('days_to_start', '- ')] %}
            {{ sign }}case
                when {{ days }} = days then cast({{ measure }} as decimal(22, 8))
                else cast(round(cast({{ measure }} as double) * {{ days }} / days, 8) as decimal(22, 8))
            end
            {%- endfor %} as decimal(22, 8)
        ) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from counted

),

mapped as (

    select
        coalesce(cost_centre_month.unit_id, company_region.unmapped_unit_id, 'UNMAPPED') as unit_id,
        coalesce(cost_centre_month.unit_id_as_was, company_region.unmapped_unit_id, 'UNMAPPED') as unit_id_as_was,
        parts.personnel_category,
        parts.month,
        -- x 0.01 is exact, / 100 is not.
        cast(
            parts.hours * coalesce(cost_centre_month.share_pct, cast(100 as decimal(13, 10))) * 0.01
            as decimal(28, 8)
        ) as hours,
        cast(
            parts.cost_sek * coalesce(cost_centre_month.share_pct, cast(100 as decimal(13, 10))) * 0.01
            as decimal(28, 8)
        ) as cost_sek
    from parts
    left join cost_centre_month
        on
            parts.company = cost_centre_month.company
            and parts.cost_centre = cost_centre_month.cost_centre
            and parts.month = cost_centre_month.month
    left join company_region on parts.company = company_region.company

)

select
    unit_id,
    unit_id_as_was,
    personnel_category,
    month,
    cast(sum(hours) as decimal(28, 8)) as hours,
    cast(sum(cost_sek) as decimal(28, 8)) as cost_sek
from mapped
group by unit_id, unit_id_as_was, personnel_category, month
