-- The months that FTE are reckoned for: without gaps, from the first delivered staffing month to the last that is
-- delivered or past its due date. Months of earning before the first delivery were never delivered whole.
-- Grain: one row per month.
with delivered as (

    select month
    from {{ ref('stg_intake__current_slice') }}
    where feed = 'staffing'
    group by month

),

due as (

    select max(month) as month
    from {{ ref('reporting_calendar') }}
    where scope = 'staffing' and due_date < {{ as_of() }}

),

last_months as (

    select max(month) as month from delivered
    union all
    select month from due

),

bounds as (

    select
        (select min(month) from delivered) as first_month,
        (select max(month) from last_months) as last_month

),

months as (

    select month from {{ ref('int_organisation__month') }}

)

select
    months.month,
    cast(extract(year from months.month) * 12 + extract(month from months.month) as bigint) as month_index,
    cast({{ dbt.datediff('months.month', add_months('months.month', 1), 'day') }} as bigint) as days_in_month
from months
inner join bounds on months.month >= bounds.first_month and months.month <= bounds.last_month
