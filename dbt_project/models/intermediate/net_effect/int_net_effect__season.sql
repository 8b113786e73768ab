-- How the baseline of each rule for saving or revenue is spread over the months of a year: what a month weighs when
-- three of them are to stand for twelve. A monthly average and a fixed sum are flat.
-- Grain: one row per such rule and month number.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}
    where is_reckoned and is_gross

),

claimed_cells as (

    select * from {{ ref('int_net_effect__claimed_cell') }}
    where side = 'external'

),

budget_cells as (

    select * from {{ ref('int_net_effect__budget_cell') }}
    where side = 'external'

),

quantities as (

    select * from {{ ref('int_net_effect__quantity') }}

),

month_numbers as (

    select distinct extract(month from month) as month_number
    from {{ ref('int_organisation__month') }}

),

amounts as (

    select
        rules.rule_id,
        extract(month from claimed_cells.month) as month_number,
        sum(claimed_cells.amount_sek) as amount_sek
    from rules
    inner join claimed_cells
        on
            rules.rule_id = claimed_cells.rule_id
            and rules.baseline_from <= claimed_cells.month
            and claimed_cells.month < {{ add_months('rules.baseline_from', 12) }}
    where rules.baseline_method in ('same_month', 'monthly_average') and rules.has_cells
    group by rules.rule_id, extract(month from claimed_cells.month)

    union all

    select
        rules.rule_id,
        extract(month from quantities.month) as month_number,
        cast(
            sum(cast(quantities.quantity as double) * cast(coalesce(quantities.unit_cost_sek, 0) as double))
            as decimal(28, 8)
        ) as amount_sek
    from rules
    inner join quantities
        on
            rules.rule_id = quantities.rule_id
            and rules.baseline_from <= quantities.month
            and quantities.month < {{ add_months('rules.baseline_from', 12) }}
    where rules.basis = 'fte'
    group by rules.rule_id, extract(month from quantities.month)

    union all

    select
        rule_id,
        extract(month from month) as month_number,
        sum(amount_sek) as amount_sek
    from budget_cells
    group by rule_id, extract(month from month)

    union all

    select
        rules.rule_id,
        month_numbers.month_number,
        rules.fixed_sek as amount_sek
    from rules
    cross join month_numbers
    where rules.baseline_method = 'fixed'

),

years as (

    select
        rule_id,
        sum(amount_sek) as amount_sek
    from amounts
    group by rule_id

)

select
    rules.rule_id,
    rules.action_id,
    cast(month_numbers.month_number as int) as month_number,
    -- Weights have no sign, so that a saving and a revenue of one action do not cancel.
    cast(
        abs(
            case
                when rules.baseline_method = 'monthly_average' then cast(years.amount_sek as double) / 12
                else cast(coalesce(amounts.amount_sek, 0) as double)
            end
        ) * cast(rules.share_pct as double) / 100 as decimal(28, 8)
    ) as weight
from rules
inner join years
    on rules.rule_id = years.rule_id
cross join month_numbers
left join amounts
    on rules.rule_id = amounts.rule_id and month_numbers.month_number = amounts.month_number
