-- Quantities of each rule in each month beside those of its baseline, and what they come to: FTE x the month's standard
-- cost on both sides, or how much larger the volume is. Six decimals of a krona decide every half öre.
-- Grain: one row per rule on FTE or unit cost and month that it may claim.
with

rule_months as (

    select * from {{ ref('int_net_effect__rule_month') }}
    where is_reckoned and basis in ('fte', 'unit_cost')

),

quantities as (

    select * from {{ ref('int_net_effect__quantity') }}

),

yearly as (

    select
        rules.rule_id,
        quantities.personnel_category,
        cast(cast(sum(quantities.quantity) as double) / 12 as decimal(28, 12)) as quantity,
        -- A year in which the definition changed is no baseline, nor is one with a gap.
        count(*) = 12 and min(case when quantities.is_known then 1 else 0 end) = 1
        and min(quantities.series) = max(quantities.series) as is_known,
        min(quantities.series) as series
    from (
        select distinct rule_id, baseline_from from rule_months where baseline_method = 'monthly_average'
    ) as rules
    inner join quantities
        on
            rules.rule_id = quantities.rule_id
            and rules.baseline_from <= quantities.month
            and quantities.month < {{ add_months('rules.baseline_from', 12) }}
    group by rules.rule_id, quantities.personnel_category

),

paired as (

    select
        rule_months.rule_id,
        rule_months.month,
        rule_months.basis,
        actual.personnel_category,
        actual.quantity as actual_quantity,
        coalesce(baseline.quantity, yearly.quantity) as baseline_quantity,
        actual.unit_cost_sek,
        actual.is_known
        and coalesce(baseline.is_known, yearly.is_known, false)
        and actual.series = coalesce(baseline.series, yearly.series)
        -- What has no standard cost can only be none.
        and (
            rule_months.basis <> 'fte'
            or actual.unit_cost_sek is not null
            or (actual.quantity = 0 and coalesce(baseline.quantity, yearly.quantity) = 0)
        ) as is_known
    from rule_months
    inner join quantities as actual
        on rule_months.rule_id = actual.rule_id and rule_months.month = actual.month
    left join quantities as baseline
        on
            rule_months.rule_id = baseline.rule_id
            and rule_months.baseline_month = baseline.month
            and actual.personnel_category = baseline.personnel_category
    left join yearly
        on
            rule_months.baseline_method = 'monthly_average'
            and rule_months.rule_id = yearly.rule_id
            and actual.personnel_category = yearly.personnel_category

),

sums as (

    select
        rule_id,
        month,
        basis,
        min(case when is_known then 1 else 0 end) = 1 as is_known,
        sum(baseline_quantity) as baseline_quantity,
        sum(actual_quantity) as actual_quantity,
        sum(cast(baseline_quantity as decimal(20, 8)) * coalesce(unit_cost_sek, 0)) as baseline_year_sek,
        sum(cast(actual_quantity as decimal(20, 8)) * coalesce(unit_cost_sek, 0)) as actual_year_sek
    from paired
    group by rule_id, month, basis

)

select
    rule_id,
    month,
    cast(baseline_quantity as decimal(28, 12)) as baseline_quantity,
    cast(actual_quantity as decimal(28, 12)) as actual_quantity,
    case
        when basis = 'fte'
            then cast(round(cast(baseline_year_sek as double) / 12, 6) as decimal(28, 8))
    end as baseline_sek,
    case
        when basis = 'fte'
            then cast(round(cast(actual_year_sek as double) / 12, 6) as decimal(28, 8))
    end as actual_sek,
    case
        when basis = 'unit_cost'
            then
                cast(
                    cast(actual_quantity as double) / nullif(cast(baseline_quantity as double), 0) as decimal(20, 15)
                )
    end as volume_ratio,
    is_known and (basis = 'fte' or baseline_quantity <> 0) as is_known
from sums
