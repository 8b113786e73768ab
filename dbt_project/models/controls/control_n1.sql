{#- The components, as a controller calls them, in the order in which they are listed. -#}
{%- set labels = {
    'saving': 'besparing',
    'revenue': 'intäkt',
    'own_personnel': 'egen personal',
    'overtime': 'övertid',
    'extra_compensation': 'extraersättning',
    'recruitment': 'rekrytering',
    'hired_staff': 'hyrpersonal',
    'other_cost': 'annan kostnad',
    'lost_revenue': 'utebliven intäkt',
    'one_off': 'engångspost',
    'UNKNOWN': 'ett ord som inte är en komponent',
} -%}
-- N1: every action that requires net has all components.
-- What is this? Actions whose net is not known in the expected month, because the plan lists no components or no
-- offset, a listed component has no effect rule, or a rule has no data. When does it matter? Their effect is shown gross,
-- and what the saving costs elsewhere is in no total. How to resolve? List the components in the plan and have the
-- missing rules approved; a month without data waits for its delivery or its mapping.
-- Grain: one row per finding (action).
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row' and is_expected_month and is_counted

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}
    where requires_net

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

components as (

    select * from {{ ref('int_net_effect__component') }}

),

component_months as (

    select * from {{ ref('int_net_effect__component_month') }}

),

required as (

    select
        moments.action_id,
        moments.year,
        moments.measured_month,
        moments.net_status,
        moments.gross_ytd_sek,
        moments.outcome_reported_sek,
        action_years.action_name,
        coalesce(action_years.owner_role, units.owner_role) as owner_role
    from moments
    inner join action_years
        on moments.action_id = action_years.action_id and moments.year = action_years.year
    left join units
        on moments.owning_unit_id = units.unit_id
    where coalesce(moments.net_status, 'no_rule') <> 'net'

),

last_unknown as (

    select
        required.action_id,
        component_months.component,
        max(component_months.month) as month
    from required
    inner join component_months
        on
            required.action_id = component_months.action_id
            and required.year = extract(year from component_months.month)
            and component_months.month <= required.measured_month
    where not component_months.is_known
    group by required.action_id, component_months.component

),

gaps as (

    select
        required.action_id,
        count(case when components.is_listed then 1 end) as listed,
        count(case when components.is_listed and not components.is_gross then 1 end) as listed_offsets,
        count(case when components.is_listed and not components.has_rule then 1 end) as without_rule,
        count(case when components.is_gross and components.has_rule then 1 end) as gross_rules,
        count(last_unknown.component) as without_data,
        max(last_unknown.month) as last_unknown_month,
        concat(
            {% for component, label in labels.items() %}
            max(
                case
                    when components.component = '{{ component }}' and components.is_listed and not components.has_rule
                        then ', {{ label }}'
                    else ''
                end
            ){{ "," if not loop.last }}
            {% endfor %}
        ) as components_without_rule,
        concat(
            {% for component, label in labels.items() %}
            max(
                case
                    when components.component = '{{ component }}' and last_unknown.component is not null
                        then ', {{ label }}'
                    else ''
                end
            ){{ "," if not loop.last }}
            {% endfor %}
        ) as components_without_data
    from required
    left join components
        on required.action_id = components.action_id and required.year = components.year
    left join last_unknown
        on components.action_id = last_unknown.action_id and components.component = last_unknown.component
    group by required.action_id

),

findings as (

    select
        required.*,
        gaps.listed,
        gaps.listed_offsets,
        gaps.without_rule,
        gaps.gross_rules,
        gaps.without_data,
        gaps.last_unknown_month,
        gaps.components_without_rule,
        gaps.components_without_data
    from required
    inner join gaps
        on required.action_id = gaps.action_id
    -- Where no month is closed yet there is nothing to miss but components and rules.
    where gaps.listed_offsets = 0 or gaps.without_rule > 0 or gaps.gross_rules = 0 or gaps.without_data > 0

)

select
    cast('action' as string) as subject_type,
    cast(action_id as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(abs(coalesce(gross_ytd_sek, outcome_reported_sek)) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_name, ': nettoberäkning saknas.',
            case
                when listed = 0 then ' Planen anger inga komponenter.'
                when listed_offsets = 0 then ' Planen anger ingen motkostnad.'
                else ''
            end,
            case
                when without_rule > 0
                    then concat(' Effektregel saknas för ', substr(components_without_rule, 3), '.')
                when gross_rules = 0 then ' Effektregel saknas för besparingen.'
                else ''
            end,
            case
                when without_data > 0
                    then concat(
                        ' Data saknas för ', substr(components_without_data, 3), ', senast i ',
                        {{ month_sv('last_unknown_month') }}, '.'
                    )
                else ''
            end,
            case
                when gross_ytd_sek is not null
                    then concat(' Brutto hittills är ', {{ mnkr_sv('gross_ytd_sek') }}, ' mnkr.')
                when outcome_reported_sek is not null
                    then concat(' Ägarens utfall hittills är ', {{ mnkr_sv('outcome_reported_sek') }}, ' mnkr.')
                else ''
            end
        ) as string
    ) as detail
from findings
