{#- Every component a rule or a plan may name; the first two are what an action aims at, the others are offsets. -#}
{%- set names = [
    'saving', 'revenue', 'own_personnel', 'overtime', 'extra_compensation', 'recruitment', 'hired_staff', 'other_cost',
    'lost_revenue', 'one_off',
] -%}
-- The components of each action's net effect, year by year: those that the plan lists for the year and those that a
-- rule in force measures in it, plan row or not. A listed word that is no component is the component UNKNOWN, which no
-- rule can measure.
-- Grain: one row per action, year and component. Proposed actions have none.
with

action_years as (

    select * from {{ ref('int_plan__action_year') }}
    where coalesce(status, '') <> 'proposed'

),

rules as (

    select * from {{ ref('int_net_effect__rule') }}

),

years as (

    select distinct cast(extract(year from month) as bigint) as year
    from {{ ref('int_organisation__month') }}
    where month <= {{ as_of() }}

),

names as (

    {% for name in names %}
    select '{{ name }}' as component{{ " union all" if not loop.last }}
    {% endfor %}

),

listed as (

    select
        action_years.action_id,
        action_years.year,
        names.component
    from action_years
    inner join names
        on concat(',', replace(action_years.components, ' ', ''), ',') like concat('%,', names.component, ',%')

),

listed_counts as (

    select
        action_id,
        year,
        count(*) as components
    from listed
    group by action_id, year

),

unknown as (

    select
        action_years.action_id,
        action_years.year,
        'UNKNOWN' as component
    from action_years
    left join listed_counts
        on action_years.action_id = listed_counts.action_id and action_years.year = listed_counts.year
    where
        replace(action_years.components, ' ', '') <> ''
        and length(action_years.components) - length(replace(action_years.components, ',', '')) + 1
        > coalesce(listed_counts.components, 0)

),

-- A rule measures a year if it may claim a month of it.
ruled as (

    select
        rules.action_id,
        years.year,
        rules.component,
        case when min(rules.evidence) = 'calculated' then 'calculated' else 'measured' end as evidence
    from rules
    inner join years
        on
            rules.from_on <= {{ december_of('years.year') }}
            and (
                rules.to_on is null
                or (rules.to_on > {{ january_of('years.year') }} and rules.to_on > rules.from_on)
            )
    group by rules.action_id, years.year, rules.component

),

keys as (

    select action_id, year, component from listed
    union
    select action_id, year, component from unknown
    union
    select action_id, year, component from ruled

)

select
    keys.action_id,
    keys.year,
    keys.component,
    keys.component in ('saving', 'revenue') as is_gross,
    listed.component is not null or keys.component = 'UNKNOWN' as is_listed,
    ruled.component is not null as has_rule,
    ruled.evidence
from keys
left join listed
    on keys.action_id = listed.action_id and keys.year = listed.year and keys.component = listed.component
left join ruled
    on keys.action_id = ruled.action_id and keys.year = ruled.year and keys.component = ruled.component
