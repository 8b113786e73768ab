-- One set of attributes per action: those of the plan row for the year of as_of, else of the latest year before it,
-- else of the first year after it.
-- Grain: one row per action.
with

clock as (

    select extract(year from {{ as_of() }}) as year

),

plan as (

    select * from {{ ref('int_plan__action_year') }}

),

ranked as (

    select
        plan.*,
        min(plan.start_month) over (partition by plan.action_id) as first_start_month,
        row_number() over (
            partition by plan.action_id
            order by
                case when plan.year <= clock.year then 0 else 1 end,
                abs(plan.year - clock.year)
        ) as year_rank
    from plan
    cross join clock

)

select
    action_id,
    action_name,
    parent_action_id,
    programme,
    board,
    administration,
    division,
    owning_unit_id,
    region_unit_id,
    owner_role,
    action_group,
    saving_type,
    effect_type,
    feasibility,
    is_recurrent,
    is_additional,
    requires_net,
    components,
    status,
    status_from,
    committed_at,
    first_start_month as start_month
from ranked
where year_rank = 1
