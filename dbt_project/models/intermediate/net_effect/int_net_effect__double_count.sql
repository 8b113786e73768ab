-- Pairs of actions that may count the same money, on four grounds: `cell`, `mirror` and `earlier` as their rules overlap,
-- `same_measure` as they are linked, or of the same name in two administrations of a region. Possible until linked or
-- acquitted; shown, never subtracted.
-- Grain: one row per action, other action, ground and year in which both have a plan row; a pair stands once from each
-- side, with that action's own amount.
with

action_years as (

    select
        action_years.*,
        lower(
            {% set marks = [' ', '.', ',', ';', ':', '-', '–', '/', '(', ')'] %}
            {% for mark in marks %}replace({% endfor %}action_name{% for mark in marks %}, '{{ mark }}', ''){% endfor %}
        ) as plain_name
    from {{ ref('int_plan__action_year') }} as action_years
    where coalesce(status, '') not in ('proposed', 'replaced')

),

links as (

    select * from {{ ref('action_link') }}

),

ancestors as (

    select * from {{ ref('int_plan__action_ancestor') }}

),

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row'

),

both_ways as (

    select action_id, other_action_id, relation from links
    union
    select other_action_id as action_id, action_id as other_action_id, relation from links

),

linked as (

    select
        action_years.action_id,
        others.action_id as other_action_id,
        action_years.year
    from both_ways
    inner join action_years
        on both_ways.action_id = action_years.action_id
    inner join action_years as others
        on both_ways.other_action_id = others.action_id and action_years.year = others.year
    where both_ways.relation = 'same_measure' and both_ways.action_id <> both_ways.other_action_id

),

-- An action and the one above it hold the same money by design.
same_name as (

    select
        action_years.action_id,
        others.action_id as other_action_id,
        action_years.year
    from action_years
    inner join action_years as others
        on
            action_years.plain_name = others.plain_name
            and action_years.year = others.year
            and action_years.region_unit_id = others.region_unit_id
            and action_years.administration <> others.administration
    left join ancestors as above
        on
            action_years.action_id = above.action_id
            and others.action_id = above.ancestor_action_id
            and action_years.year = above.year
    left join ancestors as below
        on
            others.action_id = below.action_id
            and action_years.action_id = below.ancestor_action_id
            and action_years.year = below.year
    where above.action_id is null and below.action_id is null and action_years.plain_name <> ''

),

pairs as (

    select action_id, other_action_id, 'same_measure' as ground, year from linked
    union
    select action_id, other_action_id, 'same_measure' as ground, year from same_name
    union
    select
        claimed_twice.action_id,
        claimed_twice.other_action_id,
        claimed_twice.ground,
        claimed_twice.year
    from {{ ref('int_net_effect__overlap') }} as claimed_twice
    inner join action_years as others
        on claimed_twice.other_action_id = others.action_id and claimed_twice.year = others.year

),

acquitted as (

    select distinct action_id, other_action_id
    from both_ways
    where relation = 'acquitted'

),

latest as (

    select
        moments.*,
        row_number() over (partition by action_id, year order by month desc) as month_rank
    from moments

)

select
    pairs.action_id,
    pairs.other_action_id,
    pairs.ground,
    cast(pairs.year as bigint) as year,
    cast(
        coalesce(latest.gross_ytd_sek, latest.outcome_reported_sek, action_years.target_sek) as decimal(18, 2)
    ) as amount_sek,
    acquitted.action_id is not null as is_acquitted
from pairs
inner join action_years
    on pairs.action_id = action_years.action_id and pairs.year = action_years.year
left join latest
    on pairs.action_id = latest.action_id and pairs.year = latest.year and latest.month_rank = 1
left join acquitted
    on pairs.action_id = acquitted.action_id and pairs.other_action_id = acquitted.other_action_id
