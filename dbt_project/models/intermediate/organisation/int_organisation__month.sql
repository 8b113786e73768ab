-- The months on which deliveries may stand, in whole years and without gaps: a year of late rows before the first
-- delivered month (more where a contract allows more), and the budget year after the last. Wider than
-- int_calendar__month, which begins where the plan and the calendar do.
-- Grain: one row per month.
with delivered as (

    select
        min(month) as first_month,
        max(month) as last_month
    from {{ ref('stg_intake__current_slice') }}
    where month is not null

),

calendar as (

    select
        min(month) as first_month,
        max(month) as last_month
    from {{ ref('int_calendar__month') }}

),

late_rows as (

    select max(max_lag_months) as lag_months from {{ source('raw', 'feed') }}

),

reach as (

    select
        first_month,
        last_month
    from delivered
    union all
    select
        first_month,
        last_month
    from calendar
    union all
    select
        {{ month_of(as_of()) }} as first_month,
        {{ month_of(as_of()) }} as last_month

),

bounds as (

    select
        cast(extract(year from min(reach.first_month)) as bigint)
        - cast(ceil(greatest(coalesce(max(late_rows.lag_months), 0), 12) / 12.0) as bigint) as first_year,
        cast(extract(year from max(reach.last_month)) as bigint) + 1 as last_year
    from reach
    cross join late_rows

),

digits as (

    select 0 as digit
    {% for digit in range(1, 10) %}
    union all select {{ digit }} as digit
    {% endfor %}

),

-- A thousand months: 83 years.
numbers as (

    select cast(hundreds.digit * 100 + tens.digit * 10 + ones.digit as int) as number
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones

),

months as (

    select {{ add_months(january_of('bounds.first_year'), 'numbers.number') }} as month
    from bounds
    cross join numbers
    where numbers.number < 12 * (bounds.last_year - bounds.first_year + 1)

)

select month from months
