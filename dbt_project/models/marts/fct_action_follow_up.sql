-- Target, outcome and forecast of each action, month by month, with how old and how current the forecast was.
-- Grain: one row per action and month.
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row'

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

profile_months as (

    select * from {{ ref('int_plan__profile_month') }}

),

trends as (

    select * from {{ ref('int_net_effect__trend') }}

),

-- The trend of a row is that of its last closed month.
last_closed as (

    select
        moments.action_id,
        moments.month,
        max(closed_months.month) as closed_month
    from moments
    inner join {{ ref('int_net_effect__closed_month') }} as closed_months
        on moments.action_id = closed_months.action_id and closed_months.month <= moments.month
    group by moments.action_id, moments.month

),

weighted_forecasts as (

    select * from {{ ref('int_follow_up__weighted_forecast') }}

),

final_years as (

    select * from {{ ref('int_period__final_year') }}

),

reckoned as (

    select
        moments.*,
        action_years.full_year_target_sek,
        {{ share_of('moments.target_sek', 'profile_months.profile_part', 'profile_months.profile_whole') }}
            as target_ytd_sek,
        weighted_forecasts.weighted_forecast_sek,
        final_years.year is not null as is_final
    from moments
    inner join action_years
        on moments.action_id = action_years.action_id and moments.year = action_years.year
    left join profile_months
        on moments.action_id = profile_months.action_id and moments.month = profile_months.month
    left join weighted_forecasts
        on moments.action_id = weighted_forecasts.action_id and moments.moment_id = weighted_forecasts.moment_id
    left join final_years
        on moments.year = final_years.year

)

select
    cast(reckoned.action_id as string) as action_id,
    cast(reckoned.month as date) as month,
    cast(reckoned.year as bigint) as year,
    cast(reckoned.target_sek as decimal(18, 2)) as target_sek,
    reckoned.target_ytd_sek,
    cast(reckoned.outcome_ytd_sek as decimal(18, 2)) as outcome_ytd_sek,
    cast(reckoned.outcome_reported_sek as decimal(18, 2)) as outcome_reported_sek,
    cast(reckoned.forecast_sek as decimal(18, 2)) as forecast_sek,
    cast(reckoned.forecast_sek - reckoned.target_sek as decimal(18, 2)) as deviation_sek,
    {{ pct_of('reckoned.forecast_sek', 'reckoned.target_sek') }} as achievement_pct,
    {{ pct_of('reckoned.outcome_ytd_sek', 'reckoned.target_ytd_sek') }} as ytd_achievement_pct,
    cast(reckoned.gross_ytd_sek as decimal(18, 2)) as gross_ytd_sek,
    cast(reckoned.net_ytd_sek as decimal(18, 2)) as net_ytd_sek,
    cast(coalesce(reckoned.net_status, 'no_rule') as string) as net_status,
    trends.run_rate_sek,
    cast(reckoned.full_year_target_sek as decimal(18, 2)) as full_year_target_sek,
    trends.persistence_pct,
    cast(reckoned.outcome_month as date) as outcome_month,
    cast(reckoned.forecast_submitted_at as timestamp) as forecast_submitted_at,
    cast(reckoned.forecast_as_of_month as date) as forecast_as_of_month,
    reckoned.forecast_age_days,
    cast(reckoned.forecast_status as string) as forecast_status,
    cast(reckoned.evidence as string) as evidence,
    cast(reckoned.action_status as string) as action_status,
    reckoned.is_reporting as is_reporting_level,
    cast(reckoned.missed_month as date) as missed_month,
    cast(reckoned.forecast_action_id as string) as forecast_action_id,
    cast(reckoned.judged_on as date) as judged_on,
    cast(reckoned.measured_month as date) as measured_month,
    cast(reckoned.weighted_forecast_sek as decimal(18, 2)) as weighted_forecast_sek,
    reckoned.is_final,
    cast(trends.run_rate_basis as string) as run_rate_basis,
    cast(trends.month as date) as run_rate_month
from reckoned
left join last_closed
    on reckoned.action_id = last_closed.action_id and reckoned.month = last_closed.month
left join trends
    on last_closed.action_id = trends.action_id and last_closed.closed_month = trends.month
