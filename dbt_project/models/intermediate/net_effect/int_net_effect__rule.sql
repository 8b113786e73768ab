-- The effect rules in force: of each rule the highest version approved by as_of, with the months it may claim in its
-- action's life. A rule of an action that the plan does not know, or only proposes, is not in force.
-- Grain: one row per rule.
{% set codes = ['function_code', 'activity_code', 'project'] %}
with

rules as (

    select * from {{ ref('effect_rule') }}

),

actions as (

    select * from {{ ref('int_plan__action') }}

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

unit_successors as (

    select * from {{ ref('int_organisation__unit_successor') }}

),

starts as (

    select
        action_id,
        coalesce(min(start_month), min(first_month_of_year)) as start_month
    from action_years
    group by action_id

),

-- Before status_from a completed, withdrawn or replaced action counts as running.
lives as (

    select
        actions.action_id,
        starts.start_month,
        case
            when actions.status in ('withdrawn', 'replaced') then coalesce(actions.status_from, starts.start_month)
            when actions.status = 'completed'
                then {{ add_months(
                    month_of('actions.status_from'),
                    '1 + ' ~ parameter('persistence_months_after_completion', 'int')
                ) }}
        end as end_on
    from actions
    inner join starts
        on actions.action_id = starts.action_id
    where coalesce(actions.status, '') <> 'proposed'

),

ranked as (

    select
        rules.*,
        row_number() over (partition by rules.rule_id order by rules.version desc) as version_rank
    from rules
    where rules.approved_on <= {{ as_of() }}

),

in_force as (

    select
        ranked.*,
        coalesce(unit_successors.current_unit_id, ranked.unit_id) as current_unit_id,
        lives.start_month as action_start_month,
        lives.end_on as action_end_on,
        ranked.component = 'own_personnel' and ranked.basis = 'ledger' as has_addon,
        -- Budget and fixed baselines take no index, and neither does FTE, whose standard cost is the year's own.
        case
            when ranked.baseline_method in ('same_month', 'monthly_average') and ranked.basis <> 'fte'
                then ranked.index_id
        end as baseline_index_id
    from ranked
    inner join lives
        on ranked.action_id = lives.action_id
    left join unit_successors
        on ranked.unit_id = unit_successors.unit_id
    where ranked.version_rank = 1

)

select
    rule_id,
    cast(version as bigint) as version,
    action_id,
    component,
    component in ('saving', 'revenue') as is_gross,
    basis,
    -- Today's organisation: a unit that has ended is the one that succeeded it.
    current_unit_id as unit_id,
    chart,
    account_from,
    coalesce(account_to, account_from) as account_to,
    cost_type,
    {% for code in codes %}
    {{ code }},
    {% endfor %}
    counterparty_scope,
    personnel_category,
    indicator_id,
    baseline_method,
    baseline_from,
    budget_version,
    fixed_sek,
    baseline_index_id as index_id,
    share_pct,
    has_addon,
    valid_from,
    valid_to,
    action_start_month,
    action_end_on,
    -- Validity and life are half open, and a month is judged by its first day.
    greatest(valid_from, action_start_month) as from_on,
    least(valid_to, action_end_on) as to_on,
    -- A rule that is whole. The door to the reference tables refuses others; here they only have no data. A budget has
    -- neither codes nor counterparties, and only what is compared with a year of its own has FTE or volumes.
    unit_id is not null
    and (account_from is null or chart is not null)
    and (baseline_from is not null or (baseline_method in ('budget', 'fixed') and not has_addon))
    and case baseline_method
        when 'budget'
            then
                basis = 'ledger'
                and budget_version is not null
                and {{ codes | join(' is null and ') }} is null
                and counterparty_scope in ('external', 'internal', 'all')
        when 'fixed' then basis = 'ledger' and fixed_sek is not null
        else basis <> 'unit_cost' or indicator_id is not null
    end as is_reckoned,
    -- Not FTE, which rest on the staffing.
    basis <> 'fte' as has_cells,
    -- Corrections of the baseline (moved state grants and the like) are known by unit and result line only.
    basis = 'ledger'
    and not has_addon
    and baseline_method in ('same_month', 'monthly_average')
    and account_from is null
    and cost_type is null
    and {{ codes | join(' is null and ') }} is null
    and counterparty_scope in ('external', 'internal', 'all') as is_adjusted,
    -- The 24 months before the action's start, in which its normal variation is measured.
    {{ add_months('action_start_month', '-12 - ' ~ parameter('noise_months', 'int')) }} as noise_from,
    case
        when
            basis = 'ledger'
            and share_pct = 100
            and baseline_index_id is null
            and baseline_method in ('same_month', 'monthly_average')
            then 'measured'
        else 'calculated'
    end as evidence
from in_force
