-- The income statement per unit and month with budget, last year and rolling twelve months, restated to the
-- organisation at as_of.
-- Grain: one row per unit, result line and month.
{{ net_cost_by_month('restated') }}
