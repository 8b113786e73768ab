-- What the baseline of each rule for a whole unit is corrected by: amounts of the reference table adjustment (moved
-- state grants and the like) in the month, or the twelve, that it is compared with; of a monthly average a twelfth.
-- Grain: one row per rule, month of the effect and side.
with

rule_months as (

    select * from {{ ref('int_net_effect__rule_month') }}
    where is_reckoned and is_adjusted

),

months as (

    select month from {{ ref('int_organisation__month') }}

),

-- Month by month, on every unit above the corrected one.
adjustments as (

    select
        unit_ancestors.ancestor_unit_id as unit_id,
        months.month,
        case
            when adjustment.result_line in ('internal_revenue', 'internal_cost') then 'internal' else 'external'
        end as side,
        sum(adjustment.amount_sek) as amount_sek
    from {{ ref('adjustment') }} as adjustment
    inner join months
        on adjustment.from_month <= months.month and months.month <= adjustment.to_month
    left join {{ ref('int_organisation__unit_successor') }} as unit_successors
        on adjustment.unit_id = unit_successors.unit_id
    inner join {{ ref('int_unit__ancestor') }} as unit_ancestors
        on coalesce(unit_successors.current_unit_id, adjustment.unit_id) = unit_ancestors.unit_id
    group by
        unit_ancestors.ancestor_unit_id,
        months.month,
        case
            when adjustment.result_line in ('internal_revenue', 'internal_cost') then 'internal' else 'external'
        end

)

select
    rule_months.rule_id,
    rule_months.month,
    adjustments.side,
    cast(
        case
            when rule_months.baseline_method = 'monthly_average'
                then round(cast(sum(adjustments.amount_sek) as double) / 12, 6)
            else sum(adjustments.amount_sek)
        end as decimal(28, 8)
    ) as adjustment_sek
from rule_months
inner join adjustments
    on
        rule_months.unit_id = adjustments.unit_id
        and (rule_months.counterparty_scope = 'all' or rule_months.counterparty_scope = adjustments.side)
        and (
            rule_months.baseline_month = adjustments.month
            or (
                rule_months.baseline_method = 'monthly_average'
                and rule_months.baseline_from <= adjustments.month
                and adjustments.month < {{ add_months('rule_months.baseline_from', 12) }}
            )
        )
group by rule_months.rule_id, rule_months.month, rule_months.baseline_method, adjustments.side
