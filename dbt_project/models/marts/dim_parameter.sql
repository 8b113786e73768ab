-- The thresholds that the figures and controls of this release rest on.
-- Grain: one row per parameter_name.
with

parameters as (

    select * from {{ ref('int_reference__parameter') }}

)

select
    cast(parameter_name as string) as parameter_name,
    cast(parameter_value as string) as parameter_value,
    cast(valid_from as date) as valid_from,
    cast(why as string) as why
from parameters
