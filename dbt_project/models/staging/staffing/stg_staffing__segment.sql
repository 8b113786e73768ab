-- Segments of employments that count at as_of. A month of earning may be spread over several delivery months.
-- Grain: one row per delivery month, month of earning, employment and segment.
with delivered as (

    select * from {{ source('raw', 'staffing') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

)

select
    delivered.company,
    delivered.delivery_month,
    delivered.month,
    delivered.person_key,
    delivered.employment_id,
    delivered.cost_centre,
    delivered.aid_code,
    delivered.employment_form,
    delivered.employment_rate,
    delivered.segment_from,
    delivered.segment_to,
    delivered.contracted_hours,
    delivered.worked_hours,
    delivered.overtime_hours,
    delivered.paid_leave_hours,
    delivered.unpaid_leave_hours,
    current_slice.source,
    current_slice.slice_id,
    current_slice.known_from,
    current_slice.sequence,
    delivered._row_number
from delivered
inner join current_slice on current_slice.slice_id = delivered._slice_id
