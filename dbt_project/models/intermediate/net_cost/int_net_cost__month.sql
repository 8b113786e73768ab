-- Net cost beside last year and in rolling windows: last year is the same month a year earlier with its adjustments,
-- and a window counts only when all of its twelve months are delivered. Not rounded.
-- Grain: one row per organisation (restated or as_was), unit, result line and month.
with line_month as (

    select
        organisation,
        unit_id,
        result_line,
        month,
        actual_sek,
        internal_sek,
        budget_sek,
        adjustment_sek,
        {{ add_months('month', -12) }} as month_last_year
    from {{ ref('int_net_cost__line_month') }}

),

compared as (

    select
        line_month.organisation,
        line_month.unit_id,
        line_month.result_line,
        line_month.month,
        line_month.actual_sek,
        line_month.internal_sek,
        line_month.budget_sek,
        line_month.adjustment_sek,
        last_year.actual_sek + line_month.adjustment_sek as last_year_sek
    from line_month
    left join line_month as last_year
        on last_year.organisation = line_month.organisation
        and last_year.unit_id = line_month.unit_id
        and last_year.result_line = line_month.result_line
        and last_year.month = line_month.month_last_year
),

-- The spine has no gaps, so twelve rows are twelve months.
rolled as (

    select
        compared.*,
        count(actual_sek) over twelve_months as months_in_window,
        sum(actual_sek) over twelve_months as r12_sum_sek,
        count(last_year_sek) over twelve_months as months_in_window_last_year,
        sum(last_year_sek) over twelve_months as r12_last_year_sum_sek
    from compared
    window twelve_months as (
        partition by organisation, unit_id, result_line
        order by month
        rows between 11 preceding and current row
    )

)

select
    organisation,
    unit_id,
    result_line,
    month,
    cast(actual_sek as decimal(34,14)) as actual_sek,
    cast(internal_sek as decimal(34,14)) as internal_sek,
    cast(budget_sek as decimal(34,14)) as budget_sek,
    cast(adjustment_sek as decimal(34,14)) as adjustment_sek,
    cast(last_year_sek as decimal(34,14)) as last_year_sek,
    cast(case when months_in_window = 12 then r12_sum_sek end as decimal(34,14)) as r12_sek,
    cast(
        case when months_in_window_last_year = 12 then r12_last_year_sum_sek end as decimal(34,14)
    ) as r12_last_year_sek
from rolled
