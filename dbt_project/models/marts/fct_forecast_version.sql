-- Every forecast that owners have submitted, with its change from the one before and, once the year is final, its
-- error.
-- Grain: one row per action, year and instant of submission.
with

submissions as (

    select * from {{ ref('int_forecast__submission') }}

),

periods as (

    select * from {{ ref('period') }}

),

companies as (

    select count(distinct company) as companies from periods

),

-- A year is final when every company of the reference table has made its December final by as_of.
final_years as (

    select
        extract(year from periods.month) as year,
        count(distinct periods.company) as companies
    from periods
    where
        extract(month from periods.month) = 12
        and periods.final_on <= {{ as_of() }}
    group by extract(year from periods.month)

),

decembers as (

    select
        submissions.action_id,
        submissions.year,
        submissions.outcome_ytd_sek,
        row_number() over (
            partition by submissions.action_id, submissions.year
            order by submissions.submitted_at desc
        ) as outcome_rank
    from submissions
    where submissions.as_of_month = {{ december_of('submissions.year') }}

),

final_outcomes as (

    select
        decembers.action_id,
        decembers.year,
        decembers.outcome_ytd_sek
    from decembers
    inner join final_years
        on decembers.year = final_years.year
    inner join companies
        on final_years.companies = companies.companies
    where decembers.outcome_rank = 1

)

select
    cast(submissions.action_id as string) as action_id,
    submissions.year,
    cast(submissions.submitted_at as timestamp) as submitted_at,
    cast(submissions.as_of_month as date) as as_of_month,
    cast(submissions.version as bigint) as version,
    cast(submissions.forecast_sek as decimal(18, 2)) as forecast_sek,
    cast(
        submissions.forecast_sek - lag(submissions.forecast_sek) over (
            partition by submissions.action_id, submissions.year
            order by submissions.submitted_at
        ) as decimal(18, 2)
    ) as change_sek,
    submissions.is_latest,
    cast(submissions.forecast_sek - final_outcomes.outcome_ytd_sek as decimal(18, 2)) as error_sek
from submissions
left join final_outcomes
    on submissions.action_id = final_outcomes.action_id and submissions.year = final_outcomes.year
