-- The version of each slice that counts at as_of: of those known by then the one with the latest known_from.
-- Grain: one row per slice_key.
with ranked as (

    select
        *,
        row_number() over (partition by slice_key order by known_from desc) as version_rank
    from {{ ref('stg_intake__slice_version') }}

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
from ranked
where version_rank = 1
