-- Whose deliveries a unit rests on: the companies with a cost centre in it or below it, in any month, so that a month
-- is not called whole while one of them is missing. Both the organisation at as_of and that of each month itself.
-- Grain: one row per organisation (restated, as_was), unit_id and company.
with

cost_centre_month as (

    select * from {{ ref('int_organisation__cost_centre_month') }}

),

company_region as (

    select * from {{ ref('int_ledger__company_region') }}

),

ancestors as (

    select * from {{ ref('int_unit__ancestor') }}

),

-- What names no known cost centre may come from any company of the region.
homes as (

    select
        'restated' as organisation,
        unit_id,
        company
    from cost_centre_month
    union all
    select
        'as_was' as organisation,
        unit_id_as_was as unit_id,
        company
    from cost_centre_month
    union all
    select
        organisations.organisation,
        company_region.region_id || ':UNMAPPED' as unit_id,
        company_region.company
    from company_region
    cross join (select 'restated' as organisation union all select 'as_was' as organisation) as organisations

),

home as (

    select
        organisation,
        unit_id,
        company
    from homes
    group by organisation, unit_id, company

)

select
    home.organisation,
    ancestors.ancestor_unit_id as unit_id,
    home.company
from home
inner join ancestors on home.unit_id = ancestors.unit_id
group by home.organisation, ancestors.ancestor_unit_id, home.company
