-- The years that are final: every company of the reference table has made their December final by as_of.
-- Grain: one row per final year.
with

periods as (

    select * from {{ ref('period') }}

),

companies as (

    select count(distinct company) as companies from periods

)

select
    cast(extract(year from periods.month) as bigint) as year,
    max(periods.final_on) as final_on
from periods
cross join companies
where
    extract(month from periods.month) = 12
    and periods.final_on <= {{ as_of() }}
group by extract(year from periods.month), companies.companies
having count(distinct periods.company) = companies.companies
