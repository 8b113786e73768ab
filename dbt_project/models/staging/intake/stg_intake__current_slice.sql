-- The version of each slice that counts at as_of: of those known by then the one with the latest known_from, and of
-- two from the same date the last loaded.
-- Grain: one row per slice_key.
with delivery_slice as (

    select * from {{ source('raw', 'delivery_slice') }}

),

-- A file seen again has a row of its own, under the same id, that holds no slices.
delivery as (

    select * from {{ source('raw', 'delivery') }} where status = 'loaded'

),

known as (

    select
        delivery_slice.slice_id,
        delivery_slice.slice_key,
        delivery_slice.feed,
        delivery.source,
        delivery_slice.delivery_id,
        delivery_slice.company,
        delivery_slice.month,
        delivery_slice.known_from,
        delivery.sequence,
        delivery_slice.row_count,
        delivery_slice.amount_sum,
        row_number() over (
            partition by delivery_slice.slice_key
            order by delivery_slice.known_from desc, delivery.sequence desc
        ) as version_rank
    from delivery_slice
    inner join delivery on delivery.delivery_id = delivery_slice.delivery_id
    where delivery_slice.known_from <= {{ as_of() }}

)

select
    slice_id,
    slice_key,
    feed,
    source,
    delivery_id,
    company,
    month,
    known_from,
    sequence,
    row_count,
    amount_sum
from known
where version_rank = 1
