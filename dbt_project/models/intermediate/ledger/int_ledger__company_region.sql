-- Which region a ledger company belongs to: that of the units of its cost centres. A company is of one region; should
-- the reference table say otherwise, the first by name is taken so that no amount counts twice.
-- Grain: one row per company that the reference table cost_centre knows.
with cost_centre as (

    select * from {{ ref('cost_centre') }}

),

region_of_unit as (

    select
        unit_id,
        ancestor_unit_id as region_id
    from {{ ref('int_unit__ancestor') }}
    where ancestor_level = 'region'

),

company_region as (

    select
        cost_centre.company,
        min(region_of_unit.region_id) as region_id
    from cost_centre
    inner join region_of_unit on region_of_unit.unit_id = cost_centre.unit_id
    group by cost_centre.company

)

select * from company_region
