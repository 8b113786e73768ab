-- The income statement per unit and month with budget, last year and rolling twelve months, by the
-- organisation of each month itself.
-- Grain: one row per unit as it was, result line and month.
{{ net_cost_by_month('as_was') }}
