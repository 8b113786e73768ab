-- F1: actions whose forecast is late, stale or missing in the expected month, each with the target that rests on it;
-- and new forecasts that count nowhere, since somebody believes that they do.
-- Grain: one row per finding (action, or action, year and instant of a submission that counts nowhere).
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row' and is_expected_month

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

delivered as (

    select * from {{ ref('int_forecast__delivered') }}

),

findings as (

    select
        moments.action_id,
        moments.year,
        moments.target_sek,
        moments.forecast_status,
        moments.forecast_action_id,
        moments.missed_month,
        action_years.action_name,
        coalesce(action_years.owner_role, units.owner_role) as owner_role,
        given.forecast_as_of_month as given_as_of_month,
        given.forecast_age_days as given_age_days
    from moments
    inner join action_years
        on moments.action_id = action_years.action_id and moments.year = action_years.year
    left join units
        on moments.owning_unit_id = units.unit_id
    left join moments as given
        on moments.forecast_action_id = given.action_id
    where
        moments.is_reporting
        and moments.forecast_status in ('late', 'stale', 'missing')

),

-- Told of while they may be meant for the expected month: what has been submitted cannot be taken back.
uncounted as (

    select
        delivered.*,
        coalesce(action_years.owner_role, 'controller') as owner_role
    from delivered
    inner join (select max(month) as month from moments) as expected
        on delivered.submitted_on >= expected.month
    left join action_years
        on delivered.action_id = action_years.action_id and delivered.year = action_years.year
    where not delivered.is_counted

)

select
    cast('action' as string) as subject_type,
    cast(action_id as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(abs(target_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_name,
            case
                when forecast_status = 'missing'
                    then concat(
                        ': ingen prognos för ', cast(year as string), ' har lämnats; den första skulle ha avsett ',
                        {{ month_sv('missed_month') }}, '.'
                    )
                else concat(
                    ': prognosen',
                    case
                        when forecast_action_id <> action_id
                            then concat(', lämnad på ', forecast_action_id, ' utan uppdelning,')
                        else ''
                    end,
                    ' avser ', {{ month_sv('given_as_of_month') }}, ' och är ',
                    cast(given_age_days as string), ' dagar gammal; prognos för ', {{ month_sv('missed_month') }},
                    case forecast_status
                        when 'late' then ' har inte kommit, men anståndet har inte gått ut.'
                        else ' har inte kommit och anståndet har gått ut.'
                    end
                )
            end,
            ' Målet är ', {{ mnkr_sv('target_sek') }}, ' mnkr.'
        ) as string
    ) as detail
from findings

union all

select
    cast('forecast' as string) as subject_type,
    cast(concat(action_id, '|', cast(year as string), '|', cast(submitted_at as string)) as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(abs(forecast_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            'Prognosen för ', action_id, ' ', cast(year as string), ', lämnad ', cast(submitted_on as string), ', ',
            {{ mnkr_sv('forecast_sek') }}, ' mnkr, räknas inte: ',
            case note
                when 'final_year' then concat('bokslutet för ', cast(year as string), ' var redan slutligt.')
                else 'planen har ingen sådan åtgärd det året. Rätta åtgärdens id eller år, eller lägg till den i planen.'
            end
        ) as string
    ) as detail
from uncounted
