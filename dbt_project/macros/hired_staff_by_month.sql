{# The one body of fct_hired_staff and fct_hired_staff_as_was. organisation: restated (as it stands at as_of) or as_was (as it
   stood in each month). #}
{% macro hired_staff_by_month(organisation) %}
with

months as (

    select * from {{ ref('int_hired_staff__cost_month') }}
    where organisation = '{{ organisation }}'

),

official as (

    select * from {{ ref('fte_definition') }}
    where is_official

),

-- Should the reference table name two official definitions, the row must not double.
norms as (

    select
        spine.month,
        min(official.hired_hours_per_fte) as hours_per_fte
    from (select month from months group by month) as spine
    inner join official
        on
            official.valid_from <= spine.month
            and (official.valid_to is null or spine.month < official.valid_to)
    group by spine.month

)

select
    cast(months.unit_id as string) as unit_id,
    cast(months.personnel_category as string) as personnel_category,
    cast(months.month as date) as month,
    cast(months.cost_sek as decimal(18, 2)) as cost_sek,
    cast(months.cost_same_month_last_year_sek as decimal(18, 2)) as cost_same_month_last_year_sek,
    cast(months.cost_ytd_sek as decimal(18, 2)) as cost_ytd_sek,
    cast(months.cost_ytd_last_year_sek as decimal(18, 2)) as cost_ytd_last_year_sek,
    cast(months.hours as decimal(18, 2)) as hours,
    cast(
        round(cast(months.hours as double) * 12 / cast(norms.hours_per_fte as double), 4) as decimal(12, 4)
    ) as hired_fte
from months
left join norms on months.month = norms.month
{% endmacro %}
