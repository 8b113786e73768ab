-- The months that facts can stand on: without gaps, from the plan's or the reporting calendar's first month to the
-- reporting calendar's last.
-- Grain: one row per month.
with

calendar as (

    select * from {{ ref('reporting_calendar') }}

),

plan as (

    select * from {{ ref('int_plan__action_year') }}

),

firsts as (

    select min(month) as month from calendar
    union all
    select min(start_month) as month from plan

),

bounds as (

    select
        (select {{ month_of('min(month)') }} from firsts) as first_month,
        (select {{ month_of('max(month)') }} from calendar) as last_month

),

digits as (

    select 0 as digit
    {% for digit in range(1, 10) %}
    union all select {{ digit }} as digit
    {% endfor %}

),

-- A thousand months: 83 years.
numbers as (

    select hundreds.digit * 100 + tens.digit * 10 + ones.digit as number
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones

),

months as (

    select
        {{ add_months('bounds.first_month', 'numbers.number') }} as month,
        bounds.last_month
    from bounds
    cross join numbers
    where bounds.first_month is not null

)

select
    month,
    cast(extract(year from month) as bigint) as year,
    cast(extract(month from month) as bigint) as month_number,
    cast(floor((extract(month from month) - 1) / 4.0) + 1 as bigint) as tertial
from months
where month <= last_month
