-- The forecasts of the result that had been submitted by as_of, from every delivery.
-- Grain: one row per administration, year, month of reference, submission and result line, as often as it was
-- delivered.
with delivered as (

    select * from {{ source('raw', 'result_forecast') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

)

select
    delivered.region,
    delivered.administration,
    delivered.year,
    delivered.as_of_month,
    delivered.submitted_at,
    delivered.result_line,
    delivered.forecast_sek,
    delivered.budget_sek,
    current_slice.source,
    current_slice.slice_id,
    current_slice.known_from,
    current_slice.sequence,
    delivered._row_number
from delivered
inner join current_slice on current_slice.slice_id = delivered._slice_id
where {{ stockholm_date('delivered.submitted_at') }} <= {{ as_of() }}
