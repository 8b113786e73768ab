-- N5: targets, baselines and rules not changed after lock.
-- What is this? Targets of the plan that differ from those known when the action was locked (its owner's commitment, else
-- its start), and effect rules with a version approved after the action's start that measures otherwise than the version
-- before. When does it matter? A target or a baseline that moves can make any outcome look right. How to resolve? Take
-- the change back, or have it decided by the board: one that an active decision covers is info, not a warning.
-- Grain: one row per finding (action and year, or rule and version).
with

plan_slices as (

    select
        delivery_slice.slice_id,
        delivery_slice.known_from,
        delivery.sequence
    from {{ source('raw', 'delivery_slice') }} as delivery_slice
    inner join {{ source('raw', 'delivery') }} as delivery
        on delivery_slice.delivery_id = delivery.delivery_id
    where
        delivery_slice.feed = 'plan'
        and delivery.status = 'loaded'
        and delivery_slice.known_from <= {{ as_of() }}

),

plan_rows as (

    select * from {{ source('raw', 'plan') }}

),

action_years as (

    select
        *,
        -- Locked when the owner committed to it, else when it started.
        coalesce(cast(committed_at as date), start_month, first_month_of_year) as locked_on
    from {{ ref('int_plan__action_year') }}
    where coalesce(status, '') not in ('proposed', 'replaced')

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

decisions as (

    select * from {{ ref('decision') }}
    where kind = 'active' and decision_date <= {{ as_of() }}

),

rules as (

    select
        *,
        lag(version) over (partition by rule_id order by version) as earlier_version
    from {{ ref('effect_rule') }}
    where approved_on <= {{ as_of() }}

),

-- The version that was known at the lock; of a plan that came later, the first.
target_versions as (

    select
        action_years.action_id,
        action_years.year,
        plan_rows.target_sek,
        plan_slices.known_from,
        row_number() over (
            partition by action_years.action_id, action_years.year
            order by
                case when plan_slices.known_from <= action_years.locked_on then 0 else 1 end,
                case when plan_slices.known_from <= action_years.locked_on then plan_slices.known_from end desc,
                case when plan_slices.known_from <= action_years.locked_on then plan_slices.sequence end desc,
                plan_slices.known_from,
                plan_slices.sequence
        ) as lock_rank,
        max(plan_slices.known_from) over (
            partition by action_years.action_id, action_years.year
        ) as last_known_from
    from action_years
    inner join plan_rows
        on action_years.action_id = plan_rows.action_id and action_years.year = plan_rows.year
    inner join plan_slices
        on plan_rows._slice_id = plan_slices.slice_id

),

changes as (

    select
        'target' as subject_type,
        concat(action_years.action_id, '|', cast(action_years.year as string)) as subject_id,
        action_years.action_id,
        action_years.year,
        action_years.locked_on,
        target_versions.last_known_from as changed_on,
        cast(abs(coalesce(action_years.target_sek, 0) - coalesce(target_versions.target_sek, 0)) as decimal(18, 2))
            as amount_sek,
        concat(
            'målet för ', cast(action_years.year as string), ' har ändrats från ',
            case
                when target_versions.target_sek is null then 'inget'
                else concat({{ mnkr_sv('target_versions.target_sek') }}, ' mnkr')
            end, ' till ',
            case
                when action_years.target_sek is null then 'inget'
                else concat({{ mnkr_sv('action_years.target_sek') }}, ' mnkr')
            end
        ) as what
    from action_years
    inner join target_versions
        on
            action_years.action_id = target_versions.action_id
            and action_years.year = target_versions.year
            and target_versions.lock_rank = 1
    where action_years.target_sek is distinct from target_versions.target_sek

    union all

    select
        'rule' as subject_type,
        concat(rules.rule_id, '|', cast(rules.version as string)) as subject_id,
        action_years.action_id,
        action_years.year,
        action_years.locked_on,
        rules.approved_on as changed_on,
        cast(null as decimal(18, 2)) as amount_sek,
        concat(
            'effektregeln ', rules.rule_id, ' har fått version ', cast(rules.version as string),
            case
                when
                    rules.baseline_method is distinct from earlier.baseline_method
                    or rules.baseline_from is distinct from earlier.baseline_from
                    or rules.budget_version is distinct from earlier.budget_version
                    or rules.fixed_sek is distinct from earlier.fixed_sek
                    or rules.index_id is distinct from earlier.index_id
                    then ', med en annan jämförelsebas'
                else ', som räknar en annan del av redovisningen'
            end
        ) as what
    from rules
    inner join rules as earlier
        on rules.rule_id = earlier.rule_id and rules.earlier_version = earlier.version
    inner join (
        select
            action_id,
            max(year) as year,
            min(locked_on) as locked_on
        from action_years
        group by action_id
    ) as action_years
        on rules.action_id = action_years.action_id
    where
        rules.approved_on > action_years.locked_on
        and (
            {%- for column in [
                'action_id', 'component', 'basis', 'unit_id', 'chart', 'account_from', 'account_to', 'cost_type',
                'function_code', 'activity_code', 'project', 'counterparty_scope', 'personnel_category', 'indicator_id',
                'baseline_method', 'baseline_from', 'budget_version', 'fixed_sek', 'index_id', 'share_pct', 'valid_from',
                'valid_to',
            ] %}
            {{ "or " if not loop.first }}rules.{{ column }} is distinct from earlier.{{ column }}
            {%- endfor %}
        )

),

-- An active decision on the action after its lock and no later than the change.
decided as (

    select
        changes.subject_type,
        changes.subject_id,
        max(concat(decisions.board, ' ', cast(decisions.decision_date as string), ' ', decisions.paragraph)) as decision
    from changes
    inner join decisions
        on
            changes.locked_on <= decisions.decision_date
            and decisions.decision_date <= changes.changed_on
            and concat(',', replace(decisions.action_ids, ' ', ''), ',') like concat('%,', changes.action_id, ',%')
    group by changes.subject_type, changes.subject_id

)

select
    cast(changes.subject_type as string) as subject_type,
    cast(changes.subject_id as string) as subject_id,
    cast(coalesce(action_years.owner_role, units.owner_role) as string) as owner_role,
    changes.amount_sek,
    cast(
        concat(
            action_years.action_name, ': ', changes.what, ', ', cast(changes.changed_on as string),
            ', efter att åtgärden låstes ', cast(changes.locked_on as string), '. ',
            case
                when decided.decision is not null then concat('Beslut: ', decided.decision, '.')
                else 'Inget beslut om det är känt.'
            end
        ) as string
    ) as detail,
    decided.decision is not null as has_decision
from changes
inner join action_years
    on changes.action_id = action_years.action_id and changes.year = action_years.year
left join units
    on action_years.owning_unit_id = units.unit_id
left join decided
    on changes.subject_type = decided.subject_type and changes.subject_id = decided.subject_id
