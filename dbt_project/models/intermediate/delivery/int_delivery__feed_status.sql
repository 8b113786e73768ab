-- How fresh each feed is at as_of. The pipeline copies it into ops.data_status.
-- Grain: one row per feed.
with feed as (

    select feed from {{ source('raw', 'feed') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

),

-- A file seen again has a row of its own, under the same id.
loaded_delivery as (

    select * from {{ source('raw', 'delivery') }} where status = 'loaded'

),

calendar as (

    select * from {{ ref('reporting_calendar') }}

),

expected as (

    select
        scope as feed,
        max(month) as expected_month
    from calendar
    where due_date < {{ as_of() }}
    group by scope

),

loaded as (

    select
        feed,
        max(received_at) as last_delivery_at
    from loaded_delivery
    where known_from <= {{ as_of() }}
    group by feed

),

delivered as (

    select
        feed,
        cast(sum(row_count) as bigint) as row_count,
        max(month) as latest_month
    from current_slice
    group by feed

),

current_delivery as (

    select
        feed,
        delivery_id
    from current_slice
    group by feed, delivery_id

),

quarantined as (

    select
        current_delivery.feed,
        cast(sum(loaded_delivery.rows_quarantined) as bigint) as quarantined_row_count
    from current_delivery
    inner join loaded_delivery on loaded_delivery.delivery_id = current_delivery.delivery_id
    group by current_delivery.feed

),

behind as (

    select feed
    from {{ ref('int_delivery__expected_month') }}
    where not is_delivered and (latest_delivered_month is null or month > latest_delivered_month)
    group by feed

),

feed_status as (

    select
        feed.feed,
        loaded.last_delivery_at,
        coalesce(delivered.row_count, 0) as row_count,
        coalesce(quarantined.quarantined_row_count, 0) as quarantined_row_count,
        delivered.latest_month,
        expected.expected_month,
        case
            when delivered.feed is null and expected.feed is null then 'not_expected'
            when delivered.feed is null then 'missing'
            when behind.feed is not null then 'late'
            else 'current'
        end as status
    from feed
    left join expected on expected.feed = feed.feed
    left join loaded on loaded.feed = feed.feed
    left join delivered on delivered.feed = feed.feed
    left join quarantined on quarantined.feed = feed.feed
    left join behind on behind.feed = feed.feed

)

select * from feed_status
