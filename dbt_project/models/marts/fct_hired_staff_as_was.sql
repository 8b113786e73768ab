-- Hired staff by month of work, by the organisation of each month itself.
-- Grain: one row per unit as it was, personnel category and month. Stands with its contract and no rows until it is
-- filled.
{{ empty_mart() }}
