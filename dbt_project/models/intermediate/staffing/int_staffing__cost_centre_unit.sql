-- The units that bear the staff of each cost centre and month, restated and as it was. Codes that the reference table
-- does not know, and staff without a cost centre, are on their region's UNMAPPED.
-- Grain: one row per company, cost_centre (NULL where none was given), month, unit_id and unit_id_as_was.
with staffed as (

    select
        company,
        cost_centre,
        month
    from {{ ref('int_staffing__employment_month') }}
    group by company, cost_centre, month

),

organisation as (

    select * from {{ ref('int_organisation__cost_centre_month') }}

),

company_region as (

    select * from {{ ref('int_ledger__company_region') }}

)

select
    staffed.company,
    staffed.cost_centre,
    staffed.month,
    coalesce(organisation.unit_id, coalesce(company_region.region_id || ':', '') || 'UNMAPPED') as unit_id,
    coalesce(organisation.unit_id_as_was, coalesce(company_region.region_id || ':', '') || 'UNMAPPED')
        as unit_id_as_was,
    cast(coalesce(organisation.share_pct, 100) as decimal(13,10)) as share_pct
from staffed
left join organisation
    on organisation.company = staffed.company
    and organisation.cost_centre = staffed.cost_centre
    and organisation.month = staffed.month
left join company_region on company_region.company = staffed.company
