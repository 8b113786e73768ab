-- Hired staff's share of personnel cost, from the ledger, with both published denominators and the goal.
-- Grain: one row per unit, month and time window. Stands with its contract and no rows until it is filled.
{{ empty_mart() }}
