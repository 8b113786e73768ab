-- Call-offs of one agency, unit and category with at most call_off_gap_days between them, seen as the one call-off that
-- they are. A call-off without dates, or with a sentinel for its end, is as long as the work that was paid for by it.
-- Grain: one row per organisation (restated, as_was), unit_id, personnel_category, agency and first_day.

{# A longer call-off is a sentinel date or a slip of the pen. #}
{%- set longest_call_off_in_days = 366 -%}

with lines as (

    select * from {{ ref('stg_hired_staff__line') }}

),

known_category as (

    select personnel_category
    from {{ ref('personnel_category') }}
    group by personnel_category

),

dated as (

    select
        lines.company,
        lines.cost_centre,
        coalesce(known_category.personnel_category, 'UNMAPPED') as personnel_category,
        coalesce(lines.agency_number, lines.agency, '') as agency_key,
        lines.agency,
        coalesce(lines.call_off_id, lines.invoice_number || ' ' || lines.line) as call_off_id,
        lines.work_from,
        lines.work_to,
        case
            when {{ dbt.datediff('lines.call_off_from', 'lines.call_off_to', 'day') }}
                between 0 and {{ longest_call_off_in_days }} - 1
                then lines.call_off_from
            else least(coalesce(lines.work_from, lines.work_to), coalesce(lines.work_to, lines.work_from))
        end as first_day,
        case
            when {{ dbt.datediff('lines.call_off_from', 'lines.call_off_to', 'day') }}
                between 0 and {{ longest_call_off_in_days }} - 1
                then lines.call_off_to
            else greatest(coalesce(lines.work_from, lines.work_to), coalesce(lines.work_to, lines.work_from))
        end as last_day
    from lines
    left join known_category on known_category.personnel_category = lines.personnel_category

),

-- Lines without any date belong to no call-off.
call_off as (

    select
        company,
        cost_centre,
        personnel_category,
        agency_key,
        min(agency) as agency,
        call_off_id,
        first_day,
        last_day,
        {{ month_of('first_day') }} as month
    from dated
    where first_day is not null
    group by company, cost_centre, personnel_category, agency_key, call_off_id, first_day, last_day

),

cost_centre_month as (

    select
        company,
        cost_centre,
        month,
        unit_id,
        unit_id_as_was
    from {{ ref('int_organisation__cost_centre_month') }}
    group by company, cost_centre, month, unit_id, unit_id_as_was

),

company_region as (

    select
        company,
        region_id || ':UNMAPPED' as unmapped_unit_id
    from {{ ref('int_ledger__company_region') }}

),

placed as (

    {%- for organisation, unit in [('restated', 'unit_id'), ('as_was', 'unit_id_as_was')] %}
    {{ "union all" if not loop.first }}
    select
        '{{ organisation }}' as organisation,
        coalesce(cost_centre_month.{{ unit }}, company_region.unmapped_unit_id, 'UNMAPPED') as unit_id,
        call_off.personnel_category,
        call_off.agency_key,
        call_off.agency,
        call_off.call_off_id,
        call_off.first_day,
        call_off.last_day
    from call_off
    left join cost_centre_month
        on cost_centre_month.company = call_off.company
        and cost_centre_month.cost_centre = call_off.cost_centre
        and cost_centre_month.month = call_off.month
    left join company_region on company_region.company = call_off.company
    {%- endfor %}

),

{%- set key = 'organisation, unit_id, personnel_category, agency_key' %}

followed as (

    select
        placed.*,
        max(last_day) over (
            partition by {{ key }}
            order by first_day, last_day, call_off_id rows between unbounded preceding and 1 preceding
        ) as last_day_before
    from placed

),

numbered as (

    select
        followed.*,
        sum(
            case
                when
                    last_day_before is null
                    or {{ dbt.datediff('last_day_before', 'first_day', 'day') }} - 1
                    > {{ parameter('call_off_gap_days', 'bigint') }}
                    then 1
                else 0
            end
        ) over (
            partition by {{ key }}
            order by first_day, last_day, call_off_id rows between unbounded preceding and current row
        ) as chain_number
    from followed

),

chain as (

    select
        organisation,
        unit_id,
        personnel_category,
        agency_key,
        min(agency) as agency,
        min(first_day) as first_day,
        max(last_day) as last_day,
        count(distinct call_off_id) as call_offs
    from numbered
    group by organisation, unit_id, personnel_category, agency_key, chain_number

)

select
    organisation,
    unit_id,
    personnel_category,
    agency_key,
    -- The number of a one-person firm is a pseudonym of 32 characters, and its name is not kept.
    coalesce(agency, case when length(agency_key) = 32 then 'en enskild firma' else agency_key end) as agency,
    first_day,
    last_day,
    cast({{ dbt.datediff('first_day', 'last_day', 'day') }} + 1 as bigint) as days,
    cast(call_offs as bigint) as call_offs
from chain
