-- The definitions of FTE with the months they must wait: a definition is complete when all its measures are.
-- Grain: one row per fte_definition and valid_from; a new norm is a new row, and a new series.
with definition as (

    select
        fte_definition,
        formula,
        norm_hours,
        ',' || replace(employment_forms, ' ', '') || ',' as employment_forms,
        hired_hours_per_fte,
        is_official,
        valid_from,
        valid_to
    from {{ ref('fte_definition') }}

),

measure as (

    select
        max(case when column_name = 'employment_rate' then lag_months else 0 end) as rate_lag,
        max(case when column_name = 'contracted_hours' then lag_months else 0 end) as contracted_lag,
        max(case when column_name in ('worked_hours', 'overtime_hours') then lag_months else 0 end) as presence_lag,
        max(case when column_name = 'paid_leave_hours' then lag_months else 0 end) as paid_leave_lag,
        max(case when column_name = 'unpaid_leave_hours' then lag_months else 0 end) as unpaid_leave_lag
    from {{ source('raw', 'feed_column') }}
    where feed = 'staffing'

)

select
    definition.fte_definition,
    definition.formula,
    definition.norm_hours,
    definition.employment_forms,
    definition.hired_hours_per_fte,
    definition.is_official,
    definition.valid_from,
    definition.valid_to,
    cast(
        greatest(
            coalesce(measure.rate_lag, 0),
            -- Hours of the hourly paid are all hours paid for.
            case
                when definition.formula like 'presence%' or definition.employment_forms like '%,hourly,%'
                    then coalesce(measure.presence_lag, 0)
                else 0
            end,
            case
                when definition.formula = 'presence' then 0
                when definition.formula = 'presence_paid_leave' or definition.employment_forms like '%,hourly,%'
                    then coalesce(measure.paid_leave_lag, 0)
                else 0
            end,
            case
                when definition.formula = 'contract_less_leave'
                    then greatest(coalesce(measure.contracted_lag, 0), coalesce(measure.unpaid_leave_lag, 0))
                else 0
            end
        ) as bigint
    ) as lag_months
from definition
cross join measure
