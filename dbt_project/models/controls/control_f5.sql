-- F5: forecasts that need more than twice the pace of the last three months. What is this? What remains to the
-- forecast, spread over what is left of the profile, against what the last three months gave of theirs. When does it
-- matter? The forecast rests on a turn that has not begun. How to resolve? Lower the forecast, or say what will make
-- the pace double.
-- Grain: one row per finding (action).
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row'

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

profile_months as (

    select * from {{ ref('int_plan__profile_month') }}

),

forecasts as (

    select
        moments.*,
        {{ add_months('moments.outcome_month', '-' ~ parameter('required_pace_months', 'int')) }} as earlier_month,
        moments.evidence <> 'assessed' as is_measured
    from moments
    where
        is_expected_month
        and (is_reporting or is_not_split)
        and action_status in ('planned', 'running')
        and forecast_sek is not null
        and outcome_ytd_sek is not null

),

-- Where the year, or the action in it, is just as old as the pace is long, the earlier outcome is 0. An outcome of
-- another basis, measured against the owner's own, is no earlier outcome.
paced as (

    select
        forecasts.action_id,
        forecasts.year,
        forecasts.owning_unit_id,
        forecasts.outcome_month,
        forecasts.forecast_sek,
        forecasts.outcome_ytd_sek,
        case
            when forecasts.earlier_month < forecasts.first_month_of_year then 0
            else earlier.outcome_ytd_sek
        end as earlier_outcome_sek,
        this_month.profile_part - coalesce(earlier_part.profile_part, 0) as part_passed,
        this_month.profile_whole - this_month.profile_part as part_remaining
    from forecasts
    inner join profile_months as this_month
        on
            forecasts.action_id = this_month.action_id
            and forecasts.year = this_month.year
            and forecasts.outcome_month = this_month.month
    left join profile_months as earlier_part
        on
            forecasts.action_id = earlier_part.action_id
            and forecasts.year = earlier_part.year
            and forecasts.earlier_month = earlier_part.month
    left join moments as earlier
        on
            forecasts.action_id = earlier.action_id
            and forecasts.year = earlier.year
            and forecasts.earlier_month = earlier.month
            and earlier.outcome_month = earlier.month
            and forecasts.is_measured = (earlier.evidence <> 'assessed')
    where
        forecasts.earlier_month >= forecasts.first_month_of_year
        or {{ add_months('forecasts.earlier_month', 1) }} = forecasts.first_month_of_year

),

-- In the double pace, what is left of the profile gives no more than this.
reachable as (

    select
        paced.*,
        {{ share_of('outcome_ytd_sek - earlier_outcome_sek', 'part_remaining', 'part_passed') }}
        * {{ parameter('required_pace_factor', 'decimal(9, 4)') }} as reachable_sek
    from paced
    where part_passed > 0 and part_remaining > 0

),

findings as (

    select
        reachable.*,
        action_years.action_name,
        coalesce(action_years.owner_role, units.owner_role) as owner_role
    from reachable
    inner join action_years
        on reachable.action_id = action_years.action_id and reachable.year = action_years.year
    left join units
        on reachable.owning_unit_id = units.unit_id
    where
        reachable.forecast_sek > reachable.outcome_ytd_sek
        and reachable.forecast_sek - reachable.outcome_ytd_sek > reachable.reachable_sek

)

select
    cast('action' as string) as subject_type,
    cast(action_id as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(forecast_sek - outcome_ytd_sek - reachable_sek as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_name, ': till prognosen ', {{ mnkr_sv('forecast_sek') }}, ' mnkr återstår ',
            {{ mnkr_sv('forecast_sek - outcome_ytd_sek') }}, ' mnkr efter ', {{ month_sv('outcome_month') }},
            ', men de senaste månaderna gav ', {{ mnkr_sv('outcome_ytd_sek - earlier_outcome_sek') }},
            ' mnkr; också i dubbel takt blir det ', {{ mnkr_sv('reachable_sek') }}, ' mnkr till.'
        ) as string
    ) as detail
from findings
