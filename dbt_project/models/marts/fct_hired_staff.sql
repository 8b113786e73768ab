-- Hired staff by month of work, from the extract of time reports and invoices, restated to the
-- organisation at as_of.
-- Grain: one row per unit, personnel category and month.
{{ hired_staff_by_month('restated') }}
