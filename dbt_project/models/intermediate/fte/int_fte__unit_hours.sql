-- Hours that a unit's own staff worked, overtime apart, whatever the definition of FTE. NULL until every definition's month
-- is complete, and for units that are too small for FTE of their own: hours would tell it.
-- Grain: one row per organisation (restated, as_was), unit_id and month in which some company is expected to deliver.
with hours as (

    select
        company,
        coalesce(cost_centre, '') as cost_centre,
        month,
        sum(coalesce(worked_hours, 0) + coalesce(overtime_hours, 0)) as own_hours,
        sum(coalesce(overtime_hours, 0)) as overtime_hours
    from {{ ref('int_staffing__employment_month') }}
    group by company, coalesce(cost_centre, ''), month

),

placed as (

    {%- for organisation, unit in [('restated', 'unit_id'), ('as_was', 'unit_id_as_was')] %}
    {{ "union all" if not loop.first }}
    select
        '{{ organisation }}' as organisation,
        ancestor.ancestor_unit_id as unit_id,
        hours.month,
        -- x 0.01 is exact, / 100 is not.
        cast(hours.own_hours * cost_centre_unit.share_pct * 0.01 as decimal(28,8)) as own_hours,
        cast(hours.overtime_hours * cost_centre_unit.share_pct * 0.01 as decimal(28,8)) as overtime_hours
    from hours
    inner join {{ ref('int_staffing__cost_centre_unit') }} as cost_centre_unit
        on cost_centre_unit.company = hours.company
        and coalesce(cost_centre_unit.cost_centre, '') = hours.cost_centre
        and cost_centre_unit.month = hours.month
    inner join {{ ref('int_unit__ancestor') }} as ancestor on ancestor.unit_id = cost_centre_unit.{{ unit }}
    {%- endfor %}

),

summed as (

    select
        organisation,
        unit_id,
        month,
        sum(own_hours) as own_hours,
        sum(overtime_hours) as overtime_hours
    from placed
    group by organisation, unit_id, month

),

complete as (

    select
        organisation,
        unit_id,
        month,
        min(case when is_complete then 1 else 0 end) = 1 as is_complete
    from {{ ref('int_fte__unit_state') }}
    group by organisation, unit_id, month

),

not_published as (

    select
        organisations.organisation,
        merged_series.unit_id
    from {{ ref('int_fte__merged_series') }} as merged_series
    cross join (select 'restated' as organisation union all select 'as_was' as organisation) as organisations
    where merged_series.personnel_category = 'ALL'

    union

    select
        'as_was' as organisation,
        unit_id
    from {{ ref('int_fte__published_unit') }}
    where moves_few

)

select
    complete.organisation,
    complete.unit_id,
    complete.month,
    {%- for measure in ['own_hours', 'overtime_hours'] %}
    cast(
        case
            when complete.is_complete and not_published.unit_id is null then coalesce(summed.{{ measure }}, 0)
        end as decimal(28,8)
    ) as {{ measure }}{{ "," if not loop.last }}
    {%- endfor %}
from complete
left join summed
    on summed.organisation = complete.organisation
    and summed.unit_id = complete.unit_id
    and summed.month = complete.month
left join not_published
    on not_published.organisation = complete.organisation and not_published.unit_id = complete.unit_id
