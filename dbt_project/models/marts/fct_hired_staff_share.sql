-- Hired staff's share of personnel cost, from the ledger, with both published denominators and the goal,
-- restated to the organisation at as_of.
-- Grain: one row per unit, month and time window.
{{ hired_staff_share_by_month('restated') }}
