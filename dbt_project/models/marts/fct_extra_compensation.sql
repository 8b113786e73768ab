-- Extra compensation as delivered: two breakdowns of one total, never to be added together.
-- Grain: one row per division, kind and month. Stands with its contract and no rows until it is filled.
{{ empty_mart() }}
