-- Full-time equivalents per unit, by the organisation of each month itself.
-- Grain: one row per unit as it was, personnel category, month and FTE definition.
{{ fte_by_month('as_was') }}
