-- Lines of time reports and invoices for hired staff that count at as_of.
-- Grain: one row per delivery month, invoice and line.
with delivered as (

    select * from {{ source('raw', 'hired_staff') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

)

select
    delivered.company,
    delivered.delivery_month,
    delivered.invoice_number,
    delivered.line,
    delivered.call_off_id,
    delivered.agency,
    delivered.agency_number,
    delivered.personnel_category,
    delivered.cost_centre,
    delivered.call_off_from,
    delivered.call_off_to,
    delivered.work_from,
    delivered.work_to,
    delivered.hours,
    delivered.amount_sek,
    delivered.travel_sek,
    delivered.invoice_date,
    current_slice.source,
    current_slice.slice_id,
    current_slice.known_from,
    current_slice.sequence,
    delivered._row_number
from delivered
inner join current_slice on current_slice.slice_id = delivered._slice_id
