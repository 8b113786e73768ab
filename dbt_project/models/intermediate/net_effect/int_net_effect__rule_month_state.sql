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

quantities as (

    select * from {{ ref('int_net_effect__quantity_month') }}

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

),

-- All that a rule needs has come: the ledger's months, the add-on's salaries, the FTE or the volumes.
delivered as (

    select
        rule_months.*,
        addon_rates.addon_factor,
        quantities.baseline_quantity,
        quantities.actual_quantity,
        quantities.baseline_sek as quantity_baseline_sek,
        quantities.actual_sek as quantity_actual_sek,
        quantities.volume_ratio,
        rule_months.is_delivered
        and (not rule_months.has_addon or addon_rates.addon_factor is not null)
        and (rule_months.basis = 'ledger' or coalesce(quantities.is_known, false)) as has_effect
    from rule_months
    left join addon_rates
        on rule_months.rule_id = addon_rates.rule_id
    left join quantities
        on rule_months.rule_id = quantities.rule_id and rule_months.month = quantities.month

)

select
    delivered.rule_id,
    delivered.action_id,
    delivered.component,
    delivered.is_gross,
    delivered.evidence,
    delivered.basis,
    delivered.is_adjusted,
    delivered.unit_id,
    delivered.counterparty_scope,
    delivered.baseline_method,
    delivered.baseline_from,
    delivered.fixed_sek,
    delivered.share_pct,
    delivered.has_addon,
    delivered.is_reckoned,
    delivered.month,
    delivered.baseline_month,
    delivered.index_ratio,
    delivered.baseline_quantity,
    delivered.actual_quantity,
    delivered.quantity_baseline_sek,
    delivered.quantity_actual_sek,
    delivered.volume_ratio,
    -- What the baseline is multiplied by before the actual is taken from it.
    case
        when delivered.volume_ratio is null then delivered.index_ratio
        else
            cast(
                cast(delivered.index_ratio as double) * cast(delivered.volume_ratio as double) as decimal(20, 15)
            )
    end as baseline_ratio,
    case
        when delivered.has_addon
            then cast(round(100 * (delivered.addon_factor - 1), 4) as decimal(18, 4))
    end as addon_rate_pct,
    cast(
        case when delivered.has_addon then delivered.addon_factor else cast(1 as decimal(20, 15)) end
        * delivered.share_pct * 0.01 as decimal(20, 15)
    ) as effect_factor,
    delivered.has_effect,
    delivered.has_effect
    and delivered.is_closed
    and actual_unmapped.rule_id is null
    and baseline_unmapped.rule_id is null
    and unmapped_years.rule_id is null as is_known
from delivered
left join unmapped_months as actual_unmapped
    on delivered.rule_id = actual_unmapped.rule_id and delivered.month = actual_unmapped.month
left join unmapped_months as baseline_unmapped
    on delivered.rule_id = baseline_unmapped.rule_id and delivered.baseline_month = baseline_unmapped.month
left join unmapped_years
    on delivered.rule_id = unmapped_years.rule_id
