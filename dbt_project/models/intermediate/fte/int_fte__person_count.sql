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

shared as (

    select
        placed.*,
        count(*) over (partition by month, person_key) as places
    from placed

),

-- Who stands in one place and category only, as nearly all do, is counted there and added up; the others are followed one
-- by one, so that each is one person in every unit above.
counted as (

    select
        month,
        personnel_category,
        unit_id,
        unit_id_as_was,
        unit_id || ' ' || unit_id_as_was || ' ' || personnel_category as person_key,
        count(*) as persons
    from shared
    where places = 1
    group by month, personnel_category, unit_id, unit_id_as_was

    union all

    select
        month,
        personnel_category,
        unit_id,
        unit_id_as_was,
        person_key,
        1 as persons
    from shared
    where places > 1

),

-- Whose unit is another in the one organisation than in the other: the difference between the two views is them.
moved as (

    select
        counted.month,
        counted.personnel_category,
        counted.person_key,
        counted.persons,
        ancestor.ancestor_unit_id as unit_id
    from counted
    inner join ancestor on ancestor.unit_id = counted.unit_id or ancestor.unit_id = counted.unit_id_as_was
    where counted.unit_id <> counted.unit_id_as_was
    group by
        counted.month,
        counted.personnel_category,
        counted.person_key,
        counted.persons,
        counted.unit_id,
        counted.unit_id_as_was,
        ancestor.ancestor_unit_id
    having
        max(case when ancestor.unit_id = counted.unit_id then 1 else 0 end)
        <> max(case when ancestor.unit_id = counted.unit_id_as_was then 1 else 0 end)

),

present as (

    {%- for organisation, unit in [('restated', 'unit_id'), ('as_was', 'unit_id_as_was')] %}
    select
        '{{ organisation }}' as organisation,
        ancestor.ancestor_unit_id as unit_id,
        counted.personnel_category,
        counted.month,
        counted.person_key,
        counted.persons,
        case when ancestor.ancestor_unit_id = counted.{{ unit }} then counted.persons else 0 end as own_persons,
        0 as moved_persons
    from counted
    inner join ancestor on ancestor.unit_id = counted.{{ unit }}
    union all
    {%- endfor %}
    select
        'restated' as organisation,
        unit_id,
        personnel_category,
        month,
        person_key,
        0 as persons,
        0 as own_persons,
        persons as moved_persons
    from moved

),

once as (

    select
        organisation,
        unit_id,
        personnel_category,
        month,
        person_key,
        max(persons) as persons,
        max(own_persons) as own_persons,
        max(moved_persons) as moved_persons
    from present
    group by organisation, unit_id, personnel_category, month, person_key

    union all

    select
        organisation,
        unit_id,
        'ALL' as personnel_category,
        month,
        person_key,
        max(persons) as persons,
        max(own_persons) as own_persons,
        max(moved_persons) as moved_persons
    from present
    group by organisation, unit_id, month, person_key

)

select
    organisation,
    unit_id,
    personnel_category,
    month,
    cast(sum(persons) as bigint) as persons,
    cast(sum(own_persons) as bigint) as own_persons,
    cast(sum(moved_persons) as bigint) as moved_persons
from once
group by organisation, unit_id, personnel_category, month
