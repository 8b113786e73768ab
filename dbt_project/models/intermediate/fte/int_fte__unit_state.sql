-- What is known of each unit's staff, month by month and definition by definition: whether every company of the
-- unit has delivered the month, and whether the deliveries that bring all the definition's measures have come. A
-- company is expected to deliver if a source of the contract names it, or if it has delivered. It belongs to a unit
-- in the months in which it has a cost centre below it that is open, or staffed; to its region's UNMAPPED always. A
-- unit without any company in a month, as one not yet born, has no row for it.
-- Grain: one row per organisation (restated, as_was), unit_id, month and fte_definition.
with definition as (

    select * from {{ ref('int_fte__definition') }}

),

months as (

    select * from {{ ref('int_fte__month') }}

),

current_slice as (

    select
        company,
        month
    from {{ ref('stg_intake__current_slice') }}
    where feed = 'staffing'
    group by company, month

),

delivered as (

    select
        current_slice.company,
        months.month_index
    from current_slice
    inner join months on months.month = current_slice.month

),

company as (

    select company from {{ ref('int_delivery__feed_party') }} where feed = 'staffing' and company is not null
    union
    select company from current_slice

),

reach as (

    select
        company.company,
        coalesce(max(delivered.month_index), 0) as last_index
    from company
    left join delivered on delivered.company = company.company
    group by company.company

),

arrived as (

    select
        reach.company,
        months.month,
        months.month_index,
        definition.fte_definition,
        definition.valid_from,
        definition.formula,
        definition.lag_months,
        reach.last_index,
        count(delivered.month_index) as deliveries,
        count(case when delivered.month_index = months.month_index then 1 end) as own_deliveries
    from reach
    cross join months
    inner join definition
        on definition.valid_from <= months.month
        and (definition.valid_to is null or months.month < definition.valid_to)
    left join delivered
        on delivered.company = reach.company
        and delivered.month_index >= months.month_index
        and delivered.month_index <= months.month_index + definition.lag_months
    group by
        reach.company,
        months.month,
        months.month_index,
        definition.fte_definition,
        definition.valid_from,
        definition.formula,
        definition.lag_months,
        reach.last_index

),

measured as (

    select
        company,
        month,
        count(rate_days) > 0 as has_rate,
        count(presence_hours) > 0 as has_presence
    from {{ ref('int_fte__employment_month') }}
    group by company, month

),

-- A delivery that was passed over by a later one is missing; one that nobody has come after is awaited.
company_state as (

    select
        arrived.company,
        arrived.month,
        arrived.fte_definition,
        arrived.valid_from,
        case
            when
                arrived.own_deliveries = 1
                and arrived.deliveries >= least(arrived.lag_months, arrived.last_index - arrived.month_index) + 1
                then 1
            else 0
        end as is_delivered,
        case when arrived.deliveries = arrived.lag_months + 1 then 1 else 0 end as is_complete,
        case
            when arrived.formula like 'presence%' and measured.has_presence then 1
            when arrived.formula like 'contract%' and (measured.has_rate or measured.has_presence) then 1
            else 0
        end as is_measured
    from arrived
    left join measured on measured.company = arrived.company and measured.month = arrived.month

),

-- Months in which a cost centre is open are those that the reference table knows it in.
open_cost_centre as (

    select
        company,
        month,
        unit_id,
        unit_id_as_was
    from {{ ref('int_organisation__cost_centre_month') }}
    where is_known_in_month
    group by company, month, unit_id, unit_id_as_was

    union

    select
        company,
        month,
        unit_id,
        unit_id_as_was
    from {{ ref('int_staffing__cost_centre_unit') }}

),

company_unit as (

    select
        'restated' as organisation,
        company,
        month,
        unit_id
    from open_cost_centre

    union

    select
        'as_was' as organisation,
        company,
        month,
        unit_id_as_was as unit_id
    from open_cost_centre

    union

    select
        organisations.organisation,
        company_region.company,
        months.month,
        company_region.region_id || ':UNMAPPED' as unit_id
    from {{ ref('int_ledger__company_region') }} as company_region
    cross join months
    cross join (select 'restated' as organisation union all select 'as_was' as organisation) as organisations

),

company_above as (

    select
        company_unit.organisation,
        ancestor.ancestor_unit_id as unit_id,
        company_unit.company,
        company_unit.month
    from company_unit
    inner join {{ ref('int_unit__ancestor') }} as ancestor on ancestor.unit_id = company_unit.unit_id
    group by company_unit.organisation, ancestor.ancestor_unit_id, company_unit.company, company_unit.month

)

select
    company_above.organisation,
    company_above.unit_id,
    company_above.month,
    company_state.fte_definition,
    company_state.valid_from as series_from,
    cast(count(*) as bigint) as companies,
    min(company_state.is_delivered) = 1 as is_delivered,
    min(company_state.is_delivered * company_state.is_complete) = 1 as is_complete,
    max(company_state.is_measured) = 1 as is_measured
from company_above
inner join company_state
    on company_state.company = company_above.company
    and company_state.month = company_above.month
group by
    company_above.organisation,
    company_above.unit_id,
    company_above.month,
    company_state.fte_definition,
    company_state.valid_from
