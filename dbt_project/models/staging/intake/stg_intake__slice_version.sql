-- Every version of each slice known by as_of, the replaced ones too: for what has to tell what was once promised. Of
-- two from the same date the last loaded is the version.
-- Grain: one row per slice_key and known_from.
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
            partition by delivery_slice.slice_key, delivery_slice.known_from
            order by delivery.sequence desc
        ) as load_rank
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
where load_rank = 1
