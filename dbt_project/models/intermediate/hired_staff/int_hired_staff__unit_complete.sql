-- Which months of the ledger and of the extract of hired staff are whole for a unit: the spine that sums of hired staff
-- stand on. A month is whole when every expected company of the unit has delivered it and, where measures come later by
-- contract, the months of the lag too. A company is expected if a source of the feed's contract names it or if it has
-- delivered the feed before.
-- Grain: one row per organisation (restated, as_was), feed, unit_id and month, from the first month that a company of
-- the unit has delivered to the last.
with

feeds as (

    select
        feed,
        cast(max(coalesce(lag_months, 0)) as bigint) as lag_months
    from {{ source('raw', 'feed_column') }}
    where feed in ('ledger', 'hired_staff')
    group by feed

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}
    where company is not null

),

delivered as (

    select
        current_slice.feed,
        current_slice.company,
        current_slice.month
    from current_slice
    inner join feeds on feeds.feed = current_slice.feed
    where current_slice.month is not null
    group by current_slice.feed, current_slice.company, current_slice.month

),

-- A union without all: a company may be both named and seen.
expected as (

    select
        party.feed,
        party.company
    from {{ ref('int_delivery__feed_party') }} as party
    inner join feeds on feeds.feed = party.feed
    where party.company is not null
    union
    select
        feed,
        company
    from delivered

),

reach as (

    select
        feed,
        company,
        min(month) as first_month,
        max(month) as last_month
    from delivered
    group by feed, company

),

unit_company as (

    select
        unit_company.organisation,
        unit_company.unit_id,
        expected.feed,
        expected.company,
        reach.first_month,
        reach.last_month
    from {{ ref('int_hired_staff__unit_company') }} as unit_company
    inner join expected on expected.company = unit_company.company
    left join reach on reach.feed = expected.feed and reach.company = expected.company

),

spine as (

    select
        unit_reach.organisation,
        unit_reach.feed,
        unit_reach.unit_id,
        calendar.month
    from (
        select
            organisation,
            feed,
            unit_id,
            min(first_month) as first_month,
            max(last_month) as last_month
        from unit_company
        group by organisation, feed, unit_id
    ) as unit_reach
    inner join {{ ref('int_organisation__month') }} as calendar
        on calendar.month between unit_reach.first_month and unit_reach.last_month

),

months as (

    select
        feed,
        month
    from spine
    group by feed, month

),

whole as (

    select
        expected.feed,
        expected.company,
        months.month
    from expected
    inner join feeds on feeds.feed = expected.feed
    inner join months on months.feed = expected.feed
    inner join delivered
        on
            delivered.feed = expected.feed
            and delivered.company = expected.company
            and delivered.month >= months.month
            and delivered.month <= {{ add_months('months.month', 'cast(feeds.lag_months as int)') }}
    group by expected.feed, expected.company, months.month, feeds.lag_months
    having count(*) = feeds.lag_months + 1

),

period as (

    select
        company,
        month,
        is_closed
    from {{ ref('int_period__company_month') }}

)

select
    spine.organisation,
    spine.feed,
    spine.unit_id,
    spine.month,
    min(case when whole.month is not null then 1 else 0 end) = 1 as is_complete,
    min(case when period.is_closed then 1 else 0 end) = 1 as is_closed
from spine
inner join unit_company
    on
        unit_company.organisation = spine.organisation
        and unit_company.feed = spine.feed
        and unit_company.unit_id = spine.unit_id
left join whole
    on
        whole.feed = unit_company.feed
        and whole.company = unit_company.company
        and whole.month = spine.month
left join period
    on
        period.company = unit_company.company
        and period.month = spine.month
group by spine.organisation, spine.feed, spine.unit_id, spine.month
