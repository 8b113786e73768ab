-- The effect of each component of each action, month by month: from the action's first start month to the last
-- delivered month, until 24 months after completion, not after withdrawal. A month outside the validity of a rule is 0:
-- the rule claims nothing there. A month that a rule cannot reckon is NULL.
-- Grain: one row per action, component and month, in years in which a rule in force measures the component.
with

components as (

    select * from {{ ref('int_net_effect__component') }}
    where has_rule

),

rules as (

    select * from {{ ref('int_net_effect__rule') }}

),

rule_companies as (

    select * from {{ ref('int_net_effect__rule_company') }}

),

company_months as (

    select * from {{ ref('int_period__company_month') }}
    where is_delivered

),

months as (

    select * from {{ ref('int_organisation__month') }}

),

rule_months as (

    select * from {{ ref('int_net_effect__rule_month_state') }}

),

sources as (

    select * from {{ ref('int_net_effect__source') }}

),

actions as (

    select
        action_id,
        min(action_start_month) as start_month,
        min(action_end_on) as end_on
    from rules
    group by action_id

),

last_delivered as (

    select
        rule_companies.action_id,
        max(company_months.month) as month
    from rule_companies
    inner join company_months
        on rule_companies.company = company_months.company
    group by rule_companies.action_id

),

last_delivered_anywhere as (

    select max(month) as month from company_months

),

spine as (

    select
        components.action_id,
        components.component,
        components.is_gross,
        components.evidence,
        months.month
    from components
    inner join actions
        on components.action_id = actions.action_id
    left join last_delivered
        on components.action_id = last_delivered.action_id
    cross join last_delivered_anywhere
    inner join months
        on
            components.year = extract(year from months.month)
            and actions.start_month <= months.month
            and (actions.end_on is null or months.month < actions.end_on)
            and months.month <= coalesce(last_delivered.month, last_delivered_anywhere.month)

),

states as (

    select
        action_id,
        component,
        month,
        min(case when has_effect then 1 else 0 end) = 1 as has_effect,
        min(case when is_known then 1 else 0 end) = 1 as is_known
    from rule_months
    group by action_id, component, month

),

sums as (

    select
        action_id,
        component,
        month,
        sum(case when side = 'external' then effect_sek else 0 end) as effect_sek,
        sum(case when side = 'internal' then effect_sek else 0 end) as internal_transfer_sek,
        sum(case when side = 'external' then actual_after_factor_sek else 0 end) as actual_sek,
        sum(case when side = 'external' then abs(baseline_before_index_sek) else 0 end) as absolute_baseline_sek
    from sources
    group by action_id, component, month

)

select
    spine.action_id,
    spine.component,
    spine.is_gross,
    spine.month,
    spine.evidence,
    coalesce(states.has_effect, true) as has_effect,
    coalesce(states.is_known, true) as is_known,
    case
        when coalesce(states.has_effect, true)
            then cast(round(coalesce(sums.actual_sek, 0), 2) as decimal(18, 2))
    end as actual_sek,
    case
        when coalesce(states.has_effect, true)
            then cast(coalesce(sums.effect_sek, 0) as decimal(18, 2))
    end as effect_sek,
    case
        when coalesce(states.has_effect, true)
            then cast(coalesce(sums.internal_transfer_sek, 0) as decimal(18, 2))
    end as internal_transfer_sek,
    case
        when coalesce(states.has_effect, true)
            then
                cast(
                    round(
                        coalesce(sums.absolute_baseline_sek, 0)
                        * {{ parameter('index_sensitivity_pct_points', 'decimal(9,4)') }} * 0.01,
                        2
                    ) as decimal(18, 2)
                )
    end as index_sensitivity_sek
from spine
left join states
    on
        spine.action_id = states.action_id
        and spine.component = states.component
        and spine.month = states.month
left join sums
    on
        spine.action_id = sums.action_id
        and spine.component = sums.component
        and spine.month = sums.month
