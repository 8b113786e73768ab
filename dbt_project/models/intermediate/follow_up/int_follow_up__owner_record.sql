-- How much of what each owner forecast has come true, by how many months were left of the year: the final outcomes of
-- earlier years against the latest forecast that was made as of the same month. A year is weighed by the years before
-- it alone, so that no outcome judges its own forecast.
-- Grain: one row per region, owner, year that is weighed and lead.
with

submissions as (

    select * from {{ ref('int_forecast__submission') }}

),

outcomes as (

    select * from {{ ref('int_follow_up__final_outcome') }}

),

years as (

    select distinct year from {{ ref('int_plan__action_year') }}

),

made as (

    select
        submissions.action_id,
        submissions.year,
        {{ lead_months('submissions.year', 'submissions.as_of_month') }} as lead_months,
        submissions.forecast_sek,
        row_number() over (
            partition by submissions.action_id, submissions.year, submissions.as_of_month
            order by submissions.submitted_at desc
        ) as month_rank
    from submissions

),

tried as (

    select
        outcomes.region_unit_id,
        outcomes.owner_role,
        outcomes.year,
        made.lead_months,
        made.forecast_sek,
        outcomes.final_outcome_sek
    from outcomes
    inner join made
        on outcomes.action_id = made.action_id and outcomes.year = made.year and made.month_rank = 1
    where outcomes.owner_role is not null

)

select
    tried.region_unit_id,
    tried.owner_role,
    years.year,
    tried.lead_months,
    count(*) as outcomes,
    cast(sum(tried.forecast_sek) as decimal(18, 2)) as forecast_sek,
    cast(sum(tried.final_outcome_sek) as decimal(18, 2)) as final_outcome_sek,
    count(*) >= {{ parameter('owner_error_min_outcomes', 'bigint') }} as is_record
from tried
inner join years
    on tried.year < years.year
group by tried.region_unit_id, tried.owner_role, years.year, tried.lead_months
