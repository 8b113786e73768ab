-- FTE of every unit with all below it, by each definition, in today's organisation and as it was, with the twelve-month
-- means. On a spine: each unit, each of its categories and ALL, in every month of int_fte__month. A month is NULL where
-- a delivery is missing or nothing of the definition is delivered yet, 0 where there is no staff; not rounded to four
-- decimals here.
-- Grain: one row per organisation, unit_id, personnel_category, month and fte_definition.
with months as (

    select * from {{ ref('int_fte__month') }}

),

definition as (

    select * from {{ ref('int_fte__definition') }}

),

units as (

    select unit_id from {{ ref('int_unit__unit') }}

),

organisations as (

    select 'restated' as organisation
    union all
    select 'as_was' as organisation

),

staffed as (

    select
        company,
        cost_centre,
        personnel_category,
        employment_form,
        month,
        sum(contract_fte) as contract_fte,
        sum(contract_less_leave_fte) as contract_less_leave_fte,
        sum(hourly_hours) as hourly_hours,
        sum(presence_hours) as presence_hours,
        sum(paid_leave_hours) as paid_leave_hours
    from {{ ref('int_fte__employment_month') }}
    group by company, cost_centre, personnel_category, employment_form, month

),

{%- set measures = [
    'contract_fte', 'contract_less_leave_fte', 'hourly_hours', 'presence_hours', 'paid_leave_hours'
] %}

placed as (

    select
        organisations.organisation,
        case
            when organisations.organisation = 'restated' then cost_centre_unit.unit_id
            else cost_centre_unit.unit_id_as_was
        end as unit_id,
        staffed.personnel_category,
        staffed.employment_form,
        staffed.month,
        cost_centre_unit.share_pct,
        {%- for measure in measures %}
        staffed.{{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from staffed
    inner join {{ ref('int_staffing__cost_centre_unit') }} as cost_centre_unit
        on cost_centre_unit.company = staffed.company
        and coalesce(cost_centre_unit.cost_centre, '') = coalesce(staffed.cost_centre, '')
        and cost_centre_unit.month = staffed.month
    cross join organisations

),

leaf as (

    select
        organisation,
        unit_id,
        personnel_category,
        employment_form,
        month,
        {%- for measure in measures %}
        sum(cast({{ measure }} * share_pct * 0.01 as decimal(28,12))) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from placed
    group by organisation, unit_id, personnel_category, employment_form, month

),

summed as (

    select
        leaf.organisation,
        ancestor.ancestor_unit_id as unit_id,
        leaf.personnel_category,
        leaf.employment_form,
        leaf.month,
        {%- for measure in measures %}
        sum(leaf.{{ measure }}) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from leaf
    inner join {{ ref('int_unit__ancestor') }} as ancestor on ancestor.unit_id = leaf.unit_id
    group by leaf.organisation, ancestor.ancestor_unit_id, leaf.personnel_category, leaf.employment_form, leaf.month

),

with_all as (

    select
        organisation,
        unit_id,
        personnel_category,
        employment_form,
        month,
        {{ measures | join(', ') }}
    from summed

    union all

    select
        organisation,
        unit_id,
        'ALL' as personnel_category,
        employment_form,
        month,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from summed
    group by organisation, unit_id, employment_form, month

),

counted as (

    select
        with_all.organisation,
        with_all.unit_id,
        with_all.personnel_category,
        with_all.month,
        definition.fte_definition,
        definition.formula,
        definition.norm_hours,
        sum(
            case definition.formula
                when 'contract' then coalesce(with_all.contract_fte, 0)
                when 'contract_less_leave' then coalesce(with_all.contract_less_leave_fte, 0)
                else 0
            end
        ) as fte,
        sum(
            case definition.formula
                when 'presence' then coalesce(with_all.presence_hours, 0)
                when 'presence_paid_leave'
                    then coalesce(with_all.presence_hours, 0) + coalesce(with_all.paid_leave_hours, 0)
                else coalesce(with_all.hourly_hours, 0)
            end
        ) as hours
    from with_all
    inner join definition
        on definition.valid_from <= with_all.month
        and (definition.valid_to is null or with_all.month < definition.valid_to)
        and definition.employment_forms like '%,' || with_all.employment_form || ',%'
    group by
        with_all.organisation,
        with_all.unit_id,
        with_all.personnel_category,
        with_all.month,
        definition.fte_definition,
        definition.formula,
        definition.norm_hours

),

-- Twelve decimals: so exact that what ends within four comes out as itself.
valued as (

    select
        organisation,
        unit_id,
        personnel_category,
        month,
        fte_definition,
        cast(
            fte + cast(cast(hours as double) * 12 / cast(norm_hours as double) as decimal(28,12)) as decimal(28,12)
        ) as fte
    from counted

),

hired as (

    select
        organisation,
        unit_id,
        personnel_category,
        month,
        hours
    from {{ ref('int_hired_staff__cost_month') }}

),

-- A category that a unit only hires has rows too: its own staff are 0.
member as (

    select
        organisation,
        unit_id,
        personnel_category
    from valued
    where personnel_category <> 'ALL'

    union

    select
        organisation,
        unit_id,
        personnel_category
    from hired
    where personnel_category <> 'ALL'

    union all

    select
        organisations.organisation,
        units.unit_id,
        'ALL' as personnel_category
    from units
    cross join organisations

),

spine as (

    select
        member.organisation,
        member.unit_id,
        member.personnel_category,
        months.month,
        months.month_index,
        definition.fte_definition,
        definition.valid_from as series_from
    from member
    cross join months
    inner join definition
        on definition.valid_from <= months.month
        and (definition.valid_to is null or months.month < definition.valid_to)

),

stated as (

    select
        spine.organisation,
        spine.unit_id,
        spine.personnel_category,
        spine.month,
        spine.month_index,
        spine.fte_definition,
        spine.series_from,
        -- In a month that is whole for all categories together, one without a row hired nobody.
        case
            when hired_all.hours is not null
                then cast(
                    cast(coalesce(hired.hours, 0) as double) * 12 / cast(definition.hired_hours_per_fte as double)
                    as decimal(28,12)
                )
        end as hired_fte,
        case
            when not coalesce(state.is_delivered, false) then null
            when state.is_complete or state.is_measured then coalesce(valued.fte, cast(0 as decimal(28,12)))
        end as fte,
        coalesce(state.is_complete, false) as is_complete
    from spine
    inner join definition
        on definition.fte_definition = spine.fte_definition
        and definition.valid_from = spine.series_from
    left join {{ ref('int_fte__unit_state') }} as state
        on state.organisation = spine.organisation
        and state.unit_id = spine.unit_id
        and state.month = spine.month
        and state.fte_definition = spine.fte_definition
    left join valued
        on valued.organisation = spine.organisation
        and valued.unit_id = spine.unit_id
        and valued.personnel_category = spine.personnel_category
        and valued.month = spine.month
        and valued.fte_definition = spine.fte_definition
    left join hired
        on hired.organisation = spine.organisation
        and hired.unit_id = spine.unit_id
        and hired.personnel_category = spine.personnel_category
        and hired.month = spine.month
    left join hired as hired_all
        on hired_all.organisation = spine.organisation
        and hired_all.unit_id = spine.unit_id
        and hired_all.personnel_category = 'ALL'
        and hired_all.month = spine.month

),

-- Months are told by number, so that a month without a row leaves a gap in the window and is not skipped.
windowed as (

    select
        *,
        {%- for name, window in {
            'window': '11 preceding and current row', 'earlier': '23 preceding and 12 preceding'
        }.items() %}
        sum(case when is_complete then fte end) over (
            partition by organisation, unit_id, personnel_category, fte_definition, series_from
            order by month_index range between {{ window }}
        ) as {{ name }}_fte,
        count(case when is_complete then 1 end) over (
            partition by organisation, unit_id, personnel_category, fte_definition, series_from
            order by month_index range between {{ window }}
        ) as {{ name }}_months{{ "," if not loop.last }}
        {%- endfor %}
    from stated

)

select
    organisation,
    unit_id,
    personnel_category,
    month,
    month_index,
    fte_definition,
    series_from,
    fte,
    is_complete,
    case
        when window_months = 12 then cast(cast(window_fte as double) / 12 as decimal(28,8))
    end as fte_r12,
    cast(window_months as bigint) as months_in_window,
    case
        when window_months = 12 and earlier_months = 12
            then cast(cast(window_fte - earlier_fte as double) / 12 as decimal(28,8))
    end as fte_r12_change_12m,
    hired_fte
from windowed
