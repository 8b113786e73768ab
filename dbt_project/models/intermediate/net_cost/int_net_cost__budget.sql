-- The budget per unit, in both organisations, result line and month: of each company and year the version that was last
-- known at as_of, on the same cost centres and accounts as the ledger.
-- Grain: one row per company, unit, unit as it was, result line and month.
with amount as (

    select * from {{ ref('stg_budget__amount') }}

),

version as (

    select
        company,
        extract(year from month) as year,
        budget_version,
        max(known_from) as known_from,
        max(sequence) as sequence
    from amount
    group by company, extract(year from month), budget_version

),

ranked as (

    select
        company,
        year,
        budget_version,
        row_number() over (
            partition by company, year
            order by known_from desc, sequence desc, budget_version desc
        ) as version_rank
    from version

),

last_known as (

    select
        company,
        year,
        budget_version
    from ranked
    where version_rank = 1

),

company_region as (

    select
        company,
        region_id || ':UNMAPPED' as unmapped_unit_id
    from {{ ref('int_ledger__company_region') }}

),

mapped as (

    select
        amount.company,
        coalesce(cost_centre_month.unit_id, company_region.unmapped_unit_id, 'UNMAPPED') as unit_id,
        coalesce(cost_centre_month.unit_id_as_was, company_region.unmapped_unit_id, 'UNMAPPED') as unit_id_as_was,
        coalesce(account_month.result_line, 'UNMAPPED') as result_line,
        amount.month,
        cast(
            cast(amount.amount_sek as decimal(24,2))
            * coalesce(cost_centre_month.share_pct, cast(100 as decimal(13,10))) * 0.01
            as decimal(34,14)
        ) as budget_sek
    from amount
    inner join last_known
        on last_known.company = amount.company
        and last_known.year = extract(year from amount.month)
        and last_known.budget_version = amount.budget_version
    left join {{ ref('int_ledger__account_month') }} as account_month
        on account_month.chart = amount.chart
        and account_month.account = amount.account
        and account_month.month = amount.month
    left join {{ ref('int_organisation__cost_centre_month') }} as cost_centre_month
        on cost_centre_month.company = amount.company
        and cost_centre_month.cost_centre = amount.cost_centre
        and cost_centre_month.month = amount.month
    left join company_region on company_region.company = amount.company

)

select
    company,
    unit_id,
    unit_id_as_was,
    result_line,
    month,
    cast(sum(budget_sek) as decimal(34,14)) as budget_sek
from mapped
where result_line <> 'balance'
group by company, unit_id, unit_id_as_was, result_line, month
