-- N7: effect within normal variation.
-- What is this? Savings and revenues that are smaller, to date, than what their accounts vary by themselves: noise_factor x
-- the standard deviation before the start x the root of the number of months. When does it matter? The effect may be
-- chance. How to resolve? Narrow the rule to the accounts that the action touches, or wait for more months.
-- Grain: one row per finding (action and component).
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row' and is_expected_month and is_counted

),

component_months as (

    select * from {{ ref('int_net_effect__component_month') }}
    where is_gross and is_within_noise

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

findings as (

    select
        moments.action_id,
        component_months.component,
        component_months.effect_ytd_sek,
        component_months.months_ytd,
        {{ parameter('noise_factor', 'double') }} * cast(component_months.noise_sek as double)
        * sqrt(cast(component_months.months_ytd as double)) as limit_sek,
        action_years.action_name,
        coalesce(action_years.owner_role, units.owner_role) as owner_role
    from moments
    inner join component_months
        on moments.action_id = component_months.action_id and moments.measured_month = component_months.month
    inner join action_years
        on moments.action_id = action_years.action_id and moments.year = action_years.year
    left join units
        on moments.owning_unit_id = units.unit_id

)

select
    cast('action' as string) as subject_type,
    cast(concat(action_id, '|', component) as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(abs(effect_ytd_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_name, ': ', case component when 'revenue' then 'intäkten' else 'besparingen' end, ', ',
            {{ mnkr_sv('effect_ytd_sek') }}, ' mnkr på ', cast(months_ytd as string),
            ' månader, är inom normal variation. Kontona varierar av sig själva med upp till ',
            {{ mnkr_sv('limit_sek') }}, ' mnkr på så lång tid.'
        ) as string
    ) as detail
from findings
