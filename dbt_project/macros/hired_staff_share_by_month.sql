{# The one body of fct_hired_staff_share and fct_hired_staff_share_as_was. organisation: restated (as it stands at as_of) or
   as_was (as it stood in each month). #}
{% macro hired_staff_share_by_month(organisation) %}
with

windows as (

    select * from {{ ref('int_hired_staff__share_window') }}
    where organisation = '{{ organisation }}'

),

hour_cost as (

    select * from {{ ref('int_hired_staff__hour_cost') }}
    where organisation = '{{ organisation }}'

)

select
    cast(windows.unit_id as string) as unit_id,
    cast(windows.month as date) as month,
    cast(windows.time_window as string) as time_window,
    cast(windows.hired_cost_sek as decimal(18, 2)) as hired_cost_sek,
    cast(windows.own_personnel_cost_sek as decimal(18, 2)) as own_personnel_cost_sek,
    cast(windows.share_of_total_pct as decimal(18, 4)) as share_of_total_pct,
    cast(windows.share_of_own_pct as decimal(18, 4)) as share_of_own_pct,
    cast(windows.goal_pct as decimal(9, 4)) as goal_pct,
    cast(windows.gap_sek as decimal(18, 2)) as gap_sek,
    windows.is_closed,
    cast(hour_cost.own_hour_sek as decimal(18, 2)) as own_hour_sek,
    cast(hour_cost.extra_hour_sek as decimal(18, 2)) as extra_hour_sek,
    cast(hour_cost.hired_hour_sek as decimal(18, 2)) as hired_hour_sek
from windows
left join hour_cost
    on
        windows.unit_id = hour_cost.unit_id
        and windows.month = hour_cost.month
        and windows.time_window = hour_cost.time_window
{% endmacro %}
