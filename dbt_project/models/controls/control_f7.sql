-- F7: parents whose own figures are not the sum of what lies below them, and parents that cannot be followed. What is
-- this? A target, forecast or outcome given on an overarching action beside those of its activities, further apart than
-- rounding explains; or a parent that is not in the plan, lies in another region or stands in a circle. When does it
-- matter? Two sums of one thing are in circulation; totals hold the children's. How to resolve? Mend the one that is
-- wrong, or take the parent's own figure away.
-- Grain: one row per finding (parent, or action with a parent that cannot be followed).
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row' and is_expected_month

),

nodes as (

    select * from {{ ref('int_follow_up__node_moment') }}
    where kind = 'row' and hierarchy = 'plan' and node_type = 'action'

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

ancestors as (

    select * from {{ ref('int_plan__action_ancestor') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

parents as (

    select
        moments.action_id,
        moments.year,
        moments.owning_unit_id,
        moments.forecast_as_of_month as own_as_of_month,
        nodes.forecast_as_of_month as sum_as_of_month,
        nodes.actions,
        moments.target_sek as own_target_sek,
        nodes.action_target_sek as sum_target_sek,
        case
            when not moments.is_not_split and moments.action_status in ('planned', 'running') then moments.forecast_sek
        end as own_forecast_sek,
        case when nodes.has_forecast then nodes.forecast_sek end as sum_forecast_sek,
        case when moments.is_outcome_split then moments.outcome_ytd_sek end as own_outcome_sek,
        nodes.outcome_ytd_sek as sum_outcome_sek
    from moments
    inner join nodes
        on moments.moment_id = nodes.moment_id and moments.action_id = nodes.node_id
    where moments.is_counted and not moments.is_reporting and nodes.actions > 0

),

-- One decimal of a million, half of it for each addend and once for the sum.
toleranced as (

    select
        parents.*,
        {{ parameter('printed_rounding_share', 'decimal(9, 4)') }} * 100000 * (actions + 1) as tolerance_sek,
        coalesce(abs(own_target_sek - sum_target_sek), 0) as target_difference,
        coalesce(abs(own_forecast_sek - sum_forecast_sek), 0) as forecast_difference,
        coalesce(abs(own_outcome_sek - sum_outcome_sek), 0) as outcome_difference
    from parents

),

differing as (

    select
        toleranced.*,
        greatest(target_difference, forecast_difference, outcome_difference) as difference_sek,
        action_years.action_name,
        coalesce(action_years.owner_role, units.owner_role) as owner_role
    from toleranced
    inner join action_years
        on toleranced.action_id = action_years.action_id and toleranced.year = action_years.year
    left join units
        on toleranced.owning_unit_id = units.unit_id
    where greatest(target_difference, forecast_difference, outcome_difference) > tolerance_sek

),

lost_parents as (

    select
        moments.action_id,
        moments.target_sek,
        action_years.action_name,
        action_years.parent_action_id,
        coalesce(action_years.owner_role, units.owner_role) as owner_role,
        named.action_id is not null as is_in_plan,
        named.region_unit_id = action_years.region_unit_id as is_in_region
    from moments
    inner join action_years
        on moments.action_id = action_years.action_id and moments.year = action_years.year
    left join ancestors
        on
            moments.action_id = ancestors.action_id
            and moments.year = ancestors.year
            and action_years.parent_action_id = ancestors.ancestor_action_id
            and ancestors.depth = 1
    left join units
        on moments.owning_unit_id = units.unit_id
    left join (
        select action_id, min(region_unit_id) as region_unit_id
        from action_years
        group by action_id
    ) as named
        on action_years.parent_action_id = named.action_id
    where action_years.parent_action_id is not null and ancestors.action_id is null

)

select
    cast('action' as string) as subject_type,
    cast(action_id as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(difference_sek as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_name, ' har egna belopp som inte är summan av delarna.',
            case
                when target_difference > tolerance_sek
                    then concat(
                        ' Mål ', {{ mnkr_sv('own_target_sek') }}, ' mot ', {{ mnkr_sv('sum_target_sek') }}, ' mnkr.'
                    )
                else ''
            end,
            case
                when forecast_difference > tolerance_sek
                    then concat(
                        ' Prognos ', {{ mnkr_sv('own_forecast_sek') }}, ' (avser ', {{ month_sv('own_as_of_month') }},
                        ') mot ', {{ mnkr_sv('sum_forecast_sek') }}, ' mnkr (avser ', {{ month_sv('sum_as_of_month') }}, ').'
                    )
                else ''
            end,
            case
                when outcome_difference > tolerance_sek
                    then concat(
                        ' Utfall ', {{ mnkr_sv('own_outcome_sek') }}, ' mot ', {{ mnkr_sv('sum_outcome_sek') }}, ' mnkr.'
                    )
                else ''
            end,
            ' I summorna räknas delarna.'
        ) as string
    ) as detail
from differing

union all

select
    cast('parent_link' as string) as subject_type,
    cast(action_id as string) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(abs(target_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_name, ' (', action_id, ') har ', parent_action_id, ' som överordnad åtgärd, men den ',
            case
                when not is_in_plan then 'finns inte i planen'
                when not is_in_region then 'hör till en annan region'
                else 'ligger i en krets av överordnade'
            end,
            '. Åtgärden räknas som överst. Rätta planen.'
        ) as string
    ) as detail
from lost_parents
