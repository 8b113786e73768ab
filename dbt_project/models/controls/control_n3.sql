{% set months = 12 %}
-- N3: internals. Three things that internal postings must not do: be claimed as a saving, fail to cancel over the
-- region, or stand with a counterparty that its result line denies.
-- What is this? Actions whose saving or revenue rules show an internal transfer; months in which internal revenue and
-- internal cost between two companies differ by more than 1 kr; and accounts where one of counterparty and result line
-- is internal and the other is not. The last two over the twelve months to as_of, the second in closed months only.
-- When does it matter? An internal payment moves money within the region and saves none. How to resolve? Take the
-- transfer out of the action's outcome; book the missing side, or mend counterparty or account.
-- Grain: one row per finding (action; region, month and pair of companies; or company, account and counterparty).
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row' and is_expected_month and is_counted

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

action_months as (

    select * from {{ ref('int_net_effect__action_month') }}

),

cells as (

    select *
    from {{ ref('int_ledger__mapped_cell') }}
    where
        month > {{ add_months(month_of(as_of()), -months) }}
        and month <= {{ as_of() }}
        and not is_opening_balance
        and not is_preliminary
        and result_line <> 'balance'

),

company_regions as (

    select * from {{ ref('int_ledger__company_region') }}

),

closed_months as (

    select
        region_id,
        month
    from {{ ref('int_period__company_month') }}
    group by region_id, month
    having min(case when is_delivered and is_closed then 1 else 0 end) = 1

),

owners as (

    select
        party,
        owner_role
    from {{ ref('int_delivery__feed_party') }}
    where feed = 'ledger'

),

-- The company behind an internal counterparty: that of the cost centres below its unit, if they are of one company.
unit_companies as (

    select
        unit_ancestors.ancestor_unit_id as unit_id,
        min(cost_centres.company) as company
    from {{ ref('int_organisation__cost_centre') }} as cost_centres
    inner join {{ ref('int_unit__ancestor') }} as unit_ancestors
        on cost_centres.unit_id = unit_ancestors.unit_id
    group by unit_ancestors.ancestor_unit_id
    having count(distinct cost_centres.company) = 1

),

claimed as (

    select
        moments.action_id,
        coalesce(action_years.owner_role, units.owner_role) as owner_role,
        action_years.action_name,
        action_years.target_sek,
        action_months.internal_transfer_ytd_sek as amount_sek
    from moments
    inner join action_months
        on moments.action_id = action_months.action_id and moments.month = action_months.month
    inner join action_years
        on moments.action_id = action_years.action_id and moments.year = action_years.year
    left join units
        on moments.owning_unit_id = units.unit_id
    where action_months.internal_transfer_ytd_sek >= 1

),

paired as (

    select
        company_regions.region_id,
        cells.month,
        case
            when unit_companies.company < cells.company then unit_companies.company
            else cells.company
        end as company,
        case
            when unit_companies.company < cells.company then cells.company
            else coalesce(unit_companies.company, 'okänd')
        end as other_company,
        sum(cells.amount_sek) as amount_sek
    from cells
    inner join company_regions
        on cells.company = company_regions.company
    inner join closed_months
        on company_regions.region_id = closed_months.region_id and cells.month = closed_months.month
    left join unit_companies
        on cells.counterparty_unit_id = unit_companies.unit_id
    where cells.is_internal
    group by
        company_regions.region_id,
        cells.month,
        case
            when unit_companies.company < cells.company then unit_companies.company
            else cells.company
        end,
        case
            when unit_companies.company < cells.company then cells.company
            else coalesce(unit_companies.company, 'okänd')
        end

),

disagreeing as (

    select
        company,
        chart,
        account,
        counterparty,
        result_line in ('internal_revenue', 'internal_cost') as is_line_internal,
        sum(abs(amount_sek)) as amount_sek
    from cells
    where
        result_line <> 'UNMAPPED'
        and (result_line in ('internal_revenue', 'internal_cost'))
        <> coalesce(counterparty_class = 'internal', false)
    group by
        company,
        chart,
        account,
        counterparty,
        result_line in ('internal_revenue', 'internal_cost')

)

select
    cast('action' as string) as subject_type,
    cast(action_id as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(amount_sek as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_name, ': ', {{ mnkr_sv('amount_sek') }},
            ' mnkr hittills i år är en intern omfördelning. ',
            'Den sänker inte regionens kostnad och ingår inte i effekten.',
            case
                when target_sek is not null then concat(' Målet är ', {{ mnkr_sv('target_sek') }}, ' mnkr.')
                else ''
            end
        ) as string
    ) as detail
from claimed

union all

select
    cast('company_pair' as string) as subject_type,
    cast(concat(region_id, '|', company, '|', other_company, '|', cast(month as string)) as string) as subject_id,
    cast('controller' as string) as owner_role,
    cast(round(abs(amount_sek), 2) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            'Interna intäkter och kostnader mellan bolag ', company, ' och bolag ', other_company, ' i ',
            {{ month_sv('month') }}, ' tar inte ut varandra: ',
            replace(cast(cast(round(abs(amount_sek), 2) as decimal(18, 2)) as string), '.', ','), ' kr för ',
            case when amount_sek > 0 then 'mycket kostnad.' else 'mycket intäkt.' end
        ) as string
    ) as detail
from paired
where abs(amount_sek) > 1

union all

select
    cast('account' as string) as subject_type,
    cast(
        concat(disagreeing.company, ':', disagreeing.chart, ':', disagreeing.account, ':',
            coalesce(disagreeing.counterparty, '-')) as string
    ) as subject_id,
    cast(owners.owner_role as string) as owner_role,
    cast(round(disagreeing.amount_sek, 2) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            'Konto ', disagreeing.account, ' i bolag ', disagreeing.company,
            case
                when disagreeing.is_line_internal and disagreeing.counterparty is null
                    then ' är internt men saknar motpart: '
                when disagreeing.is_line_internal
                    then concat(' är internt, men motpart ', disagreeing.counterparty, ' är extern: ')
                else concat(' är externt, men motpart ', disagreeing.counterparty, ' är intern: ')
            end,
            cast(cast(round(disagreeing.amount_sek, 0) as bigint) as string),
            ' kr de senaste {{ months }} månaderna. Beloppet räknas som internt.'
        ) as string
    ) as detail
from disagreeing
left join owners
    on disagreeing.company = owners.party
