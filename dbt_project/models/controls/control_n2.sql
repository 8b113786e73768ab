-- N2: no double count.
-- What is this? Pairs of actions that may count the same money in the year of the expected month, and that nobody has
-- acquitted. When does it matter? The same krona stands in two outcomes, and the total is too high by the smaller of
-- them at most. How to resolve? Decide who counts it, or acquit the pair in action_link with a reason.
-- Grain: one row per finding (pair of actions).
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row' and is_expected_month and is_counted

),

double_counts as (

    select * from {{ ref('int_net_effect__double_count') }}
    where not is_acquitted

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

pairs as (

    select
        own.action_id,
        own.other_action_id,
        own.year,
        max(own.amount_sek) as amount_sek,
        max(others.amount_sek) as other_amount_sek,
        concat(
            max(case when own.ground = 'cell' then ', samma konton och kostnadsställen' else '' end),
            max(case when own.ground = 'mirror' then ', köparens internköp är säljarens kostnad eller intäkt' else '' end),
            max(case when own.ground = 'same_measure' then ', samma åtgärd i två förvaltningar' else '' end),
            max(case when own.ground = 'earlier' then ', jämförelseåret rymmer den andras effekt' else '' end)
        ) as grounds
    from double_counts as own
    inner join double_counts as others
        on
            own.action_id = others.other_action_id
            and own.other_action_id = others.action_id
            and own.ground = others.ground
            and own.year = others.year
    where own.action_id < own.other_action_id
    group by own.action_id, own.other_action_id, own.year

),

findings as (

    select
        pairs.*,
        action_years.action_name,
        other_years.action_name as other_action_name,
        coalesce(action_years.owner_role, units.owner_role) as owner_role,
        case
            when pairs.other_amount_sek < pairs.amount_sek then pairs.other_amount_sek else pairs.amount_sek
        end as smaller_sek
    from pairs
    inner join moments
        on pairs.action_id = moments.action_id and pairs.year = moments.year
    inner join moments as other_moments
        on pairs.other_action_id = other_moments.action_id and pairs.year = other_moments.year
    inner join action_years
        on pairs.action_id = action_years.action_id and pairs.year = action_years.year
    inner join action_years as other_years
        on pairs.other_action_id = other_years.action_id and pairs.year = other_years.year
    left join units
        on moments.owning_unit_id = units.unit_id

)

select
    cast('action_pair' as string) as subject_type,
    cast(concat(action_id, '|', other_action_id) as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(abs(smaller_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_name, ' (', action_id, ') och ', other_action_name, ' (', other_action_id,
            ') kan räkna samma pengar: ', substr(grounds, 3), '. Beloppen är ',
            case when amount_sek is null then 'okänt' else concat({{ mnkr_sv('amount_sek') }}, ' mnkr') end, ' och ',
            case when other_amount_sek is null then 'okänt' else concat({{ mnkr_sv('other_amount_sek') }}, ' mnkr') end,
            '; högst det mindre är räknat två gånger.'
        ) as string
    ) as detail
from findings
