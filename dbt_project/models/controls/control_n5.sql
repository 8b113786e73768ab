{#- What a version of an effect rule may have changed: the columns, and what a controller calls them. -#}
{%- set parts = {
    'baslinjen': ['baseline_method', 'baseline_from', 'budget_version', 'fixed_sek', 'index_id'],
    'vad regeln mäter': [
        'action_id', 'component', 'basis', 'unit_id', 'chart', 'account_from', 'account_to', 'cost_type', 'function_code',
        'activity_code', 'project', 'counterparty_scope', 'personnel_category', 'indicator_id', 'share_pct',
    ],
    'giltighetstiden': ['valid_from', 'valid_to'],
} -%}
-- N5: targets, baselines and rules that were changed after they were locked. What is this? A later version of the plan
-- with another target, or without the action, once the target was committed to or the action ran; or a later version of
-- an effect rule, approved when the action ran. When does it matter? What is met is no longer what was promised. How to
-- resolve? Put the old value back, or have the board decide on the new one: with a decision cited the change is
-- information. Years that are final are not judged, and of a rule the latest version is.
-- Grain: one row per finding (action, year and version of the plan; or rule and version).
with

targets as (

    select * from {{ ref('int_plan__target_version') }}

),

final_years as (

    select * from {{ ref('int_period__final_year') }}

),

actions as (

    select * from {{ ref('int_plan__action') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

decisions as (

    select * from {{ ref('decision') }}
    where kind = 'active'

),

owners as (

    select
        actions.action_id,
        actions.action_name,
        actions.start_month,
        coalesce(actions.owner_role, units.owner_role) as owner_role
    from actions
    left join units
        on actions.owning_unit_id = units.unit_id

),

rules as (

    select
        effect_rule.*,
        lag(version) over (partition by rule_id order by version) as version_before,
        lag(approved_on) over (partition by rule_id order by version) as approved_before,
        {% for column in parts.values() | sum(start=[]) %}
        coalesce(cast({{ column }} as string), '')
        <> coalesce(cast(lag({{ column }}) over (partition by rule_id order by version) as string), '')
            as is_changed_{{ column }},
        {% endfor %}
        row_number() over (partition by rule_id order by version desc) as recency
    from {{ ref('effect_rule') }} as effect_rule
    where approved_on <= {{ as_of() }}

),

locks as (

    select action_id, min(locked_on) as locked_on
    from targets
    group by action_id

),

-- A rule is locked when its action begins, or when its target is locked, whichever comes first.
changed_rules as (

    select
        rules.*,
        {% for part, columns in parts.items() %}
        {% set index = loop.index %}
        {% for column in columns %}{{ " or " if not loop.first }}is_changed_{{ column }}{% endfor %} as is_part_{{ index }},
        {% endfor %}
        owners.action_name,
        owners.owner_role
    from rules
    left join owners
        on rules.action_id = owners.action_id
    left join locks
        on rules.action_id = locks.action_id
    where
        rules.recency = 1
        and rules.version_before is not null
        and rules.approved_on > least(locks.locked_on, owners.start_month)

),

cited as (

    select
        changed_rules.rule_id,
        changed_rules.version,
        min(concat(decisions.board, ' ', cast(decisions.decision_date as string), ' ', decisions.paragraph)) as decision
    from changed_rules
    inner join decisions
        on
            changed_rules.approved_before < decisions.decision_date
            and decisions.decision_date <= changed_rules.approved_on
            and position(
                concat(',', changed_rules.action_id, ',') in concat(',', replace(decisions.action_ids, ' ', ''), ',')
            ) > 0
    group by changed_rules.rule_id, changed_rules.version

)

select
    cast('target' as string) as subject_type,
    cast(
        concat(targets.action_id, '|', cast(targets.year as string), '|', cast(targets.known_from as string)) as string
    ) as subject_id,
    cast(owners.owner_role as string) as owner_role,
    cast(abs(targets.change_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            coalesce(owners.action_name, targets.action_id), ': målet för ', cast(targets.year as string), ' låstes ',
            cast(targets.locked_on as string), ' på ', {{ mnkr_sv('coalesce(targets.target_sek, 0) - targets.change_sek') }},
            ' mnkr. I planen från ', cast(targets.known_from as string),
            case
                when targets.is_dropped then ' finns åtgärden inte kvar'
                when targets.target_sek is null then ' står inget mål'
                else concat(' är det ', {{ mnkr_sv('targets.target_sek') }}, ' mnkr')
            end,
            case
                when targets.decision is null then ', utan beslut.'
                else concat(', enligt beslut ', targets.decision, '.')
            end
        ) as string
    ) as detail,
    targets.decision is not null as has_decision
from targets
left join owners
    on targets.action_id = owners.action_id
left join final_years
    on targets.year = final_years.year
where targets.is_locked and targets.change_sek <> 0 and final_years.year is null

union all

select
    cast('effect_rule' as string) as subject_type,
    cast(concat(changed_rules.rule_id, '|', cast(changed_rules.version as string)) as string) as subject_id,
    cast(changed_rules.owner_role as string) as owner_role,
    -- What another rule would have measured is not known.
    cast(null as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            coalesce(changed_rules.action_name, changed_rules.action_id), ': effektregeln ', changed_rules.rule_id,
            ' har ändrats efter åtgärdens start, i version ', cast(changed_rules.version as string), ' godkänd ',
            cast(changed_rules.approved_on as string), ':',
            {% for part in parts %}
            case when is_part_{{ loop.index }} then ' {{ part }},' else '' end,
            {% endfor %}
            case
                when cited.decision is null then ' utan beslut.'
                else concat(' enligt beslut ', cited.decision, '.')
            end
        ) as string
    ) as detail,
    cited.decision is not null as has_decision
from changed_rules
left join cited
    on changed_rules.rule_id = cited.rule_id and changed_rules.version = cited.version
where {% for part in parts %}{{ " or " if not loop.first }}changed_rules.is_part_{{ loop.index }}{% endfor %}
