-- Voucher lines of the general ledger that count at as_of.
-- Grain: one row per voucher line.
with delivered as (

    select * from {{ source('raw', 'ledger') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

)

select
    delivered.company,
    delivered.month,
    delivered.period,
    delivered.voucher_series,
    delivered.voucher_number,
    delivered.voucher_line,
    delivered.posting_date,
    delivered.chart,
    delivered.account,
    delivered.cost_centre,
    delivered.function_code,
    delivered.activity_code,
    delivered.project,
    delivered.counterparty,
    delivered.amount_sek,
    delivered.quantity,
    delivered.text,
    coalesce(delivered.is_opening_balance, false) as is_opening_balance,
    coalesce(delivered.is_preliminary, false) as is_preliminary,
    current_slice.source,
    current_slice.slice_id,
    current_slice.known_from,
    current_slice.sequence,
    delivered._row_number
from delivered
inner join current_slice on current_slice.slice_id = delivered._slice_id
