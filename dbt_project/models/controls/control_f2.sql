-- F2: forecasts repeated for the third time although the outcome has left their own path.
-- What is this? Value and comment are those of the two submissions before, nobody has confirmed them or has done so too
-- often, and the outcome is off the way to the forecast. When does it matter? The figure looks new and is old. How to
-- resolve? A new forecast, or a confirmation that says why the outcome will catch up.
-- Grain: one row per finding (the action that the forecast was given on).
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

submissions as (

    select * from {{ ref('int_forecast__submission') }}
    where is_unchanged

),

-- A parent's forecast that is not split bears on those below: one finding, on the parent.
bearing as (

    select distinct forecast_action_id as action_id
    from moments
    where is_reporting and forecast_status = 'unchanged'

),

findings as (

    select
        moments.action_id,
        action_years.action_name,
        coalesce(action_years.owner_role, units.owner_role) as owner_role,
        submissions.forecast_sek,
        submissions.outcome_ytd_sek,
        submissions.path_sek,
        submissions.as_of_month,
        submissions.confirmations_in_row
    from bearing
    inner join moments
        on bearing.action_id = moments.action_id
    inner join submissions
        on
            moments.action_id = submissions.action_id
            and moments.year = submissions.year
            and moments.forecast_submitted_at = submissions.submitted_at
    inner join action_years
        on moments.action_id = action_years.action_id and moments.year = action_years.year
    left join units
        on moments.owning_unit_id = units.unit_id

)

select
    cast('action' as string) as subject_type,
    cast(action_id as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(abs(outcome_ytd_sek - path_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_name, ': prognosen ', {{ mnkr_sv('forecast_sek') }},
            ' mnkr är densamma i tre inlämningar i rad, men utfallet till och med ', {{ month_sv('as_of_month') }}, ' är ',
            {{ mnkr_sv('outcome_ytd_sek') }}, ' mnkr och borde på väg dit vara ', {{ mnkr_sv('path_sek') }}, ' mnkr.',
            case
                when confirmations_in_row > 0
                    then concat(
                        ' Den har bekräftats ', cast(confirmations_in_row as string),
                        ' gånger i rad; det godtas inte längre.'
                    )
                else ''
            end
        ) as string
    ) as detail
from findings
