-- Full-time equivalents per unit, by the organisation of each month itself.
-- Grain: one row per unit as it was, personnel category, month and FTE definition. Stands with its contract and no
-- rows until it is filled.
{{ empty_mart() }}
