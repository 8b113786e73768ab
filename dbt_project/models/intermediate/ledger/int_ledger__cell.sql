-- The ledger by month, kept per slice with raw codes: no mapping, no as_of, so that a mended reference table or another
-- date costs no new reading of the vouchers. A run adds the slices it lacks and deletes those that raw no longer knows.
-- Grain: one row per slice_id, company, chart, account, cost_centre, function_code, activity_code, project,
-- counterparty, month, is_opening_balance and is_preliminary.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_gone_slices('ledger') }}",
) }}

with {{ new_rows('ledger', is_incremental()) }},

cell as (

    select
        _slice_id as slice_id,
        company,
        chart,
        account,
        cost_centre,
        function_code,
        activity_code,
        project,
        counterparty,
        month,
        coalesce(is_opening_balance, false) as is_opening_balance,
        coalesce(is_preliminary, false) as is_preliminary,
        cast(sum(amount_sek) as decimal(18,2)) as amount_sek,
        cast(sum(quantity) as decimal(18,4)) as quantity,
        cast(count(*) as bigint) as voucher_lines
    from new_row
    group by
        _slice_id,
        company,
        chart,
        account,
        cost_centre,
        function_code,
        activity_code,
        project,
        counterparty,
        month,
        coalesce(is_opening_balance, false),
        coalesce(is_preliminary, false)

)

select * from cell
