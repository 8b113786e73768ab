-- Pairs of actions that may count the same money. Shown, never subtracted. A pair stands once from each side.
-- Grain: one row per action, other action, ground and year. Stands with its contract and no rows until it is filled.
{{ empty_mart() }}
