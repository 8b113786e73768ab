-- Staffing by month of earning, kept per slice with raw codes: no mapping, no as_of, so that a mended reference
-- table or another date costs no new reading of the deliveries. A run adds the slices it lacks and deletes those
-- that raw no longer knows. What one delivery says of a day may be overruled by a later one: that is decided by
-- whoever reads it.
-- Grain: one row per slice_id and row_number: employment, month of earning and segment, as delivered.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{% if is_incremental() %}
        delete from {{ this }} where not exists (
            select 1 from {{ source('raw', 'delivery_slice') }} as delivered
            where delivered.feed = 'staffing' and delivered.slice_id = {{ this }}.slice_id
        )
    {% endif %}",
) }}

with delivered as (

    select slice_id from {{ source('raw', 'delivery_slice') }} where feed = 'staffing'

),

new_slice as (

    select delivered.slice_id
    from delivered
    {%- if is_incremental() %}
    left join (select distinct slice_id from {{ this }}) as present on present.slice_id = delivered.slice_id
    where present.slice_id is null
    {%- endif %}

),

new_segment as (

    select staffing.*
    from {{ source('raw', 'staffing') }} as staffing
    inner join new_slice on new_slice.slice_id = staffing._slice_id

),

-- A segment without a first day counts from the month's first, one without a last day to the month's last.
within_month as (

    select
        _slice_id as slice_id,
        _row_number as row_number,
        company,
        delivery_month,
        month,
        person_key,
        employment_id,
        cost_centre,
        aid_code,
        employment_form,
        employment_rate,
        coalesce(segment_from, month) as segment_from,
        greatest(coalesce(segment_from, month), month) as active_from,
        least(
            coalesce({{ add_days('segment_to', 1) }}, {{ add_months('month', 1) }}), {{ add_months('month', 1) }}
        ) as active_until,
        contracted_hours,
        worked_hours,
        overtime_hours,
        paid_leave_hours,
        unpaid_leave_hours
    from new_segment

)

select * from within_month
