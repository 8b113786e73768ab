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

    select * from {{ ref('int_net_effect__rule_side_month') }}

),

price_volumes as (

    select * from {{ ref('int_net_effect__price_volume') }}

),

noises as (

    select * from {{ ref('int_net_effect__noise') }}

),

-- Avoided and deferred costs were never in the accounts, and do not lower the net cost.
effect_types as (

    select
        action_id,
        effect_type,
        coalesce(effect_type, 'cost') in ('cost', 'revenue') as lowers_net_cost
    from {{ ref('int_plan__action') }}

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
        sum(case when side = 'external' then absolute_baseline_sek else 0 end) as absolute_baseline_sek
    from sources
    group by action_id, component, month

),

-- A component is parted only where each of its rules is, and has a quantity only where it has one rule.
parted as (

    select
        rule_months.action_id,
        rule_months.component,
        rule_months.month,
        sum(price_volumes.volume_effect_sek) as volume_effect_sek,
        sum(price_volumes.price_effect_sek) as price_effect_sek,
        case when count(*) = 1 then min(price_volumes.quantity_unit) end as quantity_unit,
        case when count(*) = 1 then min(price_volumes.baseline_quantity) end as baseline_quantity,
        case when count(*) = 1 then min(price_volumes.actual_quantity) end as actual_quantity
    from rule_months
    left join price_volumes
        on rule_months.rule_id = price_volumes.rule_id and rule_months.month = price_volumes.month
    group by rule_months.action_id, rule_months.component, rule_months.month
    having count(*) = count(price_volumes.rule_id)

),

reckoned as (

    select
        spine.action_id,
        spine.component,
        spine.is_gross,
        spine.month,
        spine.evidence,
        effect_types.effect_type,
        effect_types.lowers_net_cost,
        noises.noise_sek,
        parted.quantity_unit,
        parted.baseline_quantity,
        parted.actual_quantity,
        cast(parted.volume_effect_sek as decimal(18, 2)) as volume_effect_sek,
        cast(parted.price_effect_sek as decimal(18, 2)) as price_effect_sek,
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
    left join parted
        on
            spine.action_id = parted.action_id
            and spine.component = parted.component
            and spine.month = parted.month
    left join noises
        on spine.action_id = noises.action_id and spine.component = noises.component
    left join effect_types
        on spine.action_id = effect_types.action_id

),

-- From January, or the start, to the month; NULL as soon as one of the months is not known.
cumulated as (

    select
        reckoned.*,
        count(*) over to_date_window as months_ytd,
        count(case when is_known then 1 end) over to_date_window as known_months_ytd,
        sum(effect_sek) over to_date_window as effect_sum_sek,
        coalesce(
            min(
                case
                    when quantity_unit = 'fte' and actual_quantity < baseline_quantity then actual_quantity
                    when quantity_unit = 'fte' then baseline_quantity
                end
            ) over (partition by action_id, component) < {{ parameter('small_count_limit', 'int') }},
            false
        ) as is_small_group
    from reckoned
    window to_date_window as (partition by action_id, component, extract(year from month) order by month)

)

select
    action_id,
    component,
    is_gross,
    month,
    evidence,
    effect_type,
    lowers_net_cost,
    has_effect,
    is_known,
    actual_sek,
    effect_sek,
    internal_transfer_sek,
    index_sensitivity_sek,
    quantity_unit,
    -- A small group is shown in no month: one blank among others would tell it.
    {% for quantity in ['baseline_quantity', 'actual_quantity'] -%}
    case when not is_small_group then {{ quantity }} end as {{ quantity }},
    {% endfor -%}
    volume_effect_sek,
    price_effect_sek,
    noise_sek,
    cast(months_ytd as bigint) as months_ytd,
    case when known_months_ytd = months_ytd then cast(effect_sum_sek as decimal(18, 2)) end as effect_ytd_sek,
    -- What a month varies by itself grows with the root of the months that are added.
    case
        when known_months_ytd = months_ytd and noise_sek is not null
            then
                abs(cast(effect_sum_sek as double))
                < {{ parameter('noise_factor', 'double') }} * cast(noise_sek as double) * sqrt(cast(months_ytd as double))
    end as is_within_noise
from cumulated
