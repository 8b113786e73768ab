-- C1: running actions without an assessment of their consequences, and limits that have been passed. What is this? A
-- running action at the reporting level that nobody has assessed in any perspective by as_of, or one whose indicator
-- stood beyond its limit when it was last delivered. When does it matter? The money is shown alone. How to resolve?
-- Assess the consequences and have them approved; where a limit is passed, decide what gives way.
-- Grain: one row per finding (action, or action, perspective and indicator).
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row' and is_expected_month and action_status = 'running' and is_reporting

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

consequences as (

    select * from {{ ref('fct_consequence') }}

),

indicators as (

    select * from {{ ref('indicator') }}

),

running as (

    select
        moments.action_id,
        moments.target_sek,
        action_years.action_name,
        coalesce(action_years.owner_role, units.owner_role) as owner_role
    from moments
    inner join action_years
        on moments.action_id = action_years.action_id and moments.year = action_years.year
    left join units
        on moments.owning_unit_id = units.unit_id

),

-- An assessment that nobody dated has not been made by any day.
assessed as (

    select distinct action_id
    from consequences
    where assessed_on is not null

),

measured as (

    select
        consequences.*,
        row_number() over (
            partition by consequences.action_id, consequences.perspective, consequences.indicator_id
            order by consequences.month desc
        ) as recency
    from consequences
    where consequences.value is not null and consequences.is_since_start

)

select
    cast('action' as string) as subject_type,
    cast(running.action_id as string) as subject_id,
    cast(running.owner_role as string) as owner_role,
    cast(abs(running.target_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            running.action_name, ': inga konsekvenser är bedömda, varken för den egna verksamheten, andra verksamheter,',
            ' medborgare, medarbetare eller hållbarhet. Målet är ', {{ mnkr_sv('running.target_sek') }}, ' mnkr.'
        ) as string
    ) as detail
from running
left join assessed
    on running.action_id = assessed.action_id
where assessed.action_id is null

union all

select
    cast('consequence' as string) as subject_type,
    cast(concat(running.action_id, '|', measured.perspective, '|', measured.indicator_id) as string) as subject_id,
    cast(running.owner_role as string) as owner_role,
    cast(abs(running.target_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            running.action_name, ': ', coalesce(indicators.indicator_name, measured.indicator_id), ' är ',
            replace(cast(cast(measured.value as decimal(18, 1)) as string), '.', ','), ' i ',
            {{ month_sv('measured.month') }}, ' och gränsen är ',
            replace(cast(cast(measured.limit_value as decimal(18, 1)) as string), '.', ','),
            case when indicators.unit_of_measure is null then '' else concat(' ', indicators.unit_of_measure) end,
            case
                when measured.value_before is null then ''
                else concat(
                    '; före åtgärden var medelvärdet ',
                    replace(cast(cast(measured.value_before as decimal(18, 1)) as string), '.', ',')
                )
            end,
            '.'
        ) as string
    ) as detail
from running
inner join measured
    on running.action_id = measured.action_id and measured.recency = 1 and measured.is_breached
left join indicators
    on measured.indicator_id = indicators.indicator_id
