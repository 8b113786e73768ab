-- D2: a version that has been replaced has come back.
-- What is this? A file with the very bytes of one that was loaded and has been replaced since. When does it matter? Somebody
-- may believe that the old figures count again: they do not. How to resolve? If they should, order a new extract.
-- Grain: one row per delivery.
with delivery as (

    select * from {{ source('raw', 'delivery') }}

),

{{ unsettled_deliveries('duplicate', ['superseded_again']) }},

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
