-- The income statement per unit and month, by the organisation of each month itself.
-- Grain: one row per unit as it was, result line and month. Stands with its contract and no rows until it is filled.
{{ empty_mart() }}
