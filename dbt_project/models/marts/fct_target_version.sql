-- The targets as each version of the plan gave them: nothing promised is overwritten.
-- Grain: one row per source of plans, action, year and version of the plan.
with

versions as (

    select * from {{ ref('int_plan__target_version') }}

)

select
    cast(source as string) as source,
    cast(action_id as string) as action_id,
    cast(year as bigint) as year,
    cast(known_from as date) as known_from,
    cast(version as bigint) as version,
    cast(target_sek as decimal(18, 2)) as target_sek,
    cast(change_sek as decimal(18, 2)) as change_sek,
    is_dropped,
    cast(locked_on as date) as locked_on,
    is_locked,
    cast(decision as string) as decision
from versions
