-- Hired staff by month of work, from the extract of time reports and invoices, by the organisation
-- of each month itself.
-- Grain: one row per unit as it was, personnel category and month.
{{ hired_staff_by_month('as_was') }}
