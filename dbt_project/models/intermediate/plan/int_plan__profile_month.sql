-- How much of its year an action's profile has reached: a straight line from the start month to December, or the shares
-- of the named profile over those months. The one place where profiles are read. A profile that the reference table
-- does not hold gives no share, and neither does an action that starts after December.
-- Grain: one row per action, year and each of the year's twelve months.
with

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

profiles as (

    select * from {{ ref('profile') }}

),

known_profiles as (

    select distinct profile_id from profiles

),

month_numbers as (

    {% for number in range(1, 13) %}
    select {{ number }} as month_number{{ " union all" if not loop.last }}
    {% endfor %}

),

months as (

    select
        action_years.action_id,
        action_years.year,
        action_years.profile_id,
        month_numbers.month_number,
        {{ add_months(january_of('action_years.year'), 'month_numbers.month_number - 1') }} as month,
        extract(month from action_years.first_month_of_year) as first_month_number,
        extract(year from action_years.first_month_of_year) = action_years.year
        and (action_years.profile_id is null or known_profiles.profile_id is not null) as has_profile
    from action_years
    cross join month_numbers
    left join known_profiles
        on action_years.profile_id = known_profiles.profile_id

),

weights as (

    select
        months.*,
        case
            when not months.has_profile then null
            when months.month_number < months.first_month_number then 0
            when months.profile_id is null then 1
            else coalesce(profiles.share_pct, 0)
        end as weight
    from months
    left join profiles
        on months.profile_id = profiles.profile_id and months.month_number = profiles.month_number

)

select
    action_id,
    year,
    month,
    cast(
        sum(weight) over (
            partition by action_id, year
            order by month_number
            rows between unbounded preceding and current row
        ) as decimal(18, 4)
    ) as profile_part,
    cast(sum(weight) over (partition by action_id, year) as decimal(18, 4)) as profile_whole
from weights
