-- The forecasts of the owners, from every delivery known at as_of.
-- Grain: one row per action, year, month of reference and submission, as often as it was delivered.
with delivered as (

    select * from {{ source('raw', 'forecast') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

)

select
    delivered.action_id,
    delivered.year,
    delivered.as_of_month,
    delivered.submitted_at,
    delivered.forecast_sek,
    delivered.outcome_ytd_sek,
    coalesce(delivered.is_confirmation, false) as is_confirmation,
    delivered.evidence,
    delivered.deviation_cause,
    delivered.comment,
    delivered.submitted_by_role,
    current_slice.source,
    current_slice.slice_id,
    current_slice.known_from,
    current_slice.sequence,
    delivered._row_number
from delivered
inner join current_slice on current_slice.slice_id = delivered._slice_id
