-- What the actions do to the operation, citizens and staff: the indicators chosen for each, against the limit that
-- was set.
-- Grain: one row per action, perspective, indicator and month. Stands with its contract and no rows until it is
-- filled.
{{ empty_mart() }}
