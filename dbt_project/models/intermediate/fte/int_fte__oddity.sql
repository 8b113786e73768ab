-- Employments whose rows cannot all be right, though each alone could be. They count in FTE as delivered; control S1 says
-- where they are.
--   hours_without_rate   a monthly paid employment with hours and no rate: no FTE by contract
--   rate_without_hours   the reverse, in a month whose hours have come: no FTE by presence
--   repeated_hours       a delivery repeats the hours of an earlier one for the same month: counted twice
--   unknown_category     an AID code out of use, or of no range: FTE under UNMAPPED
--   unknown_cost_centre  a cost centre of no unit, or none at all: FTE in the region's UNMAPPED
-- Grain: one row per kind, unit_id (today's) and month.
with employment_month as (

    select
        company,
        coalesce(cost_centre, '') as cost_centre,
        month,
        person_key,
        employment_id,
        sum(coalesce(rate_days, 0)) as rate_days,
        sum(coalesce(worked_hours, 0) + coalesce(overtime_hours, 0)) as presence_hours,
        sum(
            abs(coalesce(worked_hours, 0)) + abs(coalesce(overtime_hours, 0)) + abs(coalesce(paid_leave_hours, 0))
            + abs(coalesce(unpaid_leave_hours, 0))
        ) as hours
    from {{ ref('int_staffing__employment_month') }}
    where coalesce(employment_form, 'permanent') <> 'hourly'
    group by company, coalesce(cost_centre, ''), month, person_key, employment_id

),

current_slice as (

    select slice_id from {{ ref('stg_intake__current_slice') }} where feed = 'staffing'

),

told_hours as (

    select
        segment.company,
        coalesce(segment.cost_centre, '') as cost_centre,
        segment.month,
        segment.person_key,
        segment.employment_id,
        segment.delivery_month,
        sum(coalesce(segment.worked_hours, 0)) as worked_hours,
        sum(coalesce(segment.overtime_hours, 0)) as overtime_hours,
        sum(coalesce(segment.paid_leave_hours, 0)) as paid_leave_hours,
        sum(coalesce(segment.unpaid_leave_hours, 0)) as unpaid_leave_hours
    from {{ ref('int_staffing__month') }} as segment
    inner join current_slice on current_slice.slice_id = segment.slice_id
    where
        segment.worked_hours <> 0
        or segment.overtime_hours <> 0
        or segment.paid_leave_hours <> 0
        or segment.unpaid_leave_hours <> 0
    group by
        segment.company,
        coalesce(segment.cost_centre, ''),
        segment.month,
        segment.person_key,
        segment.employment_id,
        segment.delivery_month

),

repeated as (

    select
        company,
        cost_centre,
        month,
        person_key,
        employment_id
    from told_hours
    where worked_hours > 0 or overtime_hours > 0 or paid_leave_hours > 0 or unpaid_leave_hours > 0
    group by
        company,
        cost_centre,
        month,
        person_key,
        employment_id,
        worked_hours,
        overtime_hours,
        paid_leave_hours,
        unpaid_leave_hours
    having count(*) > 1

),

cost_centre_unit as (

    select
        company,
        coalesce(cost_centre, '') as cost_centre,
        month,
        unit_id
    from {{ ref('int_staffing__cost_centre_unit') }}
    group by company, coalesce(cost_centre, ''), month, unit_id

),

odd as (

    select
        'hours_without_rate' as kind,
        company,
        cost_centre,
        month,
        person_key,
        employment_id,
        cast(null as string) as code
    from employment_month
    where rate_days = 0 and presence_hours > 0

    union all

    select
        'rate_without_hours' as kind,
        company,
        cost_centre,
        month,
        person_key,
        employment_id,
        cast(null as string) as code
    from employment_month
    where rate_days > 0 and hours = 0

    union all

    select
        'repeated_hours' as kind,
        company,
        cost_centre,
        month,
        person_key,
        employment_id,
        cast(null as string) as code
    from repeated

    union all

    select
        'unknown_category' as kind,
        company,
        coalesce(cost_centre, '') as cost_centre,
        month,
        person_key,
        employment_id,
        aid_code as code
    from {{ ref('int_fte__employment_month') }}
    where personnel_category = 'UNMAPPED'

    union all

    select
        'unknown_cost_centre' as kind,
        employment.company,
        coalesce(employment.cost_centre, '') as cost_centre,
        employment.month,
        employment.person_key,
        employment.employment_id,
        employment.cost_centre as code
    from {{ ref('int_fte__employment_month') }} as employment
    inner join cost_centre_unit
        on cost_centre_unit.company = employment.company
        and cost_centre_unit.cost_centre = coalesce(employment.cost_centre, '')
        and cost_centre_unit.month = employment.month
    where cost_centre_unit.unit_id like '%UNMAPPED'

),

complete as (

    select
        unit_id,
        month
    from {{ ref('int_fte__unit_state') }}
    where organisation = 'restated'
    group by unit_id, month
    having min(case when is_complete then 1 else 0 end) = 1

)

select
    odd.kind,
    cost_centre_unit.unit_id,
    odd.month,
    min(odd.company) as company,
    cast(count(distinct odd.person_key || ' ' || odd.employment_id) as bigint) as employments,
    min(odd.code) as code
from odd
inner join cost_centre_unit
    on cost_centre_unit.company = odd.company
    and cost_centre_unit.cost_centre = odd.cost_centre
    and cost_centre_unit.month = odd.month
left join complete on complete.unit_id = cost_centre_unit.unit_id and complete.month = odd.month
where odd.kind <> 'rate_without_hours' or complete.unit_id is not null
group by odd.kind, cost_centre_unit.unit_id, odd.month
