-- D2: a version that has been replaced has come back.
-- What is this? A file with the very bytes of one that was loaded and has been replaced since. When does it matter? Somebody
-- may believe that the old figures count again: they do not. How to resolve? If they should, order a new extract.
-- Grain: one row per delivery.
with delivery as (

    select * from {{ source('raw', 'delivery') }}

),

last_loaded as (

    select
        feed,
        source,
        max(sequence) as sequence
    from delivery
    where status = 'loaded'
    group by feed, source

),

-- What has come since from the same source settles it.
unsettled as (

    select
        delivery.delivery_id,
        delivery.feed,
        delivery.source,
        delivery.file_name,
        max(delivery.sequence) as sequence,
        min(delivery.reason) as reason
    from delivery
    left join last_loaded on last_loaded.feed = delivery.feed and last_loaded.source = delivery.source
    where
        delivery.status = 'duplicate'
        and delivery.rule in ('superseded_again')
        and delivery.sequence > coalesce(last_loaded.sequence, 0)
    group by delivery.delivery_id, delivery.feed, delivery.source, delivery.file_name

),

feed_source as (

    select * from {{ source('raw', 'feed_source') }}

)

select
    'delivery' as subject_type,
    unsettled.delivery_id as subject_id,
    feed_source.owner as owner_role,
    cast(null as decimal(18,2)) as amount_sek,
    'Filen ' || unsettled.file_name || ' (' || unsettled.feed || ') ändrar ingenting: ' || unsettled.reason as detail
from unsettled
left join feed_source on feed_source.feed = unsettled.feed and feed_source.source = unsettled.source
