-- Values of indicators that count at as_of.
-- Grain: one row per source, month, unit and indicator.
with delivered as (

    select * from {{ source('raw', 'indicator') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

)

select
    delivered.month,
    delivered.unit_id,
    delivered.indicator_id,
    delivered.value,
    delivered.numerator,
    delivered.denominator,
    current_slice.source,
    current_slice.slice_id,
    current_slice.known_from,
    current_slice.sequence,
    delivered._row_number
from delivered
inner join current_slice on current_slice.slice_id = delivered._slice_id
