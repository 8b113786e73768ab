{# The one body of fct_hired_staff and fct_hired_staff_as_was. organisation: restated (as it stands at as_of) or as_was (as it
   stood in each month). #}
{% macro hired_staff_by_month(organisation) %}
{%- set month_end = add_days(add_months('spine.month', 1), -1) %}
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

),

-- As long as a chain had become at the month's end, in the months that it reaches into.
chain_month as (

    select
        ancestors.ancestor_unit_id as unit_id,
        chain.personnel_category,
        spine.month,
        max({{ dbt.datediff('chain.first_day', 'least(chain.last_day, ' ~ month_end ~ ')', 'day') }} + 1) as days
    from {{ ref('int_hired_staff__call_off_chain') }} as chain
    inner join {{ ref('int_unit__ancestor') }} as ancestors on ancestors.unit_id = chain.unit_id
    inner join (select month from months group by month) as spine
        on chain.first_day <= {{ month_end }} and chain.last_day >= spine.month
    where chain.organisation = '{{ organisation }}'
    group by ancestors.ancestor_unit_id, chain.personnel_category, spine.month

),

longest as (

    select unit_id, personnel_category, month, days
    from chain_month
    union all
    select unit_id, 'ALL' as personnel_category, month, max(days) as days
    from chain_month
    group by unit_id, month

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
    ) as hired_fte,
    cast(
        case when months.hours > 0 then round(cast(months.cost_sek as double) / cast(months.hours as double), 2) end
        as decimal(18, 2)
    ) as cost_per_hour_sek,
    cast(case when months.cost_sek is not null then coalesce(longest.days, 0) end as bigint) as longest_call_off_days
from months
left join norms on months.month = norms.month
left join longest
    on
        months.unit_id = longest.unit_id
        and months.personnel_category = longest.personnel_category
        and months.month = longest.month
{% endmacro %}
