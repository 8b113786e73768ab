{%- set months = parameter('noise_months', 'int') -%}
-- How much each component varies by itself: the sample standard deviation of its monthly effect in the twelve months
-- before the action's start, each against the same month a year earlier, with the rules' own index, add-on and share.
-- Grain: one row per action and component; noise is NULL where any of its rules lacks a month of the two years.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}

),

rule_companies as (

    select * from {{ ref('int_net_effect__rule_company') }}

),

company_months as (

    select * from {{ ref('int_period__company_month') }}

),

claimed_cells as (

    select * from {{ ref('int_net_effect__claimed_cell') }}

),

quantities as (

    select * from {{ ref('int_net_effect__quantity') }}

),

addon_rates as (

    select * from {{ ref('int_net_effect__addon_rate') }}

),

indices as (

    select * from {{ ref('price_index') }}

),

spine as (

    select
        rules.rule_id,
        rules.action_id,
        rules.component,
        rules.basis,
        rules.has_cells,
        rules.index_id,
        months.month,
        {{ add_months('months.month', -12) }} as earlier_month,
        cast(
            case when rules.has_addon then addon_rates.addon_factor else cast(1 as decimal(20, 15)) end
            * rules.share_pct * 0.01 as decimal(20, 15)
        ) as effect_factor
    from rules
    inner join {{ ref('int_organisation__month') }} as months
        on
            {{ add_months('rules.noise_from', 12) }} <= months.month
            and months.month < rules.action_start_month
    left join addon_rates
        on rules.rule_id = addon_rates.rule_id
    where rules.is_reckoned

),

ledger_months as (

    select
        rule_companies.rule_id,
        company_months.month,
        min(case when company_months.is_delivered then 1 else 0 end) = 1 as is_delivered
    from rule_companies
    inner join company_months
        on rule_companies.company = company_months.company
    group by rule_companies.rule_id, company_months.month

),

totals as (

    select
        rule_id,
        month,
        cast(sum(amount_sek) as decimal(28, 8)) as amount_sek,
        max(case when is_unmapped then 1 else 0 end) = 1 as is_unmapped
    from claimed_cells
    where side = 'external'
    group by rule_id, month

),

-- FTE in money, both sides at the later month's standard cost; volumes as one ratio.
counted as (

    select
        spine.rule_id,
        spine.month,
        sum(
            cast(earlier.quantity - later.quantity as double) * cast(coalesce(later.unit_cost_sek, 0) as double) / 12
        ) as fte_effect_sek,
        sum(cast(later.quantity as double)) / nullif(sum(cast(earlier.quantity as double)), 0) as volume_ratio,
        min(
            case
                when
                    earlier.is_known
                    and later.is_known
                    and earlier.series = later.series
                    and (
                        spine.basis <> 'fte'
                        or later.unit_cost_sek is not null
                        or (earlier.quantity = 0 and later.quantity = 0)
                    )
                    then 1
                else 0
            end
        ) = 1 as is_known
    from spine
    inner join quantities as later
        on spine.rule_id = later.rule_id and spine.month = later.month
    left join quantities as earlier
        on
            spine.rule_id = earlier.rule_id
            and spine.earlier_month = earlier.month
            and later.personnel_category = earlier.personnel_category
    group by spine.rule_id, spine.month

),

effects as (

    select
        spine.rule_id,
        spine.action_id,
        spine.component,
        spine.month,
        case spine.basis
            when 'fte' then case when counted.is_known then counted.fte_effect_sek end
            when 'unit_cost'
                then
                    case when counted.is_known then
                        cast(coalesce(earlier.amount_sek, 0) as double) * counted.volume_ratio
                        * case
                            when spine.index_id is null then 1
                            else cast(later_index.index_value as double) / cast(earlier_index.index_value as double)
                        end
                        - cast(coalesce(later.amount_sek, 0) as double)
                    end
            else
                cast(coalesce(earlier.amount_sek, 0) as double)
                * case
                    when spine.index_id is null then 1
                    else cast(later_index.index_value as double) / cast(earlier_index.index_value as double)
                end
                - cast(coalesce(later.amount_sek, 0) as double)
        end * cast(spine.effect_factor as double) as effect_sek,
        (
            not spine.has_cells
            or (coalesce(later_month.is_delivered, false) and coalesce(earlier_month.is_delivered, false))
        )
        and not coalesce(later.is_unmapped, false)
        and not coalesce(earlier.is_unmapped, false) as is_delivered
    from spine
    left join ledger_months as later_month
        on spine.rule_id = later_month.rule_id and spine.month = later_month.month
    left join ledger_months as earlier_month
        on spine.rule_id = earlier_month.rule_id and spine.earlier_month = earlier_month.month
    left join totals as later
        on spine.rule_id = later.rule_id and spine.month = later.month
    left join totals as earlier
        on spine.rule_id = earlier.rule_id and spine.earlier_month = earlier.month
    left join counted
        on spine.rule_id = counted.rule_id and spine.month = counted.month
    left join indices as later_index
        on spine.index_id = later_index.index_id and spine.month = later_index.month
    left join indices as earlier_index
        on spine.index_id = earlier_index.index_id and spine.earlier_month = earlier_index.month

),

rule_counts as (

    select
        action_id,
        component,
        count(*) as rules
    from rules
    group by action_id, component

),

-- A month counts when every rule of the component is known in it.
component_months as (

    select
        effects.action_id,
        effects.component,
        effects.month,
        sum(effects.effect_sek) as effect_sek
    from effects
    inner join rule_counts
        on effects.action_id = rule_counts.action_id and effects.component = rule_counts.component
    where effects.is_delivered and effects.effect_sek is not null
    group by effects.action_id, effects.component, effects.month, rule_counts.rules
    having count(*) = rule_counts.rules

),

deviations as (

    select
        action_id,
        component,
        count(*) as months,
        stddev_samp(effect_sek) as noise_sek
    from component_months
    group by action_id, component

)

select
    rule_counts.action_id,
    rule_counts.component,
    case
        when deviations.months = {{ months }} then cast(round(deviations.noise_sek, 2) as decimal(18, 2))
    end as noise_sek
from rule_counts
left join deviations
    on rule_counts.action_id = deviations.action_id and rule_counts.component = deviations.component
