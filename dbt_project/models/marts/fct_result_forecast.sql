-- Each administration's forecast of the year's result, as submitted, against budget; and, as the line net_cost, the
-- whole but financing.
-- Grain: one row per administration, year, result line and submission.
with submission as (

    select * from {{ ref('stg_result_forecast__submission') }}

),

-- Of the same line delivered twice for one instant the last loaded counts.
ranked as (

    select
        submission.*,
        row_number() over (
            partition by administration, year, result_line, submitted_at
            order by sequence desc, _row_number desc
        ) as version_rank
    from submission

),

line as (

    select
        administration,
        year,
        result_line,
        submitted_at,
        as_of_month,
        forecast_sek,
        budget_sek
    from ranked
    where version_rank = 1

),

-- A total with a line missing would look better or worse than it is.
net_cost as (

    select
        administration,
        year,
        'net_cost' as result_line,
        submitted_at,
        max(as_of_month) as as_of_month,
        case when count(*) = count(forecast_sek) then sum(forecast_sek) end as forecast_sek,
        case when count(*) = count(budget_sek) then sum(budget_sek) end as budget_sek
    from line
    where result_line <> 'financing'
    group by administration, year, submitted_at

),

listed as (

    select * from line
    union all
    select * from net_cost

)

select
    cast(administration as string) as administration,
    cast(year as bigint) as year,
    cast(result_line as string) as result_line,
    cast(submitted_at as timestamp) as submitted_at,
    cast(as_of_month as date) as as_of_month,
    cast(forecast_sek as decimal(18,2)) as forecast_sek,
    cast(budget_sek as decimal(18,2)) as budget_sek,
    cast(budget_sek - forecast_sek as decimal(18,2)) as deviation_sek,
    dense_rank() over (partition by administration, year order by submitted_at desc) = 1 as is_latest
from listed
