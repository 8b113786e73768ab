-- Extra compensation that counts at as_of. Two breakdowns of one total stand side by side: never add both.
-- Grain: one row per source, month, division and kind.
with delivered as (

    select * from {{ source('raw', 'extra_compensation') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

)

select
    delivered.month,
    delivered.division,
    delivered.kind,
    delivered.breakdown,
    delivered.amount_sek,
    current_slice.source,
    current_slice.slice_id,
    current_slice.known_from,
    current_slice.sequence,
    delivered._row_number
from delivered
inner join current_slice on current_slice.slice_id = delivered._slice_id
