-- What one unit saves and another pays for: the flow of cost between units that an action causes.
-- Grain: one row per action, from unit, to unit and month. Stands with its contract and no rows until it is filled.
{{ empty_mart() }}
