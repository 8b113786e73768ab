-- Each administration's forecast of the year's result, as submitted, against budget.
-- Grain: one row per administration, year, result line and submission. Stands with its contract and no rows until it
-- is filled.
{{ empty_mart() }}
