-- Staffing by month of earning, kept per slice with raw codes: no mapping, no as_of, so that a mended reference
-- table or another date costs no new reading of the deliveries. A run adds the slices it lacks and deletes those
-- that raw no longer knows. What one delivery says of a day may be overruled by a later one: that is decided by
-- whoever reads it.
-- Grain: one row per slice_id and row_number: employment, month of earning and segment, as delivered.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_gone_slices('staffing') }}",
) }}

with {{ new_rows('staffing', is_incremental()) }},

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
    from new_row

)

select * from within_month
