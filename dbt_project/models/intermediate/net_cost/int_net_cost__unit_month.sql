-- The months that a unit's net cost stands on, and whether they are known: a month counts only when every company
-- with a cost centre in the unit, or below it, has delivered it, and a budget only when every such company has one
-- for the year. UNMAPPED belongs to all companies of its region. From the first month that one of the unit's
-- companies has delivered to the last.
-- Grain: one row per organisation (restated or as_was), unit on any level, and month.
with company_month as (

    select * from {{ ref('int_period__company_month') }}

),

company as (

    select
        company,
        min(region_id) as region_id
    from company_month
    group by company

),

budget_year as (

    select
        company,
        extract(year from month) as year
    from {{ ref('int_net_cost__budget') }}
    group by company, extract(year from month)

),

leaf as (

    select
        'restated' as organisation,
        company,
        unit_id
    from {{ ref('int_organisation__cost_centre') }}

    union

    select
        'as_was' as organisation,
        company,
        unit_id_as_was as unit_id
    from {{ ref('int_organisation__cost_centre_month') }}
    where is_known_in_month

    union

    select
        organisation.organisation,
        company.company,
        company.region_id || ':UNMAPPED' as unit_id
    from company
    cross join (select 'restated' as organisation union all select 'as_was' as organisation) as organisation
    where company.region_id is not null

),

unit_company as (

    select
        leaf.organisation,
        ancestor.ancestor_unit_id as unit_id,
        leaf.company
    from leaf
    inner join {{ ref('int_unit__ancestor') }} as ancestor on ancestor.unit_id = leaf.unit_id
    -- A company in the reference table that no source names and that has never delivered is not waited for.
    inner join company on company.company = leaf.company
    group by leaf.organisation, ancestor.ancestor_unit_id, leaf.company

),

unit_month as (

    select
        unit_company.organisation,
        unit_company.unit_id,
        company_month.month,
        min(case when company_month.is_delivered then 1 else 0 end) = 1 as is_delivered,
        max(case when company_month.is_delivered then 1 else 0 end) = 1 as is_partly_delivered,
        min(case when budget_year.company is not null then 1 else 0 end) = 1 as has_budget
    from unit_company
    inner join company_month on company_month.company = unit_company.company
    left join budget_year
        on budget_year.company = unit_company.company
        and budget_year.year = extract(year from company_month.month)
    group by unit_company.organisation, unit_company.unit_id, company_month.month

),

reach as (

    select
        organisation,
        unit_id,
        min(month) as first_month,
        max(month) as last_month
    from unit_month
    where is_partly_delivered
    group by organisation, unit_id

)

select
    unit_month.organisation,
    unit_month.unit_id,
    unit_month.month,
    unit_month.is_delivered,
    unit_month.has_budget
from unit_month
inner join reach
    on reach.organisation = unit_month.organisation
    and reach.unit_id = unit_month.unit_id
where unit_month.month >= reach.first_month and unit_month.month <= reach.last_month
