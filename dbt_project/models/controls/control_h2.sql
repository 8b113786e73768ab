-- H2: call-off chains, price per hour and share of hired staff are plausible.
-- What is this? Units with call-offs that follow each other for more than call_off_max_days and reach into the latest
-- delivered month; with lines of the last twelve months whose price per hour is outside its bounds, or that have an
-- amount and no hours or the reverse; or whose hired share over twelve months is below 0 or above h2_max_share_pct. When
-- does it matter? A month's limit that is renewed call-off by call-off is no limit; and an hour too few makes the price,
-- and the comparison with own staff, wrong. How to resolve? End the chain, or decide on it; mend the line or the account.
-- Grain: one row per kind of finding and unit.
{% set months = 12 %}
{% set price = "replace(cast(cast({} as decimal(18, 0)) as string), '.', ',')" %}
with unit as (

    select * from {{ ref('int_unit__unit') }}

),

deliverer as (

    select
        company,
        min(owner_role) as owner_role
    from {{ ref('int_delivery__feed_party') }}
    where feed = 'hired_staff'
    group by company

),

latest as (

    select max(month) as month
    from {{ ref('stg_intake__current_slice') }}
    where feed = 'hired_staff'

),

category as (

    select
        personnel_category,
        min(category_name) as category_name
    from {{ ref('personnel_category') }}
    group by personnel_category

),

chain as (

    select
        chain.unit_id,
        chain.agency,
        coalesce(category.category_name, chain.personnel_category) as category_name,
        chain.first_day,
        chain.last_day,
        chain.days,
        chain.call_offs,
        count(*) over (partition by chain.unit_id) as chains,
        row_number() over (
            partition by chain.unit_id
            order by chain.days desc, chain.first_day, chain.personnel_category, chain.agency_key
        ) as from_longest
    from {{ ref('int_hired_staff__call_off_chain') }} as chain
    inner join latest on chain.last_day >= latest.month
    left join category on category.personnel_category = chain.personnel_category
    where chain.organisation = 'restated' and chain.days > {{ parameter('call_off_max_days', 'bigint') }}

),

chain_finding as (

    select
        'unit_call_off_chain' as subject_type,
        unit_id,
        cast(null as string) as owner_role,
        cast(null as decimal(18, 2)) as amount_sek,
        cast(chains as string)
        || case when chains = 1 then ' kedja' else ' kedjor' end || ' av avrop är längre än '
        || {{ parameter('call_off_max_days', 'string') }} || ' dagar. Den längsta: '
        || agency || ', ' || lower(category_name) || ', ' || cast(days as string) || ' dagar ('
        || cast(first_day as string) || '–' || cast(last_day as string) || ', ' || cast(call_offs as string)
        || ' avrop med högst ' || {{ parameter('call_off_gap_days', 'string') }}
        || ' dagar emellan). Avsluta kedjan, eller besluta om den och notera varför.' as detail
    from chain
    where from_longest = 1

),

line as (

    select
        line.company,
        line.cost_centre,
        line.invoice_number,
        line.line,
        line.delivery_month,
        coalesce(line.hours, 0) as hours,
        coalesce(line.amount_sek, 0) as amount_sek,
        case
            when coalesce(line.hours, 0) <> 0 then cast(line.amount_sek as double) / cast(line.hours as double)
        end as price_sek
    from {{ ref('stg_hired_staff__line') }} as line
    where line.delivery_month >= {{ add_months(month_of(as_of()), -months) }}

),

odd_line as (

    select *
    from line
    where
        (hours = 0 and amount_sek <> 0)
        or (hours <> 0 and amount_sek = 0)
        or price_sek < {{ parameter('h2_min_price_sek', 'decimal(18, 2)') }}
        or price_sek > {{ parameter('h2_max_price_sek', 'decimal(18, 2)') }}

),

cost_centre_month as (

    select
        company,
        cost_centre,
        month,
        min(unit_id) as unit_id
    from {{ ref('int_organisation__cost_centre_month') }}
    group by company, cost_centre, month

),

company_region as (

    select * from {{ ref('int_ledger__company_region') }}

),

placed_line as (

    select
        coalesce(cost_centre_month.unit_id, company_region.region_id || ':UNMAPPED', 'UNMAPPED') as unit_id,
        deliverer.owner_role,
        odd_line.*,
        row_number() over (
            partition by coalesce(cost_centre_month.unit_id, company_region.region_id || ':UNMAPPED', 'UNMAPPED')
            order by odd_line.delivery_month desc, abs(odd_line.amount_sek) desc, odd_line.invoice_number, odd_line.line
        ) as from_latest
    from odd_line
    left join cost_centre_month
        on cost_centre_month.company = odd_line.company
        and cost_centre_month.cost_centre = odd_line.cost_centre
        and cost_centre_month.month = odd_line.delivery_month
    left join company_region on company_region.company = odd_line.company
    left join deliverer on deliverer.company = odd_line.company

),

price_finding as (

    select
        'unit_hired_price' as subject_type,
        unit_id,
        min(owner_role) as owner_role,
        cast(sum(abs(amount_sek)) as decimal(18, 2)) as amount_sek,
        cast(count(*) as string) || case when count(*) = 1 then ' rad' else ' rader' end
        || ' med orimligt pris per timme. Senast faktura '
        || coalesce(max(case when from_latest = 1 then invoice_number end), 'utan nummer') || ' rad '
        || coalesce(max(case when from_latest = 1 then line end), '–') || ', levererad '
        || {{ month_sv('max(case when from_latest = 1 then delivery_month end)') }} || ': '
        || max(
            case
                when from_latest <> 1 then null
                when hours = 0 then 'belopp utan timmar'
                when amount_sek = 0 then 'timmar utan belopp'
                else {{ price.format('price_sek') }} || ' kr per timme'
            end
        )
        || '. Rimligt är ' || {{ price.format(parameter('h2_min_price_sek', 'decimal(18, 2)')) }} || '–'
        || {{ price.format(parameter('h2_max_price_sek', 'decimal(18, 2)')) }}
        || ' kr utan resor. Timpriset, och jämförelsen med egen personal, blir fel. Rätta raden och leverera månaden'
        || ' på nytt.' as detail
    from placed_line
    group by unit_id

),

parent_unit as (

    select ancestor_unit_id as unit_id
    from {{ ref('int_unit__ancestor') }}
    where depth > 0
    group by ancestor_unit_id

),

share as (

    select
        share.unit_id,
        share.month,
        share.hired_cost_sek,
        share.share_of_total_pct,
        row_number() over (partition by share.unit_id order by share.month desc) as from_latest
    from {{ ref('int_hired_staff__share_window') }} as share
    left join parent_unit on parent_unit.unit_id = share.unit_id
    where
        share.organisation = 'restated'
        and share.time_window = 'r12'
        and share.hired_cost_sek is not null
        and parent_unit.unit_id is null

),

share_finding as (

    select
        'unit_hired_share' as subject_type,
        unit_id,
        cast(null as string) as owner_role,
        cast(hired_cost_sek as decimal(18, 2)) as amount_sek,
        'hyrpersonal är ' || {{ mnkr_sv('hired_cost_sek') }} || ' mnkr på tolv månader till och med '
        || {{ month_sv('month') }}
        || coalesce(
            ', ' || replace(replace(cast(cast(share_of_total_pct as decimal(9, 1)) as string), '.', ','), '-', '−')
            || ' % av de samlade personalkostnaderna', ''
        )
        || '. Mellan 0 och ' || replace({{ parameter('h2_max_share_pct', 'string') }}, '.', ',')
        || ' % är rimligt: sök fel konto eller kostnadsställe, eller notera varför.' as detail
    from share
    where
        from_latest = 1
        and (hired_cost_sek < 0 or share_of_total_pct > {{ parameter('h2_max_share_pct', 'decimal(9, 4)') }})

),

finding as (

    select * from chain_finding
    union all
    select * from price_finding
    union all
    select * from share_finding

)

select
    cast(finding.subject_type as string) as subject_type,
    cast(finding.unit_id as string) as subject_id,
    cast(coalesce(finding.owner_role, unit.owner_role) as string) as owner_role,
    cast(finding.amount_sek as decimal(18, 2)) as amount_sek,
    cast(coalesce(unit.unit_name, finding.unit_id) || ': ' || finding.detail as string) as detail
from finding
left join unit on unit.unit_id = finding.unit_id
