-- Why FTE changed against the same month a year earlier. The causes of a unit and month add up to the whole change.
-- Grain: one row per unit, month, FTE definition and cause. Stands with its contract and no rows until it is filled.
{{ empty_mart() }}
