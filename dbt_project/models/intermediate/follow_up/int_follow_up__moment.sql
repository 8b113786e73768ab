-- The moments at which the plan is judged. A row moment is a month of the follow-up, judged on as_of where it is the
-- expected month, else when its grace days end; outcomes are those known at as_of. A meeting moment is what a board was
-- shown, judged on the day of the meeting with what was known then. One logic of statuses and sums serves both.
-- Grain: one row per moment.
with

clock as (

    select {{ as_of() }} as as_of

),

calendar as (

    select month, due_date
    from {{ ref('reporting_calendar') }}
    where scope = 'forecast'

),

figures as (

    select * from {{ ref('stg_board_report__figure') }}

),

expected as (

    select max(calendar.month) as month
    from calendar
    cross join clock
    where calendar.due_date < clock.as_of

),

row_moments as (

    select
        calendar.month,
        case
            when calendar.month = expected.month then clock.as_of
            when {{ add_days('calendar.due_date', parameter('grace_days', 'bigint')) }} > clock.as_of then clock.as_of
            else {{ add_days('calendar.due_date', parameter('grace_days', 'bigint')) }}
        end as judged_on,
        clock.as_of as outcomes_known_on,
        calendar.month = expected.month as is_expected_month
    from calendar
    inner join expected
        on calendar.month <= expected.month
    cross join clock

),

meeting_moments as (

    select distinct
        coalesce(figures.reported_month, {{ month_of('figures.meeting_date') }}) as month,
        figures.meeting_date as judged_on
    from figures
    cross join clock
    where figures.meeting_date <= clock.as_of

)

select
    concat('row:', cast(month as string)) as moment_id,
    'row' as kind,
    cast(extract(year from month) as bigint) as year,
    month,
    judged_on,
    outcomes_known_on,
    is_expected_month
from row_moments

union all

select
    concat('meeting:', cast(judged_on as string), ':', cast(month as string)) as moment_id,
    'meeting' as kind,
    cast(extract(year from month) as bigint) as year,
    month,
    judged_on,
    judged_on as outcomes_known_on,
    false as is_expected_month
from meeting_moments
