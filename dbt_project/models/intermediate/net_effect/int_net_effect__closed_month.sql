-- The months that are closed for an action: every company below the units of its rules has closed them.
-- Grain: one row per action and closed month.
with

action_companies as (

    select distinct action_id, company from {{ ref('int_net_effect__rule_company') }}

),

company_months as (

    select * from {{ ref('int_period__company_month') }}
    where is_closed

),

company_counts as (

    select action_id, count(*) as companies from action_companies group by action_id

)

select
    action_companies.action_id,
    company_months.month
from action_companies
inner join company_months
    on action_companies.company = company_months.company
inner join company_counts
    on action_companies.action_id = company_counts.action_id
group by action_companies.action_id, company_months.month, company_counts.companies
having count(*) = company_counts.companies
