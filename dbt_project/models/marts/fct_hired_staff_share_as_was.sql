-- Hired staff's share of personnel cost, from the ledger, with both published denominators and the goal,
-- by the organisation of each month itself.
-- Grain: one row per unit as it was, month and time window.
with

windows as (

    select * from {{ ref('int_hired_staff__share_window') }}
    where organisation = 'as_was'

)

select
    cast(unit_id as string) as unit_id,
    cast(month as date) as month,
    cast(time_window as string) as time_window,
    cast(hired_cost_sek as decimal(18, 2)) as hired_cost_sek,
    cast(own_personnel_cost_sek as decimal(18, 2)) as own_personnel_cost_sek,
    cast(share_of_total_pct as decimal(18, 4)) as share_of_total_pct,
    cast(share_of_own_pct as decimal(18, 4)) as share_of_own_pct,
    cast(goal_pct as decimal(9, 4)) as goal_pct,
    cast(gap_sek as decimal(18, 2)) as gap_sek,
    is_closed
from windows
