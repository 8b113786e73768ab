-- The internal transfers of the rules by the unit behind the counterparty: the effect of the internal side, split on
-- whom it moved the money to or from. Not rounded.
-- Grain: one row per rule, counterparty unit and month. A budget and a fixed baseline name no counterparty.
with

rule_months as (

    select * from {{ ref('int_net_effect__rule_month_state') }}
    where has_effect

),

claimed_cells as (

    select
        rule_id,
        counterparty_unit_id,
        month,
        sum(amount_sek) as amount_sek
    from {{ ref('int_net_effect__claimed_cell') }}
    where side = 'internal'
    group by rule_id, counterparty_unit_id, month

),

budget_cells as (

    select
        rule_id,
        month,
        sum(amount_sek) as amount_sek
    from {{ ref('int_net_effect__budget_cell') }}
    where side = 'internal'
    group by rule_id, month

),

averages as (

    select
        rules.rule_id,
        claimed_cells.counterparty_unit_id,
        cast(round(cast(sum(claimed_cells.amount_sek) as double) / 12, 6) as decimal(28, 8)) as amount_sek
    from claimed_cells
    inner join (
        select distinct rule_id, baseline_from from rule_months where baseline_method = 'monthly_average'
    ) as rules
        on
            claimed_cells.rule_id = rules.rule_id
            and rules.baseline_from <= claimed_cells.month
            and claimed_cells.month < {{ add_months('rules.baseline_from', 12) }}
    group by rules.rule_id, claimed_cells.counterparty_unit_id

),

amounts as (

    select
        rule_months.rule_id,
        rule_months.month,
        claimed_cells.counterparty_unit_id,
        cast(0 as decimal(28, 8)) as baseline_sek,
        cast(claimed_cells.amount_sek as decimal(28, 8)) as actual_sek
    from rule_months
    inner join claimed_cells
        on rule_months.rule_id = claimed_cells.rule_id and rule_months.month = claimed_cells.month

    union all

    select
        rule_months.rule_id,
        rule_months.month,
        claimed_cells.counterparty_unit_id,
        cast(claimed_cells.amount_sek as decimal(28, 8)) as baseline_sek,
        cast(0 as decimal(28, 8)) as actual_sek
    from rule_months
    inner join claimed_cells
        on rule_months.rule_id = claimed_cells.rule_id and rule_months.baseline_month = claimed_cells.month

    union all

    select
        rule_months.rule_id,
        rule_months.month,
        averages.counterparty_unit_id,
        averages.amount_sek as baseline_sek,
        cast(0 as decimal(28, 8)) as actual_sek
    from rule_months
    inner join averages
        on rule_months.rule_id = averages.rule_id

    union all

    select
        rule_months.rule_id,
        rule_months.month,
        cast(null as string) as counterparty_unit_id,
        cast(budget_cells.amount_sek as decimal(28, 8)) as baseline_sek,
        cast(0 as decimal(28, 8)) as actual_sek
    from rule_months
    inner join budget_cells
        on rule_months.rule_id = budget_cells.rule_id and rule_months.month = budget_cells.month

    union all

    select
        rule_id,
        month,
        cast(null as string) as counterparty_unit_id,
        cast(fixed_sek as decimal(28, 8)) as baseline_sek,
        cast(0 as decimal(28, 8)) as actual_sek
    from rule_months
    where baseline_method = 'fixed' and counterparty_scope = 'internal'

),

sums as (

    select
        rule_id,
        month,
        counterparty_unit_id,
        cast(sum(baseline_sek) as decimal(28, 8)) as baseline_sek,
        cast(sum(actual_sek) as decimal(28, 8)) as actual_sek
    from amounts
    group by rule_id, month, counterparty_unit_id

)

select
    sums.rule_id,
    sums.counterparty_unit_id,
    sums.month,
    cast(
        cast(cast(sums.baseline_sek * rule_months.baseline_ratio as decimal(30, 10)) - sums.actual_sek as decimal(30, 10))
        * rule_months.effect_factor as decimal(30, 10)
    ) as transfer_sek,
    rule_months.is_known
from sums
inner join rule_months
    on sums.rule_id = rule_months.rule_id and sums.month = rule_months.month
