-- The months that facts can stand on, without gaps.
-- Grain: one row per month.
with

months as (

    select * from {{ ref('int_calendar__month') }}

)

select
    month,
    year,
    month_number,
    tertial
from months
