-- F6: actions whose owner reports another outcome than the ledger shows.
-- What is this? The owner's latest outcome against what the effect rules measure to the same closed month. When does it
-- matter? Totals rest on the measured one; what boards are told rests on the other. How to resolve? Compare rules and
-- the owner's calculation, and mend the one that is wrong.
-- Grain: one row per finding (action).
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row' and is_expected_month and is_counted

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

submissions as (

    select * from {{ ref('int_forecast__submission') }}
    where outcome_ytd_sek is not null

),

net_effects as (

    select * from {{ ref('int_net_effect__action_month') }}

),

reported as (

    select
        moments.action_id,
        moments.year,
        moments.owning_unit_id,
        submissions.as_of_month,
        submissions.outcome_ytd_sek,
        row_number() over (
            partition by moments.action_id
            order by submissions.as_of_month desc, submissions.submitted_at desc
        ) as outcome_rank
    from moments
    inner join submissions
        on moments.action_id = submissions.action_id and moments.year = submissions.year

),

-- Only a month that the accounts have closed is compared; until then the two are not of the same time.
compared as (

    select
        reported.action_id,
        reported.year,
        reported.owning_unit_id,
        reported.as_of_month,
        reported.outcome_ytd_sek as reported_sek,
        net_effects.outcome_ytd_sek as measured_sek,
        abs(reported.outcome_ytd_sek - net_effects.outcome_ytd_sek) as difference_sek,
        case
            when abs(reported.outcome_ytd_sek) > abs(net_effects.outcome_ytd_sek) then abs(reported.outcome_ytd_sek)
            else abs(net_effects.outcome_ytd_sek)
        end as larger_sek
    from reported
    inner join net_effects
        on
            reported.action_id = net_effects.action_id
            and reported.as_of_month = net_effects.month
            and reported.as_of_month = net_effects.outcome_month
    where reported.outcome_rank = 1 and net_effects.outcome_ytd_sek is not null

),

findings as (

    select
        compared.*,
        action_years.action_name,
        coalesce(action_years.owner_role, units.owner_role) as owner_role
    from compared
    inner join action_years
        on compared.action_id = action_years.action_id and compared.year = action_years.year
    left join units
        on compared.owning_unit_id = units.unit_id
    where
        compared.difference_sek * 100 > compared.larger_sek * {{ parameter('f6_tolerance_pct', 'decimal(9, 4)') }}
        and compared.difference_sek > {{ parameter('f6_tolerance_sek', 'decimal(18, 2)') }}

)

select
    cast('action' as string) as subject_type,
    cast(action_id as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(difference_sek as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_name, ': ansvarig redovisar utfallet ', {{ mnkr_sv('reported_sek') }}, ' mnkr till och med ',
            {{ month_sv('as_of_month') }}, ', effektreglerna visar ', {{ mnkr_sv('measured_sek') }}, ' mnkr.'
        ) as string
    ) as detail
from findings
