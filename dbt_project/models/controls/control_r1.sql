{#- The columns that add up: name and what a controller calls it. -#}
{%- set measures = {
    'target_sek': 'mål',
    'action_target_sek': 'åtgärdernas mål',
    'unidentified_sek': 'ofördelat',
    'outcome_ytd_sek': 'utfall',
    'forecast_sek': 'prognos',
    'deviation_sek': 'avvikelse',
    'slippage_sek': 'glidning',
    'net_ytd_sek': 'netto',
    'gross_only_sek': 'brutto utan nettoberäkning',
    'feasible_target_sek': 'mål med genomförbarhet 1–2',
    'unrated_target_sek': 'mål utan bedömd genomförbarhet',
    'weighted_forecast_sek': 'vägd prognos',
    'actions': 'antal åtgärder',
    'actions_current': 'antal med aktuell prognos',
} -%}
-- R1: along both hierarchies every node is the sum of its children, a reporting action's own figures included; a node
-- with a requirement has it as its target; each breakdown adds up to its node; and no target stands outside the totals.
-- Reads the finished tables and follows their parent links, not the paths that the sums were made along.
-- Grain: one row per finding (hierarchy, node and month, or action and month).
with

totals as (

    select * from {{ ref('fct_follow_up_total') }}

),

follow_up as (

    select * from {{ ref('fct_action_follow_up') }}
    where is_reporting_level

),

breakdowns as (

    select * from {{ ref('fct_follow_up_breakdown') }}

),

requirements as (

    select * from {{ ref('savings_requirement') }}
    where decided_on <= {{ as_of() }}

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

regions as (

    select * from {{ ref('int_plan__region') }}

),

-- The first month of the plan that a node with a requirement belongs to.
node_regions as (

    select
        paths.year,
        paths.item_type,
        paths.item_id,
        min(regions.first_month) as first_month
    from {{ ref('int_follow_up__node_path') }} as paths
    inner join regions
        on paths.node_id = regions.region_unit_id
    where paths.node_type = 'region'
    group by paths.year, paths.item_type, paths.item_id

),

parts as (

    select
        hierarchy,
        parent_node_type as node_type,
        parent_node_id as node_id,
        month,
        {% for measure in measures %}
        {{ measure }}{{ "," if not loop.last }}
        {% endfor %}
    from totals
    where parent_node_id is not null

    union all

    select
        totals.hierarchy,
        totals.node_type,
        totals.node_id,
        totals.month,
        follow_up.target_sek,
        follow_up.target_sek as action_target_sek,
        cast(0 as decimal(18, 2)) as unidentified_sek,
        follow_up.outcome_ytd_sek,
        coalesce(follow_up.forecast_sek, 0) as forecast_sek,
        coalesce(follow_up.forecast_sek, 0) - follow_up.target_sek as deviation_sek,
        follow_up.target_sek - coalesce(follow_up.forecast_sek, 0) as slippage_sek,
        follow_up.net_ytd_sek,
        case when follow_up.net_status = 'gross_only' then follow_up.gross_ytd_sek end as gross_only_sek,
        case
            when action_years.feasibility in (1, 2) then follow_up.target_sek
            when action_years.feasibility is not null then 0
        end as feasible_target_sek,
        case when action_years.feasibility is null then follow_up.target_sek end as unrated_target_sek,
        coalesce(follow_up.weighted_forecast_sek, follow_up.forecast_sek, 0) as weighted_forecast_sek,
        cast(1 as bigint) as actions,
        cast(case when follow_up.forecast_status = 'current' then 1 else 0 end as bigint) as actions_current
    from totals
    inner join follow_up
        on
            totals.node_type = 'action'
            and totals.node_id = follow_up.action_id
            and totals.month = follow_up.month
    left join action_years
        on follow_up.action_id = action_years.action_id and follow_up.year = action_years.year

),

sums as (

    select
        hierarchy,
        node_type,
        node_id,
        month,
        {% for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ "," if not loop.last }}
        {% endfor %}
    from parts
    group by hierarchy, node_type, node_id, month

),

differences as (

    {% for measure, label in measures.items() %}
    select
        totals.hierarchy,
        totals.node_type,
        totals.node_id,
        totals.month,
        '{{ label }}' as label,
        cast(coalesce(totals.{{ measure }}, 0) - coalesce(sums.{{ measure }}, 0) as decimal(18, 2)) as difference,
        {{ "true" if measure.endswith("_sek") else "false" }} as is_money
    from totals
    left join sums
        on
            totals.hierarchy = sums.hierarchy
            and totals.node_type = sums.node_type
            and totals.node_id = sums.node_id
            and totals.month = sums.month
    where
        totals.node_type <> 'member'
        and coalesce(totals.{{ measure }}, 0) <> coalesce(sums.{{ measure }}, 0)
    {{ "union all" if not loop.last }}
    {% endfor %}

),

-- One finding per node and month: the measure that differs most in kronor, or a count when no money differs.
ranked as (

    select
        differences.*,
        row_number() over (
            partition by hierarchy, node_type, node_id, month
            order by case when is_money then 0 else 1 end, abs(difference) desc, label
        ) as difference_rank
    from differences

),

not_met as (

    select
        requirements.node_type,
        requirements.node_id,
        months.month,
        requirements.amount_sek,
        totals.target_sek
    from requirements
    inner join (select distinct month from totals) as months
        on requirements.year = extract(year from months.month)
    left join totals
        on
            requirements.node_type = totals.node_type
            and requirements.node_id = totals.node_id
            and months.month = totals.month
    left join node_regions
        on
            requirements.year = node_regions.year
            and requirements.node_type = node_regions.item_type
            and requirements.node_id = node_regions.item_id
    where
        months.month >= coalesce(node_regions.first_month, months.month)
        and (totals.target_sek is null or totals.target_sek <> requirements.amount_sek)

),

broken_down as (

    select
        breakdowns.hierarchy,
        breakdowns.node_type,
        breakdowns.node_id,
        breakdowns.month,
        breakdowns.breakdown,
        max(totals.action_target_sek) as node_target_sek,
        max(totals.forecast_sek) as node_forecast_sek,
        max(totals.outcome_ytd_sek) as node_outcome_sek,
        sum(breakdowns.target_sek) as target_sek,
        sum(breakdowns.forecast_sek) as forecast_sek,
        sum(breakdowns.outcome_ytd_sek) as outcome_ytd_sek
    from breakdowns
    left join totals
        on
            breakdowns.hierarchy = totals.hierarchy
            and breakdowns.node_type = totals.node_type
            and breakdowns.node_id = totals.node_id
            and breakdowns.month = totals.month
    group by
        breakdowns.hierarchy, breakdowns.node_type, breakdowns.node_id, breakdowns.month, breakdowns.breakdown

),

breakdown_differences as (

    select
        hierarchy,
        node_type,
        node_id,
        month,
        breakdown,
        abs(coalesce(target_sek, 0) - coalesce(node_target_sek, 0))
        + abs(forecast_sek - coalesce(node_forecast_sek, 0))
        + abs(coalesce(outcome_ytd_sek, 0) - coalesce(node_outcome_sek, 0)) as difference
    from broken_down

),

outside as (

    select
        follow_up.action_id,
        follow_up.month,
        follow_up.target_sek
    from follow_up
    inner join action_years
        on follow_up.action_id = action_years.action_id and follow_up.year = action_years.year
    where action_years.region_unit_id is null

)

select
    cast(node_type as string) as subject_type,
    cast(concat(hierarchy, '|', node_id, '|', cast(month as string)) as string) as subject_id,
    cast('controller' as string) as owner_role,
    cast(case when is_money then abs(difference) end as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            'Summan för ', node_id, ' i ', {{ month_sv('month') }}, ' är inte lika med summan av sina delar: ', label,
            ' skiljer ', replace(cast(difference as string), '.', ','), case when is_money then ' kr.' else '.' end
        ) as string
    ) as detail
from ranked
where difference_rank = 1

union all

select
    cast(node_type as string) as subject_type,
    cast(concat('requirement|', node_id, '|', cast(month as string)) as string) as subject_id,
    cast('controller' as string) as owner_role,
    cast(abs(amount_sek - coalesce(target_sek, 0)) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            'Sparbetinget för ', node_id, ' i ', {{ month_sv('month') }}, ', ', {{ mnkr_sv('amount_sek') }},
            ' mnkr, är inte nodens mål',
            case
                when target_sek is null then ': noden finns inte i summorna.'
                else concat(': målet är ', {{ mnkr_sv('target_sek') }}, ' mnkr.')
            end
        ) as string
    ) as detail
from not_met

union all

select
    cast(node_type as string) as subject_type,
    cast(concat(hierarchy, '|', node_id, '|', cast(month as string), '|', breakdown) as string) as subject_id,
    cast('controller' as string) as owner_role,
    cast(difference as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            'Indelningen ', breakdown, ' för ', node_id, ' i ', {{ month_sv('month') }},
            ' är inte lika med nodens summa: mål, prognos och utfall skiljer tillsammans ',
            replace(cast(difference as string), '.', ','), ' kr.'
        ) as string
    ) as detail
from breakdown_differences
where difference <> 0

union all

select
    cast('action' as string) as subject_type,
    cast(concat('outside|', action_id, '|', cast(month as string)) as string) as subject_id,
    cast('controller' as string) as owner_role,
    cast(abs(target_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            'Åtgärden ', action_id, ' hör inte till någon känd region och står utanför alla summor i ',
            {{ month_sv('month') }}, '.'
        ) as string
    ) as detail
from outside
