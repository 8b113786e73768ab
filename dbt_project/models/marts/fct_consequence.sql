-- What the actions do to the operation, citizens and staff: the assessments, and where one names an indicator its
-- values in the action's unit, against those before the action and the limit that was set.
-- Grain: one row per action, perspective, indicator and month. An assessment without an indicator, or without any value
-- of it yet, has one row.
with assessment as (

    select
        consequence.action_id,
        consequence.perspective,
        consequence.indicator_id,
        consequence.limit_value,
        consequence.consequence_text,
        consequence.assessed_on,
        consequence.approved_by_role,
        indicator.direction
    from {{ ref('consequence') }} as consequence
    left join {{ ref('indicator') }} as indicator on indicator.indicator_id = consequence.indicator_id
    where consequence.assessed_on is null or consequence.assessed_on <= {{ as_of() }}

),

plan_year as (

    select
        action_id,
        min(first_month_of_year) as first_month
    from {{ ref('int_plan__action_year') }}
    group by action_id

),

action as (

    select
        action.action_id,
        action.owning_unit_id,
        coalesce({{ month_of('action.start_month') }}, plan_year.first_month) as start_month
    from {{ ref('int_plan__action') }} as action
    inner join plan_year on plan_year.action_id = action.action_id

),

indicator_value as (

    select
        unit_id,
        indicator_id,
        month,
        value
    from {{ ref('int_indicator__unit_month') }}

),

assessed as (

    select
        assessment.*,
        action.owning_unit_id,
        action.start_month
    from assessment
    left join action on action.action_id = assessment.action_id

),

before as (

    select
        assessed.action_id,
        assessed.perspective,
        assessed.indicator_id,
        -- Summed exactly; the one division is rounded to four decimals.
        cast(round(cast(sum(indicator_value.value) as double) / 12, 4) as decimal(18,4)) as value_before
    from assessed
    inner join indicator_value
        on indicator_value.unit_id = assessed.owning_unit_id
        and indicator_value.indicator_id = assessed.indicator_id
        and indicator_value.month >= {{ add_months('assessed.start_month', -12) }}
        and indicator_value.month < assessed.start_month
    group by assessed.action_id, assessed.perspective, assessed.indicator_id
    having count(indicator_value.value) = 12

),

valued as (

    select
        assessed.action_id,
        assessed.perspective,
        coalesce(assessed.indicator_id, 'NONE') as indicator_id,
        coalesce(
            indicator_value.month,
            {{ month_of('assessed.assessed_on') }},
            assessed.start_month,
            {{ month_of(as_of()) }}
        ) as month,
        indicator_value.value,
        before.value_before,
        assessed.limit_value,
        case
            when indicator_value.value is null or assessed.limit_value is null then null
            when assessed.direction = 'lower_is_better' then indicator_value.value > assessed.limit_value
            when assessed.direction = 'higher_is_better' then indicator_value.value < assessed.limit_value
        end as is_breached,
        indicator_value.month >= assessed.start_month as is_since_start,
        assessed.assessed_on,
        assessed.approved_by_role,
        assessed.consequence_text
    from assessed
    left join indicator_value
        on indicator_value.unit_id = assessed.owning_unit_id
        and indicator_value.indicator_id = assessed.indicator_id
    left join before
        on before.action_id = assessed.action_id
        and before.perspective = assessed.perspective
        and before.indicator_id = assessed.indicator_id

)

select
    cast(action_id as string) as action_id,
    cast(perspective as string) as perspective,
    cast(indicator_id as string) as indicator_id,
    cast(month as date) as month,
    cast(value as decimal(18,4)) as value,
    cast(value_before as decimal(18,4)) as value_before,
    cast(limit_value as decimal(18,4)) as limit_value,
    is_breached,
    is_since_start,
    cast(assessed_on as date) as assessed_on,
    cast(consequence_text as string) as consequence_text,
    cast(approved_by_role as string) as approved_by_role
from valued
