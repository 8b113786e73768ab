-- The months that are due at as_of, by the reporting calendar, and whether each party has delivered them. Only feeds
-- whose slices are months can be judged so; whether forecasts are current is judged action by action.
-- Grain: one row per feed, party and month.
with party as (

    select * from {{ ref('int_delivery__feed_party') }} where has_months

),

due as (

    select
        scope as feed,
        month,
        due_date
    from {{ ref('reporting_calendar') }}
    where due_date < {{ as_of() }}

),

current_slice as (

    select
        current_slice.feed,
        coalesce(party.party, current_slice.source) as party,
        current_slice.month
    from {{ ref('stg_intake__current_slice') }} as current_slice
    left join party on party.feed = current_slice.feed and party.company = current_slice.company

),

delivered as (

    select
        feed,
        party,
        month
    from current_slice
    where month is not null
    group by feed, party, month

),

reach as (

    select
        feed,
        party,
        min(month) as first_delivered_month,
        max(month) as latest_delivered_month
    from delivered
    group by feed, party

),

expected as (

    select
        party.feed,
        party.party,
        due.month,
        party.label_sv,
        party.company,
        party.source,
        party.owner_role,
        due.due_date,
        reach.first_delivered_month,
        reach.latest_delivered_month,
        delivered.month is not null as is_delivered
    from party
    inner join due on due.feed = party.feed
    left join reach on reach.feed = party.feed and reach.party = party.party
    left join delivered on delivered.feed = party.feed and delivered.party = party.party and delivered.month = due.month

)

select * from expected
