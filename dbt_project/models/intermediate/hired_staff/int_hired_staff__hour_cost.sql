-- What an hour costs, of own staff with its extra compensation, of own staff beyond its hours, and of hired staff; in the
-- windows of the share. A window is known only where all its months are, cost and hours alike.
--   own hour      personnel of the ledger without hired staff / worked and overtime hours
--   extra hour    (overtime + extra compensation) x (1 + payroll_addon / salaries of the window) / overtime hours
--   hired hour    the extract's cost, travel included / its hours
-- Grain: one row per organisation (restated, as_was), unit_id, month and time_window (month, ytd, r12).
{%- set windows = time_windows() %}
{%- set measures = [
    'own_personnel_cost_sek', 'salary_sek', 'payroll_addon_sek', 'extra_cost_sek', 'own_hours', 'overtime_hours',
    'hired_cost_sek', 'hired_hours'
] %}
with months as (

    select
        ledger_month.organisation,
        ledger_month.unit_id,
        ledger_month.month,
        cast(extract(month from ledger_month.month) as bigint) as month_number,
        cast(extract(year from ledger_month.month) as bigint) as year,
        ledger_month.own_personnel_cost_sek,
        {%- for measure in ['salary_sek', 'payroll_addon_sek', 'extra_cost_sek'] %}
        case when ledger_month.own_personnel_cost_sek is not null then coalesce(extra_cost.{{ measure }}, 0) end
            as {{ measure }},
        {%- endfor %}
        unit_hours.own_hours,
        unit_hours.overtime_hours,
        cost_month.cost_sek as hired_cost_sek,
        cost_month.hours as hired_hours
    from {{ ref('int_hired_staff__ledger_month') }} as ledger_month
    left join {{ ref('int_hired_staff__extra_cost') }} as extra_cost
        on extra_cost.organisation = ledger_month.organisation
        and extra_cost.unit_id = ledger_month.unit_id
        and extra_cost.month = ledger_month.month
    left join {{ ref('int_fte__unit_hours') }} as unit_hours
        on unit_hours.organisation = ledger_month.organisation
        and unit_hours.unit_id = ledger_month.unit_id
        and unit_hours.month = ledger_month.month
    left join {{ ref('int_hired_staff__cost_month') }} as cost_month
        on cost_month.organisation = ledger_month.organisation
        and cost_month.unit_id = ledger_month.unit_id
        and cost_month.month = ledger_month.month
        and cost_month.personnel_category = 'ALL'

),

summed as (

    {%- for name, (frame, length) in windows.items() %}
    {{ "union all" if not loop.first }}
    select
        organisation,
        unit_id,
        month,
        '{{ name }}' as time_window,
        {%- for measure in measures %}
        cast(
            case when count({{ measure }}) over ({{ frame }}) = {{ length }} then sum({{ measure }}) over ({{ frame }}) end
            as double
        ) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from months
    {%- endfor %}

)

select
    organisation,
    unit_id,
    month,
    time_window,
    cast(own_personnel_cost_sek / case when own_hours > 0 then own_hours end as decimal(28,8)) as own_hour_sek,
    cast(
        extra_cost_sek * (1 + payroll_addon_sek / case when salary_sek > 0 then salary_sek end)
        / case when overtime_hours > 0 then overtime_hours end as decimal(28,8)
    ) as extra_hour_sek,
    cast(hired_cost_sek / case when hired_hours > 0 then hired_hours end as decimal(28,8)) as hired_hour_sek
from summed
