-- Who is expected to deliver what: a company delivers a feed if a source of the feed's contract names it; a source that
-- names no company is expected itself.
-- Grain: one row per feed and party.
with feed as (

    select
        feed,
        label_sv,
        slice_key like '%month%' as has_months
    from {{ source('raw', 'feed') }}

),

feed_source as (

    select
        feed,
        coalesce(company, source) as party,
        company,
        source,
        owner,
        due_day
    from {{ source('raw', 'feed_source') }}

),

party as (

    select
        feed_source.feed,
        feed_source.party,
        feed.label_sv,
        feed.has_months,
        max(feed_source.company) as company,
        -- One company may be delivered by two systems; the folder and owner named are those of the first by name.
        min(feed_source.source) as source,
        min(feed_source.owner) as owner_role,
        max(case when feed_source.due_day is not null then 1 else 0 end) = 1 as has_due_rule
    from feed_source
    inner join feed on feed.feed = feed_source.feed
    group by feed_source.feed, feed_source.party, feed.label_sv, feed.has_months

)

select * from party
