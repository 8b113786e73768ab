-- Hired staff's share of personnel cost, by the organisation of each month itself.
-- Grain: one row per unit as it was, month and time window. Stands with its contract and no rows until it is filled.
{{ empty_mart() }}
