-- Hired staff's share of personnel cost, from the ledger, with both published denominators and the goal,
-- by the organisation of each month itself.
-- Grain: one row per unit as it was, month and time window.
{{ hired_staff_share_by_month('as_was') }}
