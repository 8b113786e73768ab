-- Full-time equivalents per unit, restated to the organisation at as_of, with the rolling twelve-month mean.
-- Grain: one row per unit, personnel category, month and FTE definition.
{{ fte_by_month('restated') }}
