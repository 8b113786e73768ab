-- What is known of each rule in each month, and the factor of its effect: add-on x share. A month has data when every
-- company below the rule's unit has delivered and closed it, its baseline months too, and none of the rule's own cells
-- lies on UNMAPPED. A delivered month without matching rows is 0.
-- Grain: one row per rule and month.
with

rule_months as (

    select * from {{ ref('int_net_effect__rule_month') }}

),

claimed_cells as (

    select * from {{ ref('int_net_effect__claimed_cell') }}

),

budget_cells as (

    select * from {{ ref('int_net_effect__budget_cell') }}

),

addon_rates as (

    select * from {{ ref('int_net_effect__addon_rate') }}

),

unmapped_months as (

    select rule_id, month from claimed_cells where is_unmapped
    union
    select rule_id, month from budget_cells where is_unmapped

),

unmapped_years as (

    select distinct rule_months.rule_id
    from rule_months
    inner join unmapped_months
        on
            rule_months.rule_id = unmapped_months.rule_id
            and rule_months.baseline_from <= unmapped_months.month
            and unmapped_months.month < {{ add_months('rule_months.baseline_from', 12) }}
    where rule_months.baseline_method = 'monthly_average'

)

select
    rule_months.rule_id,
    rule_months.action_id,
    rule_months.component,
    rule_months.is_gross,
    rule_months.evidence,
    rule_months.counterparty_scope,
    rule_months.baseline_method,
    rule_months.baseline_from,
    rule_months.fixed_sek,
    rule_months.share_pct,
    rule_months.has_addon,
    rule_months.is_reckoned,
    rule_months.month,
    rule_months.baseline_month,
    rule_months.index_ratio,
    case
        when rule_months.has_addon
            then cast(round(100 * (addon_rates.addon_factor - 1), 4) as decimal(18, 4))
    end as addon_rate_pct,
    cast(
        case when rule_months.has_addon then addon_rates.addon_factor else cast(1 as decimal(20, 15)) end
        * rule_months.share_pct * 0.01 as decimal(20, 15)
    ) as effect_factor,
    rule_months.is_delivered and (not rule_months.has_addon or addon_rates.addon_factor is not null) as has_effect,
    rule_months.is_delivered
    and (not rule_months.has_addon or addon_rates.addon_factor is not null)
    and rule_months.is_closed
    and actual_unmapped.rule_id is null
    and baseline_unmapped.rule_id is null
    and unmapped_years.rule_id is null as is_known
from rule_months
left join addon_rates
    on rule_months.rule_id = addon_rates.rule_id
left join unmapped_months as actual_unmapped
    on rule_months.rule_id = actual_unmapped.rule_id and rule_months.month = actual_unmapped.month
left join unmapped_months as baseline_unmapped
    on rule_months.rule_id = baseline_unmapped.rule_id and rule_months.baseline_month = baseline_unmapped.month
left join unmapped_years
    on rule_months.rule_id = unmapped_years.rule_id
