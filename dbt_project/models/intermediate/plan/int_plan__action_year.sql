-- The plan as known at as_of, with the unit that owns each action and the region it counts in. An action is owned by
-- its division, else its administration, else its board (a region, for an action of the whole region); a unit that the
-- reference table does not know is passed over, and an action that names no known unit belongs to its region's
-- UNMAPPED.
-- Grain: one row per action and year.
with

plan as (

    select * from {{ ref('stg_plan__action_year') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

regions as (

    select unit_id, ancestor_unit_id as region_unit_id
    from {{ ref('int_unit__ancestor') }}
    where ancestor_level = 'region'

),

-- Two sources that both deliver an action: the last loaded counts.
ranked as (

    select
        plan.*,
        row_number() over (
            partition by plan.action_id, plan.year
            order by plan.sequence desc, plan._row_number desc
        ) as version_rank
    from plan

),

owned as (

    select
        ranked.*,
        coalesce(divisions.unit_id, administrations.unit_id, boards.unit_id) as known_unit_id
    from ranked
    left join units as divisions
        on ranked.division = divisions.unit_id
    left join units as administrations
        on ranked.administration = administrations.unit_id
    left join units as boards
        on ranked.board = boards.unit_id
    where ranked.version_rank = 1

),

-- A portal delivers the plan of one region, so a source tells the region of an action without a known unit.
source_regions as (

    select
        owned.source,
        min(regions.region_unit_id) as region_unit_id
    from owned
    inner join regions
        on owned.known_unit_id = regions.unit_id
    group by owned.source

)

select
    owned.action_id,
    cast(owned.year as bigint) as year,
    owned.programme,
    owned.action_name,
    owned.parent_action_id,
    owned.board,
    owned.administration,
    owned.division,
    coalesce(owned.known_unit_id, source_regions.region_unit_id || ':UNMAPPED') as owning_unit_id,
    coalesce(regions.region_unit_id, source_regions.region_unit_id) as region_unit_id,
    owned.owner_role,
    owned.action_group,
    owned.saving_type,
    owned.effect_type,
    owned.feasibility,
    owned.is_recurrent,
    owned.is_additional,
    owned.requires_net,
    owned.components,
    owned.status,
    owned.status_from,
    owned.start_month,
    owned.end_month,
    owned.committed_at,
    owned.target_sek,
    owned.full_year_target_sek,
    owned.return_month,
    owned.profile_id,
    -- The first month of the year in which the action works: where its profile starts.
    case
        when owned.start_month > {{ january_of('owned.year') }} then owned.start_month
        else {{ january_of('owned.year') }}
    end as first_month_of_year
from owned
left join regions
    on owned.known_unit_id = regions.unit_id
left join source_regions
    on owned.source = source_regions.source
