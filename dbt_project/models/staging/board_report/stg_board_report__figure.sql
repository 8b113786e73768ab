-- The figures that boards had been shown by as_of, as printed, from every delivery.
-- Grain: one row per board, meeting, scope and printed document, as often as it was delivered.
with delivered as (

    select * from {{ source('raw', 'board_report') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

)

select
    delivered.board,
    delivered.meeting_date,
    delivered.scope,
    delivered.scope_id,
    delivered.reported_month,
    delivered.target_sek,
    delivered.forecast_sek,
    delivered.deviation_sek,
    delivered.printed_decimals,
    delivered.source,
    current_slice.source as delivery_source,
    current_slice.slice_id,
    current_slice.known_from,
    current_slice.sequence,
    delivered._row_number
from delivered
inner join current_slice on current_slice.slice_id = delivered._slice_id
where delivered.meeting_date <= {{ as_of() }}
