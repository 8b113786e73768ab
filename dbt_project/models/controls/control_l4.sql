-- L4: files kept out since their amounts cannot be meant.
-- What is this? A file whose amounts are near a thousand or a million times those of the company's other months, or have
-- all signs turned. When does it matter? Its months stand as they were before it. How to resolve? Deliver the file anew, or
-- accept it with a reason: nettoeffekt load --accept.
-- Grain: one row per delivery.
with delivery as (

    select * from {{ source('raw', 'delivery') }}

),

{{ unsettled_deliveries('refused', ['magnitude', 'sign']) }},

feed_source as (

    select * from {{ source('raw', 'feed_source') }}

)

select
    'delivery' as subject_type,
    unsettled.delivery_id as subject_id,
    feed_source.owner as owner_role,
    cast(null as decimal(18,2)) as amount_sek,
    'Filen ' || unsettled.file_name || ' (' || unsettled.feed || ') lästes inte in: ' || unsettled.reason
    || ' Månaderna i den visas som de var före filen.' as detail
from unsettled
left join feed_source on feed_source.feed = unsettled.feed and feed_source.source = unsettled.source
