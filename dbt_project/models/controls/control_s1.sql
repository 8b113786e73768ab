-- S1: rates, hours and FTE are plausible, and agree with the same month last year.
-- What is this? Units where a rate lies outside its bounds, where hours and rates do not fit each other, or where the
-- FTE of the latest complete month are far from those of the same month a year earlier; or employments with hours and no
-- rate, a rate and no hours, hours told twice, or an AID code or cost centre that nobody knows. When does it matter? A rate in
-- per cent, or a column of hours too many, moves every FTE and its twelve-month mean. How to resolve? Correct the
-- extract and deliver the month again; a true change needs only a note of its reason.
-- Grain: one row per kind of finding and unit. Rates and hours are judged in the unit of the cost centre, FTE in the
-- units that have none below them.
{% set months = 12 %}
with first_month as (

    select {{ add_months(month_of(as_of()), -months) }} as month

),

limits as (

    select
        {{ parameter('s1_max_rate', 'decimal(12,4)') }} as max_rate,
        {{ parameter('s1_max_hours_per_fte', 'decimal(12,4)') }} as max_hours_per_fte,
        {{ parameter('s1_fte_jump_pct', 'decimal(12,4)') }} as jump_pct,
        {{ parameter('s1_fte_jump_min_fte', 'decimal(12,4)') }} as jump_min_fte

),

unit as (

    select
        unit_id,
        unit_name,
        owner_role
    from {{ ref('int_unit__unit') }}

),

-- Who delivers the rows mends them.
deliverer as (

    select
        company,
        min(owner_role) as owner_role
    from {{ ref('int_delivery__feed_party') }}
    where feed = 'staffing'
    group by company

),

cost_centre_unit as (

    select
        company,
        coalesce(cost_centre, '') as cost_centre,
        month,
        unit_id,
        sum(share_pct) as share_pct
    from {{ ref('int_staffing__cost_centre_unit') }}
    group by company, coalesce(cost_centre, ''), month, unit_id

),

current_slice as (

    select slice_id from {{ ref('stg_intake__current_slice') }} where feed = 'staffing'

),

odd_rate as (

    select
        segment.company,
        coalesce(segment.cost_centre, '') as cost_centre,
        segment.person_key,
        segment.employment_id,
        segment.month,
        segment.employment_rate
    from {{ ref('int_staffing__month') }} as segment
    inner join current_slice on current_slice.slice_id = segment.slice_id
    inner join first_month on segment.month >= first_month.month
    cross join limits
    where
        coalesce(segment.employment_form, 'permanent') <> 'hourly'
        and (segment.employment_rate < 0 or segment.employment_rate > limits.max_rate)

),

odd_employment as (

    select
        company,
        cost_centre,
        person_key,
        employment_id,
        month,
        min(employment_rate) as lowest_rate,
        max(employment_rate) as highest_rate
    from odd_rate
    group by company, cost_centre, person_key, employment_id, month

),

rate_by_month as (

    select
        cost_centre_unit.unit_id,
        odd_employment.month,
        min(deliverer.owner_role) as owner_role,
        count(*) as employments,
        min(odd_employment.lowest_rate) as lowest_rate,
        max(odd_employment.highest_rate) as highest_rate
    from odd_employment
    inner join cost_centre_unit
        on cost_centre_unit.company = odd_employment.company
        and cost_centre_unit.cost_centre = odd_employment.cost_centre
        and cost_centre_unit.month = odd_employment.month
    left join deliverer on deliverer.company = odd_employment.company
    group by cost_centre_unit.unit_id, odd_employment.month

),

rate_finding as (

    select
        'unit_rate' as subject_type,
        rate_by_month.unit_id,
        min(rate_by_month.owner_role) as owner_role,
        'sysselsättningsgrader från ' || replace(cast(min(rate_by_month.lowest_rate) as string), '.', ',')
        || ' till ' || replace(cast(max(rate_by_month.highest_rate) as string), '.', ',')
        || ', som mest ' || cast(max(rate_by_month.employments) as string)
        || ' anställningar i en månad och senast i ' || {{ month_sv('max(rate_by_month.month)') }}
        || '. En sysselsättningsgrad är en andel mellan 0 och '
        || replace(cast(cast(max(limits.max_rate) as decimal(12,1)) as string), '.', ',')
        || '; levereras den i procent blir årsarbetarna fel. Rätta uttaget och leverera månaden på nytt.' as detail
    from rate_by_month
    cross join limits
    group by rate_by_month.unit_id

),

hours_by_month as (

    select
        cost_centre_unit.unit_id,
        employment_month.month,
        min(deliverer.owner_role) as owner_role,
        sum(coalesce(employment_month.contract_fte, 0) * cost_centre_unit.share_pct * 0.01) as contract_fte,
        sum(coalesce(employment_month.presence_hours, 0) * cost_centre_unit.share_pct * 0.01) as presence_hours
    from {{ ref('int_fte__employment_month') }} as employment_month
    inner join first_month on employment_month.month >= first_month.month
    inner join cost_centre_unit
        on cost_centre_unit.company = employment_month.company
        and cost_centre_unit.cost_centre = coalesce(employment_month.cost_centre, '')
        and cost_centre_unit.month = employment_month.month
    left join deliverer on deliverer.company = employment_month.company
    where employment_month.employment_form <> 'hourly'
    group by cost_centre_unit.unit_id, employment_month.month

),

complete_month as (

    select
        unit_month.unit_id,
        unit_month.month,
        unit_month.month_index,
        unit_month.fte_definition,
        unit_month.fte
    from {{ ref('int_fte__unit_month') }} as unit_month
    inner join {{ ref('int_fte__definition') }} as definition
        on definition.fte_definition = unit_month.fte_definition
        and definition.valid_from = unit_month.series_from
        and definition.is_official
    where
        unit_month.organisation = 'restated'
        and unit_month.personnel_category = 'ALL'
        and unit_month.is_complete

),

odd_hours as (

    select
        hours_by_month.unit_id,
        hours_by_month.month,
        hours_by_month.owner_role,
        hours_by_month.contract_fte,
        hours_by_month.presence_hours,
        limits.max_hours_per_fte,
        row_number() over (partition by hours_by_month.unit_id order by hours_by_month.month desc) as from_latest,
        count(*) over (partition by hours_by_month.unit_id) as months
    from hours_by_month
    inner join complete_month
        on complete_month.unit_id = hours_by_month.unit_id
        and complete_month.month = hours_by_month.month
    cross join limits
    where
        hours_by_month.presence_hours > limits.max_hours_per_fte * hours_by_month.contract_fte
        or hours_by_month.presence_hours < 0
        or (hours_by_month.presence_hours = 0 and hours_by_month.contract_fte > 0)

),

hours_finding as (

    select
        'unit_hours' as subject_type,
        unit_id,
        owner_role,
        case
            when presence_hours < 0 then 'arbetad tid under noll'
            when presence_hours = 0 then 'månadsavlönade utan arbetad tid'
            when contract_fte <= 0 then 'arbetad tid för månadsavlönade utan sysselsättningsgrad'
            else
                replace(cast(cast(presence_hours / contract_fte as decimal(18,0)) as string), '.', ',')
                || ' arbetade timmar per årsarbetare'
        end
        || ' i ' || {{ month_sv('month') }}
        || case
            when months > 1 then ' (orimlig tid i ' || cast(months as string) || ' av de senaste månaderna)'
            else ''
        end
        || '. Högst ' || cast(cast(max_hours_per_fte as decimal(12,0)) as string)
        || ' timmar per årsarbetare och månad är rimligt; helårsarbetarna enligt närvarotid blir fel.'
        || ' Rätta uttaget och leverera månaden på nytt.' as detail
    from odd_hours
    where from_latest = 1

),

parent_unit as (

    select ancestor_unit_id as unit_id
    from {{ ref('int_unit__ancestor') }}
    where depth > 0
    group by ancestor_unit_id

),

latest_complete as (

    select
        complete_month.*,
        row_number() over (partition by complete_month.unit_id order by complete_month.month desc) as from_latest
    from complete_month
    left join parent_unit on parent_unit.unit_id = complete_month.unit_id
    where parent_unit.unit_id is null

),

jump as (

    select
        latest_complete.unit_id,
        latest_complete.month,
        latest_complete.fte,
        last_year.month as last_year_month,
        last_year.fte as last_year_fte
    from latest_complete
    inner join complete_month as last_year
        on last_year.unit_id = latest_complete.unit_id
        and last_year.fte_definition = latest_complete.fte_definition
        and last_year.month_index = latest_complete.month_index - 12
    cross join limits
    where
        latest_complete.from_latest = 1
        and abs(latest_complete.fte - last_year.fte) >= limits.jump_min_fte
        and abs(latest_complete.fte - last_year.fte) * 100 > limits.jump_pct * abs(last_year.fte)

),

jump_finding as (

    select
        'unit_fte_change' as subject_type,
        jump.unit_id,
        unit.owner_role,
        replace(cast(cast(jump.fte as decimal(18,1)) as string), '.', ',')
        || ' helårsarbetare i ' || {{ month_sv('jump.month') }} || ' mot '
        || replace(cast(cast(jump.last_year_fte as decimal(18,1)) as string), '.', ',')
        || ' i ' || {{ month_sv('jump.last_year_month') }}
        || '. En så stor förändring är oftare ett fel i uttaget, eller ett kostnadsställe som bytt enhet,'
        || ' än en verklig förändring. Kontrollera orsakerna i fct_fte_change; är förändringen verklig,'
        || ' notera varför.' as detail
    from jump
    inner join unit on unit.unit_id = jump.unit_id

),

oddity as (

    select
        oddity.*,
        count(*) over (partition by oddity.kind, oddity.unit_id) as months,
        row_number() over (partition by oddity.kind, oddity.unit_id order by oddity.month desc) as from_latest
    from {{ ref('int_fte__oddity') }} as oddity
    inner join first_month on oddity.month >= first_month.month

),

oddity_finding as (

    select
        'unit_' || oddity.kind as subject_type,
        oddity.unit_id,
        deliverer.owner_role,
        cast(oddity.employments as string)
        || case when oddity.employments = 1 then ' anställning' else ' anställningar' end
        || case oddity.kind
            when 'hours_without_rate' then ' med arbetad tid och utan sysselsättningsgrad'
            when 'rate_without_hours' then ' med sysselsättningsgrad och utan tid eller frånvaro'
            when 'repeated_hours' then ' vars tid två leveranser berättar lika'
            when 'unknown_category' then ' med en AID-kod utan kategori (' || coalesce(oddity.code, 'tom') || ')'
            else ' på ett kostnadsställe utan enhet (' || coalesce(oddity.code, 'tomt') || ')'
        end
        || ' i ' || {{ month_sv('oddity.month') }}
        || case
            when oddity.months > 1 then ' (i ' || cast(oddity.months as string) || ' av de senaste månaderna)' else ''
        end
        || case oddity.kind
            when 'hours_without_rate' then '. De är noll årsarbetare enligt avtal. Leverera sysselsättningsgraden.'
            when 'rate_without_hours' then '. De är noll helårsarbetare enligt närvarotid. Leverera tiden eller frånvaron.'
            when 'repeated_hours'
                then '. Tiden räknas två gånger, eftersom en månad är summan av sina leveranser. Leverera den senare'
                    || ' månaden på nytt utan de upprepade raderna.'
            when 'unknown_category'
                then '. De står på UNMAPPED. Rätta koden, eller lägg till den i personnel_category.csv.'
            else '. De står på UNMAPPED. Rätta kostnadsstället, eller lägg till det i cost_centre.csv.'
        end as detail
    from oddity
    left join deliverer on deliverer.company = oddity.company
    where oddity.from_latest = 1

),

finding as (

    select subject_type, unit_id, owner_role, detail from oddity_finding
    union all
    select subject_type, unit_id, owner_role, detail from rate_finding
    union all
    select subject_type, unit_id, owner_role, detail from hours_finding
    union all
    select subject_type, unit_id, owner_role, detail from jump_finding

)

select
    cast(finding.subject_type as string) as subject_type,
    cast(finding.unit_id as string) as subject_id,
    cast(coalesce(finding.owner_role, unit.owner_role) as string) as owner_role,
    -- Rates and hours have no amount of their own.
    cast(null as decimal(18,2)) as amount_sek,
    cast(coalesce(unit.unit_name, finding.unit_id) || ': ' || finding.detail as string) as detail
from finding
left join unit on unit.unit_id = finding.unit_id
