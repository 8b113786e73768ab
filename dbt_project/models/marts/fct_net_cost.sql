-- The income statement per unit and month with budget, last year and rolling twelve months, restated to the
-- organisation at as_of.
-- Grain: one row per unit, result line and month. Stands with its contract and no rows until it is filled.
{{ empty_mart() }}
