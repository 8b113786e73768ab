-- The ledger by month, kept per slice with raw codes: no mapping, no as_of, so that a mended reference table or another
-- date costs no new reading of the vouchers. A run adds the slices it lacks and deletes those that raw no longer knows.
-- Deleting and adding is all there is: a slice never changes, a correction is a new slice.
-- Grain: one row per slice_id, company, chart, account, cost_centre, function_code, activity_code, project,
-- counterparty, month, is_opening_balance and is_preliminary.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{% if is_incremental() %}
        delete from {{ this }} where not exists (
            select 1 from {{ source('raw', 'delivery_slice') }} as delivered
            where delivered.feed = 'ledger' and delivered.slice_id = {{ this }}.slice_id
        )
    {% endif %}",
) }}

with delivered as (

    select slice_id from {{ source('raw', 'delivery_slice') }} where feed = 'ledger'

),

new_slice as (

    select delivered.slice_id
    from delivered
    {%- if is_incremental() %}
    left join (select distinct slice_id from {{ this }}) as present on present.slice_id = delivered.slice_id
    where present.slice_id is null
    {%- endif %}

),

new_line as (

    select ledger.*
    from {{ source('raw', 'ledger') }} as ledger
    inner join new_slice on new_slice.slice_id = ledger._slice_id

),

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
    from new_line
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
