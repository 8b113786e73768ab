-- Hired staff's share of personnel cost in three windows, with the goal in force and the distance to it. Both published
-- denominators; the parameter hired_share_official names the one that the goal is held against. A window with a month
-- that is not delivered is NULL.
-- Grain: one row per organisation (restated, as_was), unit_id, month and time_window (month, ytd, r12).
with

ledger_month as (

    select * from {{ ref('int_hired_staff__ledger_month') }}

),

extract_month as (

    select
        organisation,
        unit_id,
        month,
        cost_sek
    from {{ ref('int_hired_staff__cost_month') }}
    where personnel_category = 'ALL'

),

-- By the parameter hired_share_basis hired staff is the ledger's or the extract's; own personnel is the ledger's.
months as (

    select
        ledger_month.organisation,
        ledger_month.unit_id,
        ledger_month.month,
        ledger_month.is_closed,
        cast(extract(month from ledger_month.month) as bigint) as month_number,
        cast(extract(year from ledger_month.month) as bigint) as year,
        case
            when {{ parameter('hired_share_basis', 'string') }} = 'extract' then extract_month.cost_sek
            else ledger_month.hired_cost_sek
        end as hired_cost_sek,
        ledger_month.own_personnel_cost_sek
    from ledger_month
    left join extract_month
        on
            ledger_month.organisation = extract_month.organisation
            and ledger_month.unit_id = extract_month.unit_id
            and ledger_month.month = extract_month.month

),

known as (

    select
        months.*,
        case when hired_cost_sek is not null and own_personnel_cost_sek is not null then 1 else 0 end as is_known,
        case when is_closed then 1 else 0 end as is_closed_number
    from months

),

-- The spine has no gaps, so twelve rows are twelve months.
{%- set windows = time_windows() %}
{%- for name, (frame, length) in windows.items() %}
{{ name }}_window as (

    select
        organisation,
        unit_id,
        month,
        '{{ name }}' as time_window,
        sum(is_known) over ({{ frame }}) = {{ length }} as is_whole,
        sum(is_closed_number) over ({{ frame }}) = {{ length }} as is_closed,
        sum(hired_cost_sek) over ({{ frame }}) as hired_cost_sek,
        sum(own_personnel_cost_sek) over ({{ frame }}) as own_personnel_cost_sek
    from known

),
{% endfor %}
sums as (

    {% for name in windows -%}
    select * from {{ name }}_window
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

whole as (

    select
        organisation,
        unit_id,
        month,
        time_window,
        is_closed,
        case when is_whole then hired_cost_sek end as hired_cost_sek,
        case when is_whole then own_personnel_cost_sek end as own_personnel_cost_sek,
        case when is_whole then hired_cost_sek + own_personnel_cost_sek end as total_personnel_cost_sek,
        case
            when not is_whole then null
            when {{ parameter('hired_share_official', 'string') }} = 'own' then own_personnel_cost_sek
            else hired_cost_sek + own_personnel_cost_sek
        end as official_denominator_sek
    from sums

),

goal as (

    select * from {{ ref('hired_staff_goal') }}

)

select
    whole.organisation,
    whole.unit_id,
    whole.month,
    whole.time_window,
    whole.is_closed,
    cast(whole.hired_cost_sek as decimal(28, 8)) as hired_cost_sek,
    cast(whole.own_personnel_cost_sek as decimal(28, 8)) as own_personnel_cost_sek,
    cast(whole.official_denominator_sek as decimal(28, 8)) as official_denominator_sek,
    {{ pct_of('whole.hired_cost_sek', 'whole.total_personnel_cost_sek') }} as share_of_total_pct,
    {{ pct_of('whole.hired_cost_sek', 'whole.own_personnel_cost_sek') }} as share_of_own_pct,
    cast(goal.goal_pct as decimal(9, 4)) as goal_pct,
    -- x 0.01 is exact, / 100 is not.
    cast(
        whole.hired_cost_sek
        - cast(
            goal.goal_pct * 0.01 * cast(whole.official_denominator_sek as decimal(24, 6)) as decimal(28, 8)
        ) as decimal(28, 8)
    ) as gap_sek
from whole
left join goal
    on
        whole.unit_id = goal.unit_id
        and goal.valid_from <= whole.month
        and (goal.valid_to is null or whole.month < goal.valid_to)
