-- What was known of each action at each moment: its latest forecast, how current that is, its outcome, measured where
-- effect rules measure it and else as its owner reported it, and whether its figures stand in totals. The one place
-- where forecast statuses are judged. A board was shown what owners reported: a meeting knows no measured outcome.
-- Grain: one row per action and moment, for the years in which the action has a plan row; as rows, from the first month
-- of the region's plan.
with

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

regions as (

    select * from {{ ref('int_plan__region') }}

),

ancestors as (

    select * from {{ ref('int_plan__action_ancestor') }}

),

moments as (

    select * from {{ ref('int_follow_up__moment') }}

),

submissions as (

    select * from {{ ref('int_forecast__submission') }}

),

net_effects as (

    select * from {{ ref('int_net_effect__action_month') }}

),

calendar as (

    select
        month,
        due_date,
        {{ add_days('due_date', parameter('grace_days', 'bigint')) }} as grace_until
    from {{ ref('reporting_calendar') }}
    where scope = 'forecast'

),

-- Before status_from a completed, withdrawn or replaced action counts as running. Proposed and replaced ones are listed
-- and in no total.
spine as (

    select
        action_years.action_id,
        action_years.year,
        action_years.region_unit_id,
        action_years.owning_unit_id,
        action_years.owner_role,
        action_years.saving_type,
        action_years.effect_type,
        action_years.feasibility,
        action_years.first_month_of_year,
        action_years.target_sek,
        moments.moment_id,
        moments.kind,
        moments.month,
        moments.judged_on,
        moments.outcomes_known_on,
        moments.is_expected_month,
        case
            when
                action_years.status in ('completed', 'withdrawn', 'replaced')
                and moments.judged_on < action_years.status_from
                then 'running'
            else action_years.status
        end as action_status
    from action_years
    inner join moments
        on action_years.year = moments.year
    left join regions
        on action_years.region_unit_id = regions.region_unit_id
    where
        moments.kind = 'meeting'
        or moments.month >= coalesce(regions.first_month, moments.month)

),

submissions_by_moment as (

    select
        spine.moment_id,
        submissions.*,
        row_number() over (
            partition by spine.action_id, spine.moment_id
            order by submissions.submitted_at desc
        ) as submission_rank
    from spine
    inner join submissions
        on
            spine.action_id = submissions.action_id
            and spine.year = submissions.year
            and submissions.submitted_on <= spine.judged_on

),

latest as (

    select * from submissions_by_moment where submission_rank = 1

),

outcomes_by_moment as (

    select
        spine.moment_id,
        submissions.action_id,
        submissions.as_of_month,
        submissions.outcome_ytd_sek,
        row_number() over (
            partition by spine.action_id, spine.moment_id
            order by submissions.as_of_month desc, submissions.submitted_at desc
        ) as outcome_rank
    from spine
    inner join submissions
        on
            spine.action_id = submissions.action_id
            and spine.year = submissions.year
            and submissions.as_of_month <= spine.month
            and submissions.submitted_on <= spine.outcomes_known_on

),

outcomes as (

    select * from outcomes_by_moment where outcome_rank = 1

),

-- A due date has passed the day after. Months after the year ask for no forecast of the year.
first_missed as (

    select
        spine.action_id,
        spine.moment_id,
        min(calendar.month) as month
    from spine
    inner join latest
        on spine.action_id = latest.action_id and spine.moment_id = latest.moment_id
    inner join calendar
        on
            latest.as_of_month < calendar.month
            and calendar.due_date < spine.judged_on
            and calendar.month <= {{ december_of('spine.year') }}
    group by spine.action_id, spine.moment_id

),

first_due as (

    select
        spine.action_id,
        spine.moment_id,
        min(calendar.month) as month
    from spine
    inner join calendar
        on
            spine.first_month_of_year <= calendar.month
            and calendar.due_date < spine.judged_on
            and calendar.month <= {{ december_of('spine.year') }}
    group by spine.action_id, spine.moment_id

),

-- Precedence: missing, stale, late, unchanged, current.
judged as (

    select
        spine.*,
        latest.submitted_at,
        latest.submitted_on,
        latest.as_of_month,
        latest.forecast_sek as submitted_forecast_sek,
        latest.action_id is not null as has_submission,
        outcomes.outcome_ytd_sek as outcome_reported_sek,
        coalesce(net_effects.outcome_ytd_sek, outcomes.outcome_ytd_sek) as outcome_ytd_sek,
        case
            when net_effects.outcome_ytd_sek is not null then net_effects.outcome_month
            when outcomes.outcome_ytd_sek is not null then outcomes.as_of_month
        end as outcome_month,
        case
            when net_effects.outcome_ytd_sek is not null then net_effects.evidence
            when outcomes.outcome_ytd_sek is not null then 'assessed'
        end as evidence,
        net_effects.outcome_month as measured_month,
        net_effects.gross_ytd_sek,
        net_effects.net_ytd_sek,
        net_effects.net_status,
        case when latest.action_id is null then first_due.month else first_missed.month end as missed_month,
        spine.action_status not in ('proposed', 'replaced') as is_counted,
        case
            when spine.action_status in ('proposed', 'replaced') then null
            when spine.action_status in ('completed', 'withdrawn') then 'current'
            when latest.action_id is null and first_due.month is not null then 'missing'
            when latest.action_id is null then null
            when calendar.grace_until < spine.judged_on then 'stale'
            when calendar.month is not null then 'late'
            when latest.is_unchanged then 'unchanged'
            else 'current'
        end as own_status
    from spine
    left join latest
        on spine.action_id = latest.action_id and spine.moment_id = latest.moment_id
    left join outcomes
        on spine.action_id = outcomes.action_id and spine.moment_id = outcomes.moment_id
    left join net_effects
        on
            spine.kind = 'row'
            and spine.action_id = net_effects.action_id
            and spine.month = net_effects.month
    left join first_missed
        on spine.action_id = first_missed.action_id and spine.moment_id = first_missed.moment_id
    left join first_due
        on spine.action_id = first_due.action_id and spine.moment_id = first_due.moment_id
    left join calendar
        on first_missed.month = calendar.month

),

-- A completed action's forecast is its outcome, a withdrawn one's is 0.
forecast as (

    select
        judged.*,
        case judged.action_status
            when 'withdrawn' then cast(0 as decimal(18, 2))
            when 'completed' then judged.outcome_ytd_sek
            else judged.submitted_forecast_sek
        end as forecast_sek,
        judged.has_submission
        or (judged.action_status = 'completed' and judged.outcome_ytd_sek is not null) as has_figure
    from judged

),

above_a_target as (

    select distinct
        ancestors.ancestor_action_id as action_id,
        forecast.moment_id
    from forecast
    inner join ancestors
        on forecast.action_id = ancestors.action_id and forecast.year = ancestors.year
    where
        ancestors.depth > 0
        and forecast.is_counted
        and forecast.target_sek is not null

),

-- The reporting level: the lowest actions that stand in totals and have a target that year.
levelled as (

    select
        forecast.*,
        forecast.is_counted and forecast.target_sek is not null and above_a_target.action_id is null as is_reporting,
        forecast.is_counted and above_a_target.action_id is not null as is_above_reporting
    from forecast
    left join above_a_target
        on forecast.action_id = above_a_target.action_id and forecast.moment_id = above_a_target.moment_id

),

above_a_forecast as (

    select distinct
        ancestors.ancestor_action_id as action_id,
        levelled.moment_id
    from levelled
    inner join ancestors
        on levelled.action_id = ancestors.action_id and levelled.year = ancestors.year
    where
        ancestors.depth > 0
        and levelled.has_figure
        and (levelled.is_reporting or levelled.is_above_reporting)

),

above_an_outcome as (

    select distinct
        ancestors.ancestor_action_id as action_id,
        levelled.moment_id
    from levelled
    inner join ancestors
        on levelled.action_id = ancestors.action_id and levelled.year = ancestors.year
    where
        ancestors.depth > 0
        and levelled.outcome_ytd_sek is not null
        and (levelled.is_reporting or levelled.is_above_reporting)

),

-- A figure given on a parent counts, on the member NOT_SPLIT, only while nothing below it has a forecast for the year.
split as (

    select
        levelled.*,
        levelled.is_above_reporting
        and levelled.has_figure
        and levelled.action_status <> 'withdrawn'
        and above_a_forecast.action_id is null as is_not_split,
        above_an_outcome.action_id is not null as is_outcome_split
    from levelled
    left join above_a_forecast
        on levelled.action_id = above_a_forecast.action_id and levelled.moment_id = above_a_forecast.moment_id
    left join above_an_outcome
        on levelled.action_id = above_an_outcome.action_id and levelled.moment_id = above_an_outcome.moment_id

),

bearing as (

    select
        ancestors.action_id,
        split.moment_id,
        split.action_id as forecast_action_id,
        split.own_status,
        split.missed_month,
        split.as_of_month,
        row_number() over (
            partition by ancestors.action_id, split.moment_id
            order by ancestors.depth
        ) as nearness
    from split
    inner join ancestors
        on split.action_id = ancestors.ancestor_action_id and split.year = ancestors.year
    where
        ancestors.depth > 0
        and split.is_not_split

)

-- Where nothing below has a forecast, those below bear the status of the nearest parent's.
select
    split.action_id,
    split.moment_id,
    split.kind,
    split.year,
    split.month,
    split.judged_on,
    split.is_expected_month,
    split.region_unit_id,
    split.owning_unit_id,
    split.owner_role,
    split.saving_type,
    split.effect_type,
    split.feasibility,
    split.first_month_of_year,
    split.action_status,
    split.is_counted,
    split.is_reporting,
    split.is_not_split,
    split.is_outcome_split,
    split.target_sek,
    split.forecast_sek,
    split.outcome_reported_sek,
    split.outcome_ytd_sek,
    split.outcome_month,
    split.evidence,
    split.measured_month,
    split.gross_ytd_sek,
    split.net_ytd_sek,
    split.net_status,
    split.submitted_at as forecast_submitted_at,
    split.as_of_month as forecast_as_of_month,
    cast({{ dbt.datediff('split.submitted_on', 'split.judged_on', 'day') }} as bigint) as forecast_age_days,
    case when bearing.action_id is not null then bearing.own_status else split.own_status end as forecast_status,
    case when bearing.action_id is not null then bearing.missed_month else split.missed_month end as missed_month,
    case
        when bearing.action_id is not null then bearing.forecast_action_id
        when split.has_figure then split.action_id
    end as forecast_action_id
from split
left join bearing
    on
        split.action_id = bearing.action_id
        and split.moment_id = bearing.moment_id
        and bearing.nearness = 1
        and not split.has_figure
        and split.action_status in ('planned', 'running')
