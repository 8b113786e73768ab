-- L1: control totals, checksums and vouchers.
-- What is this? Files that were kept out since their control total, their checksum or their end does not hold, and
-- vouchers that do not balance, which were quarantined whole. When does it matter? The months of a file that was kept out
-- stand as they were; the rows of a quarantined voucher are in no sum. How to resolve? Deliver the file anew.
-- Grain: one row per delivery.
with delivery as (

    select * from {{ source('raw', 'delivery') }}

),

current_delivery as (

    select delivery_id
    from {{ ref('stg_intake__current_slice') }}
    group by delivery_id

),

{{ unsettled_deliveries('refused', ['control_total', 'checksum', 'truncated']) }},

unbalanced as (

    select
        fault.delivery_id,
        count(*) as row_count,
        cast(sum(abs(fault.amount_sek)) as decimal(18,2)) as amount_sek
    from {{ source('raw', 'quarantine') }} as fault
    inner join current_delivery on current_delivery.delivery_id = fault.delivery_id
    where fault.rule = 'unbalanced'
    group by fault.delivery_id

),

found as (

    select
        delivery_id,
        feed,
        source,
        cast(null as decimal(18,2)) as amount_sek,
        'Filen ' || file_name || ' (' || feed || ') lästes inte in: ' || reason
        || ' Månaderna i den visas som de var före filen.' as detail
    from unsettled
    union all
    select
        delivery.delivery_id,
        delivery.feed,
        delivery.source,
        unbalanced.amount_sek,
        'Filen ' || delivery.file_name || ' (' || delivery.feed || ') har verifikationer som inte går jämnt upp: '
        || cast(unbalanced.row_count as string) || case when unbalanced.row_count = 1 then ' rad' else ' rader' end
        || coalesce(', ' || cast(cast(round(unbalanced.amount_sek, 0) as bigint) as string) || ' kr', '')
        || ', som saknas i alla summor. Rätta dem i källan och leverera filen på nytt.' as detail
    from unbalanced
    inner join delivery on delivery.delivery_id = unbalanced.delivery_id and delivery.status = 'loaded'

),

feed_source as (

    select * from {{ source('raw', 'feed_source') }}

)

select
    'delivery' as subject_type,
    found.delivery_id as subject_id,
    feed_source.owner as owner_role,
    found.amount_sek,
    found.detail
from found
left join feed_source on feed_source.feed = found.feed and feed_source.source = found.source
