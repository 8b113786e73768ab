-- The forecasts that count, and which of them repeats itself off its own path. A forecast is repeated when its value
-- and comment (blank = repeated) equal those of the two submissions before. Its path begins at the outcome of the first
-- of the three and reaches the forecast in December, along the part of the profile that remained then; an outcome
-- further from it than the threshold is off the path. Outcomes and months are the owner's in each of the three, and
-- December is not judged. A confirmation answers for a repeated forecast, so many times in a row as max_confirmations
-- says.
-- Grain: one row per action, year and instant of submission.
with

submissions as (

    select * from {{ ref('int_forecast__delivered') }}
    where is_counted

),

profile_months as (

    select * from {{ ref('int_plan__profile_month') }}

),

commented as (

    select
        submissions.*,
        case when trim(submissions.comment) <> '' then trim(submissions.comment) end as new_comment,
        count(case when trim(submissions.comment) <> '' then 1 end) over (
            partition by submissions.action_id, submissions.year
            order by submissions.submitted_at
            rows between unbounded preceding and current row
        ) as comment_number
    from submissions

),

said as (

    select
        commented.*,
        coalesce(max(new_comment) over (partition by action_id, year, comment_number), '') as said_comment
    from commented

),

compared as (

    select
        said.*,
        lag(forecast_sek, 1) over (partition by action_id, year order by submitted_at) as second_forecast_sek,
        lag(forecast_sek, 2) over (partition by action_id, year order by submitted_at) as first_forecast_sek,
        lag(said_comment, 1) over (partition by action_id, year order by submitted_at) as second_comment,
        lag(said_comment, 2) over (partition by action_id, year order by submitted_at) as first_comment,
        lag(outcome_ytd_sek, 1) over (partition by action_id, year order by submitted_at) as second_outcome_sek,
        lag(outcome_ytd_sek, 2) over (partition by action_id, year order by submitted_at) as first_outcome_sek,
        lag(as_of_month, 2) over (partition by action_id, year order by submitted_at) as first_month
    from said

),

-- A forecast made before its year began starts from nothing of the profile.
repeated as (

    select
        compared.action_id,
        compared.year,
        compared.submitted_at,
        compared.first_outcome_sek,
        compared.forecast_sek,
        this_month.profile_part - coalesce(first_months.profile_part, 0) as part_passed,
        this_month.profile_whole - coalesce(first_months.profile_part, 0) as part_remaining
    from compared
    inner join profile_months as this_month
        on
            compared.action_id = this_month.action_id
            and compared.year = this_month.year
            and compared.as_of_month = this_month.month
    left join profile_months as first_months
        on
            compared.action_id = first_months.action_id
            and compared.year = first_months.year
            and compared.first_month = first_months.month
    where
        compared.forecast_sek = compared.second_forecast_sek
        and compared.forecast_sek = compared.first_forecast_sek
        and compared.said_comment = compared.second_comment
        and compared.said_comment = compared.first_comment
        and compared.first_outcome_sek is not null
        and compared.second_outcome_sek is not null
        and compared.outcome_ytd_sek is not null
        and compared.as_of_month < {{ december_of('compared.year') }}

),

pathed as (

    select
        action_id,
        year,
        submitted_at,
        first_outcome_sek
        + {{ share_of('forecast_sek - first_outcome_sek', 'part_passed', 'part_remaining') }} as path_sek
    from repeated

),

judged as (

    select
        compared.*,
        pathed.path_sek,
        coalesce(
            abs(compared.outcome_ytd_sek - pathed.path_sek) * 100
            > abs(compared.forecast_sek) * {{ parameter('unchanged_threshold_pct', 'decimal(9, 4)') }},
            false
        ) as is_off_path
    from compared
    left join pathed
        on
            compared.action_id = pathed.action_id
            and compared.year = pathed.year
            and compared.submitted_at = pathed.submitted_at

),

broken as (

    select
        judged.*,
        sum(case when is_confirmation and is_off_path then 0 else 1 end) over (
            partition by action_id, year
            order by submitted_at
            rows between unbounded preceding and current row
        ) as run_number
    from judged

),

confirmed as (

    select
        broken.*,
        sum(case when is_confirmation and is_off_path then 1 else 0 end) over (
            partition by action_id, year, run_number
            order by submitted_at
            rows between unbounded preceding and current row
        ) as confirmations_in_row
    from broken

)

select
    action_id,
    year,
    submitted_at,
    submitted_on,
    as_of_month,
    forecast_sek,
    outcome_ytd_sek,
    is_confirmation,
    row_number() over (partition by action_id, year order by submitted_at desc) = 1 as is_latest,
    path_sek,
    is_off_path,
    cast(confirmations_in_row as bigint) as confirmations_in_row,
    is_off_path
    and (
        not is_confirmation
        or confirmations_in_row > {{ parameter('max_confirmations', 'bigint') }}
    ) as is_unchanged
from confirmed
