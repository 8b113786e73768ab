-- Each employment's parts of an FTE, month by month, before any definition's norm: contract after the person's cap, the
-- same less unpaid leave, and the hours that definitions count.
-- Grain: one row per company, person_key, employment_id, month, cost_centre, aid_code and employment_form, of the
-- months of int_fte__month.
with posted as (

    select
        employment_month.company,
        employment_month.person_key,
        employment_month.employment_id,
        employment_month.month,
        employment_month.cost_centre,
        employment_month.aid_code,
        -- Whoever is not said to be paid by the hour is paid by the month.
        coalesce(employment_month.employment_form, 'permanent') as employment_form,
        coalesce(employment_month.employment_form, 'permanent') = 'hourly' as is_hourly,
        employment_month.rate_days,
        employment_month.contracted_hours,
        employment_month.worked_hours,
        employment_month.overtime_hours,
        employment_month.paid_leave_hours,
        employment_month.unpaid_leave_hours,
        months.days_in_month
    from {{ ref('int_staffing__employment_month') }} as employment_month
    inner join {{ ref('int_fte__month') }} as months on months.month = employment_month.month

),

company_region as (

    select * from {{ ref('int_ledger__company_region') }}

),

-- The part of contracted time that is unpaid leave is judged on the whole employment, all its segments together.
employment as (

    select
        posted.company,
        posted.person_key,
        posted.employment_id,
        posted.month,
        coalesce(company_region.region_id, posted.company) as region_id,
        sum(case when not posted.is_hourly then coalesce(posted.rate_days, 0) else 0 end)
        / cast(max(posted.days_in_month) as double) as contract_fte,
        sum(case when not posted.is_hourly then posted.contracted_hours end) as contracted_hours,
        sum(case when not posted.is_hourly then posted.unpaid_leave_hours end) as unpaid_leave_hours
    from posted
    left join company_region on company_region.company = posted.company
    group by
        posted.company,
        posted.person_key,
        posted.employment_id,
        posted.month,
        coalesce(company_region.region_id, posted.company)

),

employment_leave as (

    select
        company,
        person_key,
        employment_id,
        month,
        region_id,
        cast(contract_fte as decimal(18,10)) as contract_fte,
        cast(
            case
                when contracted_hours > 0 and unpaid_leave_hours > 0
                    then least(cast(unpaid_leave_hours as double) / cast(contracted_hours as double), 1)
                else 0
            end as decimal(18,10)
        ) as unpaid_leave_share
    from employment

),

cap as (

    select {{ parameter('person_cap', 'decimal(12,4)') }} as person_cap

),

-- A person counts at most the cap over the monthly paid employments of one region; few are above it.
person as (

    select
        employment_leave.region_id,
        employment_leave.person_key,
        employment_leave.month,
        max(cap.person_cap) as person_cap,
        sum(employment_leave.contract_fte) as contract_fte,
        sum(case when employment_leave.unpaid_leave_share = 1 then employment_leave.contract_fte else 0 end)
            as on_leave_fte,
        sum(
            case
                when employment_leave.unpaid_leave_share = 0 then employment_leave.contract_fte
                else cast(
                    employment_leave.contract_fte * cast(1 - employment_leave.unpaid_leave_share as decimal(11,10))
                    as decimal(18,10)
                )
            end
        ) as less_leave_fte
    from employment_leave
    cross join cap
    group by employment_leave.region_id, employment_leave.person_key, employment_leave.month
    having sum(employment_leave.contract_fte) > max(cap.person_cap)

),

-- What is above the cap is cut first from employments on full unpaid leave, then from the others, each in proportion to
-- its rate. Employments without leave, of persons below the cap, count whole and have no row.
factor as (

    select
        employment_leave.company,
        employment_leave.person_key,
        employment_leave.employment_id,
        employment_leave.month,
        case
            when person.person_key is null then 1
            when employment_leave.unpaid_leave_share = 1
                then 1 - cast(least(person.contract_fte - person.person_cap, person.on_leave_fte) as double)
                    / nullif(cast(person.on_leave_fte as double), 0)
            else
                1 - cast(greatest(person.contract_fte - person.person_cap - person.on_leave_fte, 0) as double)
                / nullif(cast(person.contract_fte - person.on_leave_fte as double), 0)
        end as contract_factor,
        cast(1 - employment_leave.unpaid_leave_share as double)
        * case
            when person.less_leave_fte > person.person_cap
                then cast(person.person_cap as double) / cast(person.less_leave_fte as double)
            else 1
        end as less_leave_factor
    from employment_leave
    left join person
        on person.region_id = employment_leave.region_id
        and person.person_key = employment_leave.person_key
        and person.month = employment_leave.month
    where employment_leave.unpaid_leave_share > 0 or person.person_key is not null

),

aid_month as (

    select
        aid_code,
        month
    from posted
    group by aid_code, month

),

-- Ranges compare text, with bounds as prefixes, and their validity is judged on the month's first day.
category as (

    select
        aid_month.aid_code,
        aid_month.month,
        min(personnel_category.personnel_category) as personnel_category
    from aid_month
    inner join {{ ref('personnel_category') }} as personnel_category
        on personnel_category.aid_from <= aid_month.aid_code
        and substr(aid_month.aid_code, 1, length(personnel_category.aid_to)) <= personnel_category.aid_to
        and personnel_category.valid_from <= aid_month.month
        and (personnel_category.valid_to is null or aid_month.month < personnel_category.valid_to)
    group by aid_month.aid_code, aid_month.month

)

select
    posted.company,
    posted.person_key,
    posted.employment_id,
    posted.month,
    posted.cost_centre,
    posted.aid_code,
    coalesce(category.personnel_category, 'UNMAPPED') as personnel_category,
    posted.employment_form,
    posted.rate_days,
    posted.contracted_hours,
    case
        when not posted.is_hourly
            then cast(
                cast(posted.rate_days as double) / posted.days_in_month * coalesce(factor.contract_factor, 1)
                as decimal(18,10)
            )
    end as contract_fte,
    case
        when not posted.is_hourly
            then cast(
                cast(posted.rate_days as double) / posted.days_in_month * coalesce(factor.less_leave_factor, 1)
                as decimal(18,10)
            )
    end as contract_less_leave_fte,
    case
        when
            posted.is_hourly
            and not (
                posted.worked_hours is null and posted.overtime_hours is null and posted.paid_leave_hours is null
            )
            then cast(
                coalesce(posted.worked_hours, 0) + coalesce(posted.overtime_hours, 0)
                + coalesce(posted.paid_leave_hours, 0) as decimal(18,2)
            )
    end as hourly_hours,
    case
        when not (posted.worked_hours is null and posted.overtime_hours is null)
            then cast(coalesce(posted.worked_hours, 0) + coalesce(posted.overtime_hours, 0) as decimal(18,2))
    end as presence_hours,
    posted.paid_leave_hours
from posted
left join factor
    on factor.company = posted.company
    and factor.person_key = posted.person_key
    and factor.employment_id = posted.employment_id
    and factor.month = posted.month
left join category on category.aid_code = posted.aid_code and category.month = posted.month
