-- The days of the months that facts can stand on: what a semantic layer reckons time by.
-- Grain: one row per day.
with

months as (

    select * from {{ ref('int_calendar__month') }}

),

numbers as (

    select 0 as number
    {% for number in range(1, 31) %}
    union all select {{ number }} as number
    {% endfor %}

),

days as (

    select
        months.month,
        {{ add_days('months.month', 'numbers.number') }} as date_day
    from months
    cross join numbers

)

select
    date_day,
    month
from days
where {{ month_of('date_day') }} = month
