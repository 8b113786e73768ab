-- What each rule comes to on either side, month by month: the sums of its cells, and what they are worth after add-on, index
-- and share. The factors are those of the rule and month, so that they multiply the sums, not each cell.
-- Grain: one row per rule, side and month.
with

sums as (

    select
        action_id,
        component,
        is_gross,
        rule_id,
        side,
        month,
        cast(sum(effect_sek) as decimal(18, 2)) as effect_sek,
        cast(sum(unrounded_baseline_sek) as decimal(28, 8)) as baseline_sek,
        cast(sum(abs(unrounded_baseline_sek)) as decimal(28, 8)) as absolute_baseline_sek,
        cast(sum(unrounded_actual_sek) as decimal(28, 8)) as actual_sek
    from {{ ref('int_net_effect__source') }}
    group by action_id, component, is_gross, rule_id, side, month

),

rule_months as (

    select * from {{ ref('int_net_effect__rule_month_state') }}

)

select
    sums.action_id,
    sums.component,
    sums.is_gross,
    sums.rule_id,
    sums.side,
    sums.month,
    sums.effect_sek,
    cast(
        round(sums.absolute_baseline_sek * abs(rule_months.effect_factor), 10) as decimal(30, 10)
    ) as absolute_baseline_sek,
    cast(
        round(
            cast(round(sums.baseline_sek * rule_months.baseline_ratio, 10) as decimal(30, 10))
            * rule_months.effect_factor,
            10
        ) as decimal(30, 10)
    ) as indexed_baseline_sek,
    cast(round(sums.actual_sek * rule_months.effect_factor, 10) as decimal(30, 10)) as actual_after_factor_sek
from sums
inner join rule_months
    on sums.rule_id = rule_months.rule_id and sums.month = rule_months.month
