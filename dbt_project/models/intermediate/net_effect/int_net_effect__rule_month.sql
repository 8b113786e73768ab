-- The months that each rule may claim, up to the last that any of its companies has delivered: which month or months
-- they are compared with, the index between the two, and whether everything is delivered and closed.
-- Grain: one row per rule and month.
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

months as (

    select * from {{ ref('int_organisation__month') }}

),

indices as (

    select * from {{ ref('price_index') }}

),

budgets as (

    select distinct
        company,
        budget_version,
        extract(year from month) as year
    from {{ ref('stg_budget__amount') }}

),

company_counts as (

    select
        rule_id,
        count(*) as companies
    from rule_companies
    group by rule_id

),

counted as (

    select
        rule_companies.rule_id,
        company_months.month,
        sum(case when company_months.is_delivered then 1 else 0 end) as delivered,
        sum(case when company_months.is_closed then 1 else 0 end) as closed
    from rule_companies
    inner join company_months
        on rule_companies.company = company_months.company
    group by rule_companies.rule_id, company_months.month

),

ledger_months as (

    select
        counted.rule_id,
        counted.month,
        counted.delivered > 0 as is_delivered_by_any,
        counted.delivered = company_counts.companies as is_delivered,
        counted.closed = company_counts.companies as is_closed
    from counted
    inner join company_counts
        on counted.rule_id = company_counts.rule_id

),

last_delivered as (

    select
        rule_id,
        max(month) as month
    from ledger_months
    where is_delivered_by_any
    group by rule_id

),

-- For a rule whose unit has no cost centre: its months are listed, without data.
last_delivered_anywhere as (

    select max(month) as month from company_months where is_delivered

),

baseline_years as (

    select
        rules.rule_id,
        sum(case when ledger_months.is_delivered then 1 else 0 end) = 12 as is_delivered,
        sum(case when ledger_months.is_closed then 1 else 0 end) = 12 as is_closed
    from rules
    inner join ledger_months
        on
            rules.rule_id = ledger_months.rule_id
            and rules.baseline_from <= ledger_months.month
            and ledger_months.month < {{ add_months('rules.baseline_from', 12) }}
    group by rules.rule_id

),

index_years as (

    select
        rules.rule_id,
        case when count(*) = 12 then sum(indices.index_value) end as index_sum
    from rules
    inner join indices
        on
            rules.index_id = indices.index_id
            and rules.baseline_from <= indices.month
            and indices.month < {{ add_months('rules.baseline_from', 12) }}
    group by rules.rule_id

),

spine as (

    select
        rules.*,
        months.month,
        case
            when rules.baseline_method = 'same_month'
                then {{ add_months(
                    'rules.baseline_from',
                    'cast(mod(12 + extract(month from months.month) - extract(month from rules.baseline_from), 12)'
                    ~ ' as int)'
                ) }}
        end as baseline_month
    from rules
    left join last_delivered
        on rules.rule_id = last_delivered.rule_id
    cross join last_delivered_anywhere
    inner join months
        on
            rules.from_on <= months.month
            and (rules.to_on is null or months.month < rules.to_on)
            and months.month <= coalesce(last_delivered.month, last_delivered_anywhere.month)

),

budget_counts as (

    select
        spine.rule_id,
        spine.month,
        count(*) as companies
    from spine
    inner join rule_companies
        on spine.rule_id = rule_companies.rule_id
    inner join budgets
        on
            rule_companies.company = budgets.company
            and spine.budget_version = budgets.budget_version
            and extract(year from spine.month) = budgets.year
    where spine.baseline_method = 'budget'
    group by spine.rule_id, spine.month

),

indexed as (

    select
        spine.*,
        cast(
            case
                when spine.index_id is null then 1
                when spine.baseline_method = 'monthly_average'
                    then
                        12 * cast(actual_index.index_value as double)
                        / nullif(cast(index_years.index_sum as double), 0)
                else
                    cast(actual_index.index_value as double)
                    / nullif(cast(baseline_index.index_value as double), 0)
            end as decimal(20, 15)
        ) as index_ratio
    from spine
    left join indices as actual_index
        on spine.index_id = actual_index.index_id and spine.month = actual_index.month
    left join indices as baseline_index
        on spine.index_id = baseline_index.index_id and spine.baseline_month = baseline_index.month
    left join index_years
        on spine.rule_id = index_years.rule_id

)

select
    indexed.rule_id,
    indexed.action_id,
    indexed.component,
    indexed.is_gross,
    indexed.evidence,
    indexed.basis,
    indexed.has_cells,
    indexed.is_adjusted,
    indexed.unit_id,
    indexed.counterparty_scope,
    indexed.baseline_method,
    indexed.baseline_from,
    indexed.fixed_sek,
    indexed.share_pct,
    indexed.has_addon,
    indexed.is_reckoned,
    indexed.month,
    indexed.baseline_month,
    indexed.index_ratio,
    -- Every amount of the ledger and the budget that the effect needs is there.
    indexed.is_reckoned
    and indexed.index_ratio is not null
    and (not indexed.has_cells or coalesce(actual_month.is_delivered, false))
    and (not indexed.has_addon or coalesce(baseline_years.is_delivered, false))
    and case indexed.baseline_method
        when 'same_month' then not indexed.has_cells or coalesce(baseline_month.is_delivered, false)
        when 'monthly_average' then not indexed.has_cells or coalesce(baseline_years.is_delivered, false)
        when 'budget' then coalesce(budget_counts.companies = company_counts.companies, false)
        else true
    end as is_delivered,
    coalesce(actual_month.is_closed, false)
    and (not indexed.has_addon or coalesce(baseline_years.is_closed, false))
    and case indexed.baseline_method
        when 'same_month' then coalesce(baseline_month.is_closed, false)
        when 'monthly_average' then coalesce(baseline_years.is_closed, false)
        else true
    end as is_closed
from indexed
left join company_counts
    on indexed.rule_id = company_counts.rule_id
left join ledger_months as actual_month
    on indexed.rule_id = actual_month.rule_id and indexed.month = actual_month.month
left join ledger_months as baseline_month
    on indexed.rule_id = baseline_month.rule_id and indexed.baseline_month = baseline_month.month
left join baseline_years
    on indexed.rule_id = baseline_years.rule_id
left join budget_counts
    on indexed.rule_id = budget_counts.rule_id and indexed.month = budget_counts.month
