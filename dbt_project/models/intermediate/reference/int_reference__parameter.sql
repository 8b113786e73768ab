-- The thresholds in force at as_of: of each parameter's versions the one with the latest valid_from that has come.
-- Grain: one row per parameter_name.
with versions as (

    select
        parameter_name,
        parameter_value,
        valid_from,
        why,
        row_number() over (partition by parameter_name order by valid_from desc) as version_from_latest
    from {{ ref('parameter') }}
    where valid_from <= {{ as_of() }}

)

select
    parameter_name,
    parameter_value,
    valid_from,
    why
from versions
where version_from_latest = 1
