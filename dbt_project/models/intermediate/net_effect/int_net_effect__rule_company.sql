-- The companies whose ledgers a rule is reckoned from: those with a cost centre below its unit in today's organisation.
-- Grain: one row per rule and company.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}

),

unit_ancestors as (

    select * from {{ ref('int_unit__ancestor') }}

),

cost_centres as (

    select * from {{ ref('int_organisation__cost_centre') }}

),

company_units as (

    select
        cost_centres.company,
        unit_ancestors.ancestor_unit_id as unit_id
    from cost_centres
    inner join unit_ancestors
        on cost_centres.unit_id = unit_ancestors.unit_id
    group by cost_centres.company, unit_ancestors.ancestor_unit_id

)

select
    rules.rule_id,
    rules.action_id,
    company_units.company
from rules
inner join company_units
    on rules.unit_id = company_units.unit_id
