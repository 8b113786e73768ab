-- H3: hired staff's share against the goal, per unit with a goal of its own; and whether the goals of the units below
-- meet that of the unit above.
-- What is this? The year to date of the latest closed month (the latest delivered one where none is closed) is above
-- the goal; or the goals of the nearest units below, weighed by their personnel cost, are together above it. When does
-- it matter? The first is what must go; the second means that all may reach their goals and the whole still not. How to
-- resolve? Decide on measures where the gap is largest; lower the goals below, or decide on another above.
-- Grain: one row per kind of finding and unit.
{% set pct_sv = "replace(cast(cast({} as decimal(9, 2)) as string), '.', ',')" %}
with share as (

    select * from {{ ref('int_hired_staff__share_window') }}
    where
        organisation = 'restated'
        and time_window = 'ytd'
        and goal_pct is not null
        and hired_cost_sek is not null

),

ranked as (

    select
        share.*,
        row_number() over (
            partition by unit_id order by case when is_closed then 0 else 1 end, month desc
        ) as rank_of_unit
    from share

),

latest as (

    select
        ranked.unit_id,
        unit.unit_name,
        unit.owner_role,
        ranked.month,
        ranked.hired_cost_sek,
        ranked.official_denominator_sek,
        ranked.goal_pct,
        ranked.gap_sek,
        case
            when {{ parameter('hired_share_official', 'string') }} = 'own' then ranked.share_of_own_pct
            else ranked.share_of_total_pct
        end as share_pct
    from ranked
    inner join {{ ref('int_unit__unit') }} as unit on unit.unit_id = ranked.unit_id
    where ranked.rank_of_unit = 1

),

above_goal as (

    select
        'unit' as subject_type,
        unit_id as subject_id,
        owner_role,
        gap_sek as amount_sek,
        concat(
            unit_name, ': hyrpersonal är ', {{ pct_sv.format('share_pct') }}, ' % av ',
            case
                when {{ parameter('hired_share_official', 'string') }} = 'own' then 'egna personalkostnader'
                else 'samlade personalkostnader'
            end,
            ' till och med ', {{ month_sv('month') }}, ', mot målet ', {{ pct_sv.format('goal_pct') }}, ' %: ',
            {{ mnkr_sv('hired_cost_sek') }}, ' mnkr, ', {{ mnkr_sv('gap_sek') }},
            ' mnkr över målet. Besluta om åtgärder, eller motivera avvikelsen i månadens rapport.'
        ) as detail
    from latest
    where gap_sek > 0

),

-- The nearest units below that have a goal: none with a goal stands between.
below as (

    select
        ancestors.ancestor_unit_id as unit_id,
        ancestors.unit_id as lower_unit_id,
        ancestors.depth
    from {{ ref('int_unit__ancestor') }} as ancestors
    inner join latest as upper_unit on upper_unit.unit_id = ancestors.ancestor_unit_id
    inner join latest as lower_unit on lower_unit.unit_id = ancestors.unit_id
    where ancestors.depth > 0

),

nearest as (

    select
        below.unit_id,
        below.lower_unit_id
    from below
    left join below as farther
        on farther.lower_unit_id = below.lower_unit_id and farther.depth < below.depth
    where farther.unit_id is null

),

weighed as (

    select
        nearest.unit_id,
        count(*) as units,
        sum(lower_unit.official_denominator_sek) as denominator_sek,
        sum(
            cast(
                lower_unit.goal_pct * 0.01 * cast(lower_unit.official_denominator_sek as decimal(24, 6))
                as decimal(28, 8)
            )
        ) as allowed_sek
    from nearest
    inner join latest as lower_unit on lower_unit.unit_id = nearest.lower_unit_id
    inner join latest as upper_unit on upper_unit.unit_id = nearest.unit_id
    where lower_unit.month = upper_unit.month
    group by nearest.unit_id

),

goals as (

    select
        latest.unit_id,
        latest.unit_name,
        latest.owner_role,
        latest.month,
        latest.goal_pct,
        latest.official_denominator_sek,
        weighed.units,
        weighed.denominator_sek,
        {{ pct_of('weighed.allowed_sek', 'weighed.denominator_sek') }} as weighed_goal_pct,
        {{ pct_of('weighed.denominator_sek', 'latest.official_denominator_sek') }} as covered_pct,
        weighed.allowed_sek
        - cast(
            latest.goal_pct * 0.01 * cast(weighed.denominator_sek as decimal(24, 6)) as decimal(28, 8)
        ) as excess_sek
    from latest
    inner join weighed on weighed.unit_id = latest.unit_id

),

goals_too_high as (

    select
        'hired_staff_goal' as subject_type,
        unit_id as subject_id,
        owner_role,
        excess_sek as amount_sek,
        concat(
            unit_name, ': målen för hyrpersonal på ', cast(units as string), ' enheter under blir tillsammans ',
            {{ pct_sv.format('weighed_goal_pct') }}, ' %, vägda med deras personalkostnader till och med ',
            {{ month_sv('month') }}, ', mot målet ', {{ pct_sv.format('goal_pct') }}, ' %. Når alla sina mål är ',
            {{ mnkr_sv('excess_sek') }}, ' mnkr ändå för mycket (enheterna har ', {{ pct_sv.format('covered_pct') }},
            ' % av personalkostnaden). Sänk enheternas mål, eller besluta om ett annat mål för helheten.'
        ) as detail
    from goals
    where excess_sek > 0

),

finding as (

    select * from above_goal
    union all
    select * from goals_too_high

)

select
    cast(subject_type as string) as subject_type,
    cast(subject_id as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(amount_sek as decimal(18, 2)) as amount_sek,
    cast(detail as string) as detail
from finding
