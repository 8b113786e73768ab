-- The effect of each rule, ledger cell by ledger cell: (baseline x index - actual) x add-on x share. It is rounded to
-- the öre here, once, half away from zero; all above adds these rows. A cell that only the baseline or only the month
-- has is a row too. Where something that the effect needs is not delivered, it is NULL.
-- Grain: one row per rule, company, account, cost centre, side and month; company, account and cost centre are NULL for
-- what has no ledger cell of its own: a fixed baseline, an adjustment of a whole unit, FTE, and unit cost, whose volume
-- belongs to no account.
-- DuckDB rounds a wide decimal four times faster than it casts it to fewer places; so here a cast follows its round.
with

rule_months as (

    select * from {{ ref('int_net_effect__rule_month_state') }}
    where is_reckoned

),

{#- The cell of a claim; the volume of a unit cost belongs to no cell, and so its cost is one line. #}
{%- set cell = ['company', 'account', 'cost_centre'] %}
claimed_cells as (

    select * from {{ ref('int_net_effect__claimed_cell') }}

),

budget_cells as (

    select * from {{ ref('int_net_effect__budget_cell') }}

),

corrections as (

    select * from {{ ref('int_net_effect__correction') }}

),

-- Six decimals decide every half öre of a twelfth, and no error of a quotient in floating point reaches them.
averages as (

    select
        rules.rule_id,
        {%- for code in cell %}
        case when rules.basis <> 'unit_cost' then claimed_cells.{{ code }} end as {{ code }},
        {%- endfor %}
        claimed_cells.side,
        cast(round(cast(sum(claimed_cells.amount_sek) as double) / 12, 6) as decimal(28, 8)) as amount_sek
    from claimed_cells
    inner join (
        select distinct rule_id, basis, baseline_from from rule_months where baseline_method = 'monthly_average'
    ) as rules
        on
            claimed_cells.rule_id = rules.rule_id
            and rules.baseline_from <= claimed_cells.month
            and claimed_cells.month < {{ add_months('rules.baseline_from', 12) }}
    group by
        rules.rule_id,
        {%- for code in cell %}
        case when rules.basis <> 'unit_cost' then claimed_cells.{{ code }} end,
        {%- endfor %}
        claimed_cells.side

),

amounts as (

    select
        rule_months.rule_id,
        rule_months.month,
        {%- for code in cell %}
        case when rule_months.basis <> 'unit_cost' then claimed_cells.{{ code }} end as {{ code }},
        {%- endfor %}
        claimed_cells.side,
        cast(0 as decimal(28, 8)) as baseline_sek,
        cast(0 as decimal(28, 8)) as adjustment_sek,
        claimed_cells.amount_sek as actual_sek,
        claimed_cells.voucher_lines
    from rule_months
    inner join claimed_cells
        on rule_months.rule_id = claimed_cells.rule_id and rule_months.month = claimed_cells.month

    union all

    select
        rule_months.rule_id,
        rule_months.month,
        {%- for code in cell %}
        case when rule_months.basis <> 'unit_cost' then claimed_cells.{{ code }} end as {{ code }},
        {%- endfor %}
        claimed_cells.side,
        claimed_cells.amount_sek as baseline_sek,
        cast(0 as decimal(28, 8)) as adjustment_sek,
        cast(0 as decimal(28, 8)) as actual_sek,
        cast(0 as bigint) as voucher_lines
    from rule_months
    inner join claimed_cells
        on rule_months.rule_id = claimed_cells.rule_id and rule_months.baseline_month = claimed_cells.month

    union all

    select
        rule_months.rule_id,
        rule_months.month,
        averages.company,
        averages.account,
        averages.cost_centre,
        averages.side,
        averages.amount_sek as baseline_sek,
        cast(0 as decimal(28, 8)) as adjustment_sek,
        cast(0 as decimal(28, 8)) as actual_sek,
        cast(0 as bigint) as voucher_lines
    from rule_months
    inner join averages
        on rule_months.rule_id = averages.rule_id

    union all

    select
        rule_months.rule_id,
        rule_months.month,
        budget_cells.company,
        budget_cells.account,
        budget_cells.cost_centre,
        budget_cells.side,
        budget_cells.amount_sek as baseline_sek,
        cast(0 as decimal(28, 8)) as adjustment_sek,
        cast(0 as decimal(28, 8)) as actual_sek,
        cast(0 as bigint) as voucher_lines
    from rule_months
    inner join budget_cells
        on rule_months.rule_id = budget_cells.rule_id and rule_months.month = budget_cells.month

    union all

    select
        rule_id,
        month,
        cast(null as string) as company,
        cast(null as string) as account,
        cast(null as string) as cost_centre,
        case when counterparty_scope = 'internal' then 'internal' else 'external' end as side,
        cast(fixed_sek as decimal(28, 8)) as baseline_sek,
        cast(0 as decimal(28, 8)) as adjustment_sek,
        cast(0 as decimal(28, 8)) as actual_sek,
        cast(0 as bigint) as voucher_lines
    from rule_months
    where baseline_method = 'fixed'

    union all

    select
        rule_id,
        month,
        cast(null as string) as company,
        cast(null as string) as account,
        cast(null as string) as cost_centre,
        'external' as side,
        quantity_baseline_sek as baseline_sek,
        cast(0 as decimal(28, 8)) as adjustment_sek,
        quantity_actual_sek as actual_sek,
        cast(0 as bigint) as voucher_lines
    from rule_months
    where basis = 'fte' and quantity_actual_sek is not null

    union all

    select
        rule_id,
        month,
        cast(null as string) as company,
        cast(null as string) as account,
        cast(null as string) as cost_centre,
        side,
        cast(0 as decimal(28, 8)) as baseline_sek,
        adjustment_sek,
        cast(0 as decimal(28, 8)) as actual_sek,
        cast(0 as bigint) as voucher_lines
    from corrections

),

sums as (

    select
        rule_id,
        month,
        company,
        account,
        cost_centre,
        side,
        cast(sum(baseline_sek) as decimal(28, 8)) as baseline_sek,
        cast(sum(adjustment_sek) as decimal(28, 8)) as adjustment_sek,
        cast(sum(actual_sek) as decimal(28, 8)) as actual_sek,
        cast(sum(voucher_lines) as bigint) as voucher_lines
    from amounts
    group by rule_id, month, company, account, cost_centre, side

)

select
    rule_months.action_id,
    rule_months.component,
    rule_months.is_gross,
    sums.rule_id,
    sums.company,
    sums.account,
    sums.cost_centre,
    sums.side,
    sums.month,
    -- FTE are no amounts of the ledger.
    case
        when rule_months.basis <> 'fte' then cast(round(sums.baseline_sek, 2) as decimal(18, 2))
    end as ledger_baseline_sek,
    case
        when rule_months.basis <> 'fte' then cast(round(sums.actual_sek, 2) as decimal(18, 2))
    end as ledger_actual_sek,
    cast(round(sums.adjustment_sek, 2) as decimal(18, 2)) as adjustment_sek,
    case when rule_months.basis <> 'ledger' then rule_months.baseline_quantity end as baseline_quantity,
    case when rule_months.basis <> 'ledger' then rule_months.actual_quantity end as actual_quantity,
    rule_months.addon_rate_pct,
    cast(round(rule_months.index_ratio, 6) as decimal(12, 6)) as index_ratio,
    rule_months.share_pct,
    case
        when rule_months.has_effect
            then
                cast(
                    round(
                        cast(
                            cast(
                                round((sums.baseline_sek + sums.adjustment_sek) * rule_months.baseline_ratio, 10)
                                as decimal(30, 10)
                            ) - sums.actual_sek as decimal(30, 10)
                        ) * rule_months.effect_factor,
                        2
                    ) as decimal(18, 2)
                )
    end as effect_sek,
    sums.voucher_lines,
    cast(sums.baseline_sek + sums.adjustment_sek as decimal(28, 8)) as unrounded_baseline_sek,
    sums.actual_sek as unrounded_actual_sek,
    rule_months.is_known
from sums
inner join rule_months
    on sums.rule_id = rule_months.rule_id and sums.month = rule_months.month
