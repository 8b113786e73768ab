-- What is known of each company's ledger months at as_of: delivered, closed, final. A company is expected to deliver if
-- a source of the ledger's contract names it; one that has delivered anyway counts too. A month without a row for a
-- company is a month that nobody expects of it.
-- Grain: one row per company and month, from the first month that any company has delivered to the last that is
-- delivered, due or closed.
with party as (

    select
        company,
        true as is_expected
    from {{ ref('int_delivery__feed_party') }}
    where feed = 'ledger' and company is not null
    group by company

),

current_slice as (

    select
        company,
        month,
        known_from,
        slice_id
    from {{ ref('stg_intake__current_slice') }}
    where feed = 'ledger'

),

period as (

    select
        company,
        month,
        closed_on,
        final_on
    from {{ ref('period') }}

),

delivering as (

    select company from current_slice group by company

),

company as (

    select
        coalesce(party.company, delivering.company) as company,
        coalesce(party.is_expected, false) as is_expected
    from party
    full outer join delivering on delivering.company = party.company

),

last_month as (

    select max(month) as month from current_slice
    union all
    select max(month) as month from period where closed_on <= {{ as_of() }}
    union all
    select max(month) as month
    from {{ ref('reporting_calendar') }}
    where scope = 'ledger' and due_date < {{ as_of() }}

),

bounds as (

    select
        (select min(month) from current_slice) as first_month,
        (select max(month) from last_month) as last_month

),

spine as (

    select
        company.company,
        company.is_expected,
        months.month
    from company
    cross join bounds
    inner join {{ ref('int_organisation__month') }} as months
        on months.month >= bounds.first_month
        and months.month <= bounds.last_month

)

select
    spine.company,
    spine.month,
    company_region.region_id,
    spine.is_expected,
    current_slice.slice_id is not null as is_delivered,
    coalesce(period.closed_on <= {{ as_of() }}, false) as is_closed,
    coalesce(period.final_on <= {{ as_of() }}, false) as is_final,
    period.closed_on,
    period.final_on,
    current_slice.known_from as delivered_known_from
from spine
left join current_slice on current_slice.company = spine.company and current_slice.month = spine.month
left join period on period.company = spine.company and period.month = spine.month
left join {{ ref('int_ledger__company_region') }} as company_region on company_region.company = spine.company
