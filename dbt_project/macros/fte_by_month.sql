{# The one body of fct_fte and fct_fte_as_was. organisation: restated (as it stands at as_of) or as_was (as it stood in each
   month). Merged categories are added up before anything is rounded, all months of them. #}
{% macro fte_by_month(organisation) %}
with unit_month as (

    select * from {{ ref('int_fte__unit_month') }}
    where organisation = '{{ organisation }}'

),

merged_series as (

    select * from {{ ref('int_fte__merged_series') }}

),

named as (

    select
        unit_month.*,
        merged_series.unit_id is not null as is_merged,
        case when merged_series.unit_id is null then unit_month.personnel_category else 'MERGED' end as member
    from unit_month
    left join merged_series
        on merged_series.unit_id = unit_month.unit_id
        and merged_series.personnel_category = unit_month.personnel_category
    left join merged_series as not_published
        on not_published.unit_id = unit_month.unit_id
        and not_published.personnel_category = 'ALL'
    {%- if organisation == 'as_was' %}
    inner join {{ ref('int_fte__published_unit') }} as unit
        on unit.unit_id = unit_month.unit_id
        and not unit.moves_few
        and (not unit.moves_any or unit_month.personnel_category = 'ALL')
    {%- endif %}
    where not_published.unit_id is null

)

-- A unit's categories are known, and complete, in the same months.
select
    cast(unit_id as string) as unit_id,
    cast(member as string) as personnel_category,
    cast(month as date) as month,
    cast(fte_definition as string) as fte_definition,
    cast(sum(fte) as decimal(12,4)) as fte,
    min(case when is_complete then 1 else 0 end) = 1 as is_complete,
    cast(sum(fte_r12) as decimal(12,4)) as fte_r12,
    cast(min(months_in_window) as bigint) as months_in_window,
    cast(sum(fte_r12_change_12m) as decimal(12,4)) as fte_r12_change_12m,
    cast(sum(hired_fte) as decimal(12,4)) as hired_fte,
    is_merged
from named
group by unit_id, member, month, fte_definition, is_merged
{% endmacro %}
