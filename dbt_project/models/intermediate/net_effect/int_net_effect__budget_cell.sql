-- What the rules with a budget baseline claim of their budget version, in the organisation at as_of. A budget has no
-- counterparty: its internal side is that of the internal result lines.
-- Grain: one row per rule, company, account, cost centre, side and month.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}
    where is_reckoned and baseline_method = 'budget'

),

amounts as (

    select * from {{ ref('stg_budget__amount') }}

),

account_months as (

    select * from {{ ref('int_ledger__account_month') }}

),

cost_centres as (

    select * from {{ ref('int_organisation__cost_centre') }}

),

company_regions as (

    select * from {{ ref('int_ledger__company_region') }}

),

unit_ancestors as (

    select * from {{ ref('int_unit__ancestor') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

versions as (

    select distinct budget_version from rules

),

mapped as (

    select
        amounts.company,
        amounts.month,
        amounts.budget_version,
        amounts.chart,
        amounts.cost_centre,
        amounts.account,
        coalesce(cost_centres.unit_id, concat(company_regions.region_id, ':UNMAPPED')) as unit_id,
        account_months.cost_type,
        account_months.result_line in ('internal_revenue', 'internal_cost') as is_internal,
        cast(
            cast(amounts.amount_sek as decimal(24, 2))
            * coalesce(cost_centres.share_pct, cast(100 as decimal(13, 10))) * 0.01
            as decimal(34, 14)
        ) as amount_sek
    from amounts
    inner join versions
        on amounts.budget_version = versions.budget_version
    left join cost_centres
        on amounts.company = cost_centres.company and amounts.cost_centre = cost_centres.cost_centre
    left join company_regions
        on amounts.company = company_regions.company
    left join account_months
        on
            amounts.chart = account_months.chart
            and amounts.account = account_months.account
            and amounts.month = account_months.month
    where coalesce(account_months.result_line, 'UNMAPPED') <> 'balance'

)

select
    rules.rule_id,
    mapped.company,
    mapped.account,
    mapped.cost_centre,
    case when mapped.is_internal then 'internal' else 'external' end as side,
    mapped.month,
    cast(sum(mapped.amount_sek) as decimal(28, 8)) as amount_sek,
    max(case when mapped.cost_type = 'UNMAPPED' or units.is_unmapped then 1 else 0 end) = 1 as is_unmapped
from mapped
inner join unit_ancestors
    on mapped.unit_id = unit_ancestors.unit_id
inner join units
    on mapped.unit_id = units.unit_id
inner join rules
    on
        unit_ancestors.ancestor_unit_id = rules.unit_id
        and mapped.budget_version = rules.budget_version
        and (rules.chart is null or rules.chart = mapped.chart)
        and (
            rules.account_from is null
            or (
                rules.account_from <= mapped.account
                and substr(mapped.account, 1, length(rules.account_to)) <= rules.account_to
            )
        )
        and (rules.cost_type is null or rules.cost_type = mapped.cost_type)
        and (not rules.has_addon or mapped.cost_type = 'salaries')
where
    case rules.counterparty_scope
        when 'internal' then mapped.is_internal
        when 'external' then not mapped.is_internal
        else true
    end
group by
    rules.rule_id,
    mapped.company,
    mapped.account,
    mapped.cost_centre,
    mapped.is_internal,
    mapped.month
