-- Each action's effect per component: what its rules claim of the accounts against their baseline, index and share
-- applied.
-- Grain: one row per action, component and month. Stands with its contract and no rows until it is filled.
{{ empty_mart() }}
