-- How many persons stand behind each series of FTE: what small counts are judged by. A person counts where anything at
-- all is counted of an employment, whatever the definition.
-- Grain: one row per organisation (restated, as_was), unit_id, personnel_category (with ALL) and month that has anybody.
with employed as (

    select
        company,
        coalesce(cost_centre, '') as cost_centre,
        month,
        personnel_category,
        person_key
    from {{ ref('int_fte__employment_month') }}
    where
        coalesce(rate_days, 0) <> 0
        or coalesce(presence_hours, 0) <> 0
        or coalesce(paid_leave_hours, 0) <> 0
    group by company, coalesce(cost_centre, ''), month, personnel_category, person_key

),

cost_centre_unit as (

    select
        company,
        coalesce(cost_centre, '') as cost_centre,
        month,
        unit_id,
        unit_id_as_was
    from {{ ref('int_staffing__cost_centre_unit') }}
    group by company, coalesce(cost_centre, ''), month, unit_id, unit_id_as_was

),

ancestor as (

    select
        unit_id,
        ancestor_unit_id
    from {{ ref('int_unit__ancestor') }}

),

placed as (

    select
        employed.month,
        employed.personnel_category,
        employed.person_key,
        cost_centre_unit.unit_id,
        cost_centre_unit.unit_id_as_was
    from employed
    inner join cost_centre_unit
        on cost_centre_unit.company = employed.company
        and cost_centre_unit.cost_centre = employed.cost_centre
        and cost_centre_unit.month = employed.month
    group by
        employed.month,
        employed.personnel_category,
        employed.person_key,
        cost_centre_unit.unit_id,
        cost_centre_unit.unit_id_as_was

),

-- Whose unit is another in the one organisation than in the other: the difference between the two views is them.
moved as (

    select
        placed.month,
        placed.personnel_category,
        placed.person_key,
        ancestor.ancestor_unit_id as unit_id,
        max(case when ancestor.unit_id = placed.unit_id then 1 else 0 end) as is_here,
        max(case when ancestor.unit_id = placed.unit_id_as_was then 1 else 0 end) as was_here
    from placed
    inner join ancestor on ancestor.unit_id = placed.unit_id or ancestor.unit_id = placed.unit_id_as_was
    where placed.unit_id <> placed.unit_id_as_was
    group by
        placed.month,
        placed.personnel_category,
        placed.person_key,
        placed.unit_id,
        placed.unit_id_as_was,
        ancestor.ancestor_unit_id

),

present as (

    {%- for organisation, unit in [('restated', 'unit_id'), ('as_was', 'unit_id_as_was')] %}
    select
        '{{ organisation }}' as organisation,
        ancestor.ancestor_unit_id as unit_id,
        placed.personnel_category,
        placed.month,
        placed.person_key,
        case when ancestor.ancestor_unit_id = placed.{{ unit }} then placed.person_key end as own_person_key,
        cast(null as string) as moved_person_key
    from placed
    inner join ancestor on ancestor.unit_id = placed.{{ unit }}
    union all
    {%- endfor %}
    select
        'restated' as organisation,
        unit_id,
        personnel_category,
        month,
        cast(null as string) as person_key,
        cast(null as string) as own_person_key,
        person_key as moved_person_key
    from moved
    where is_here <> was_here

),

counted as (

    select
        organisation,
        unit_id,
        personnel_category,
        month,
        count(distinct person_key) as persons,
        count(distinct own_person_key) as own_persons,
        count(distinct moved_person_key) as moved_persons
    from present
    group by organisation, unit_id, personnel_category, month

    union all

    select
        organisation,
        unit_id,
        'ALL' as personnel_category,
        month,
        count(distinct person_key) as persons,
        count(distinct own_person_key) as own_persons,
        count(distinct moved_person_key) as moved_persons
    from present
    group by organisation, unit_id, month

)

select
    organisation,
    unit_id,
    personnel_category,
    month,
    cast(persons as bigint) as persons,
    cast(own_persons as bigint) as own_persons,
    cast(moved_persons as bigint) as moved_persons
from counted
