-- Budgeted amounts that count at as_of, all versions.
-- Grain: one row per company, month, budget version, chart, cost centre and account.
with delivered as (

    select * from {{ source('raw', 'budget') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

)

select
    delivered.company,
    delivered.month,
    delivered.budget_version,
    delivered.chart,
    delivered.cost_centre,
    delivered.account,
    delivered.amount_sek,
    current_slice.source,
    current_slice.slice_id,
    current_slice.known_from,
    current_slice.sequence,
    delivered._row_number
from delivered
inner join current_slice on current_slice.slice_id = delivered._slice_id
