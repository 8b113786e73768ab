{#- What a controller calls the counterparties of a rule. #}
{%- set scopes = {
    'external': 'externa motparter', 'internal': 'interna motparter', 'all': 'alla motparter', 'group': 'koncernbolag',
    'municipality': 'kommuner', 'other_region': 'andra regioner', 'state': 'staten', 'private': 'privata motparter',
    'abroad': 'utlandet',
} -%}
-- The effect rules in force, each with its claim and its baseline in words.
-- Grain: one row per rule.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}

),

approvals as (

    select * from {{ ref('effect_rule') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

)

select
    cast(rules.rule_id as string) as rule_id,
    cast(rules.version as bigint) as version,
    cast(rules.action_id as string) as action_id,
    cast(rules.component as string) as component,
    cast(rules.basis as string) as basis,
    cast(rules.unit_id as string) as unit_id,
    cast(rules.baseline_method as string) as baseline_method,
    cast(rules.baseline_from as date) as baseline_from,
    cast(rules.index_id as string) as index_id,
    cast(rules.share_pct as decimal(9, 4)) as share_pct,
    cast(rules.from_on as date) as from_on,
    cast(rules.to_on as date) as to_on,
    cast(rules.evidence as string) as evidence,
    cast(approvals.approved_on as date) as approved_on,
    cast(approvals.approved_by_role as string) as approved_by_role,
    cast(
        concat(
            case rules.basis
                when 'fte'
                    then concat(
                        'årsarbetare',
                        case
                            when rules.personnel_category is not null
                                then concat(' i kategorin ', rules.personnel_category)
                            else ''
                        end
                    )
                else
                    concat(
                        case when rules.basis = 'unit_cost' then 'styckkostnad, ' else '' end,
                        case
                            when rules.account_from is not null and rules.account_from = rules.account_to
                                then concat('konto ', rules.account_from)
                            when rules.account_from is not null
                                then concat('konto ', rules.account_from, '–', rules.account_to)
                            when rules.cost_type is not null
                                then {{ cost_type_sv('rules.cost_type') }}
                            when rules.has_addon then 'löner'
                            else 'alla konton'
                        end,
                        case when rules.has_addon then ' med PO-pålägg' else '' end,
                        case
                            when rules.function_code is not null then concat(', verksamhet ', rules.function_code)
                            else ''
                        end,
                        case
                            when rules.activity_code is not null then concat(', aktivitet ', rules.activity_code)
                            else ''
                        end,
                        case
                            when rules.project is not null then concat(', projekt ', rules.project)
                            else ''
                        end,
                        case
                            when rules.indicator_id is not null then concat(', per ', rules.indicator_id)
                            else ''
                        end,
                        ', ',
                        case rules.counterparty_scope
                            {%- for scope, label in scopes.items() %}
                            when '{{ scope }}' then '{{ label }}'
                            {%- endfor %}
                        end
                    )
            end,
            '; ', coalesce(units.unit_name, rules.unit_id), ' med underliggande enheter'
        ) as string
    ) as claim_sv,
    cast(
        concat(
            case rules.baseline_method
                when 'same_month' then 'samma månad'
                when 'monthly_average' then 'månadsmedel'
                when 'budget' then concat('budget ', rules.budget_version)
                else concat(replace(cast(rules.fixed_sek as string), '.', ','), ' kr per månad')
            end,
            case
                when rules.baseline_method in ('same_month', 'monthly_average')
                    then concat(
                        ' i jämförelseåret från ', {{ month_sv('rules.baseline_from') }},
                        case
                            when rules.index_id is not null then concat(', uppräknat med ', rules.index_id)
                            else ''
                        end
                    )
                else ''
            end
        ) as string
    ) as baseline_sv,
    cast(approvals.note as string) as note
from rules
inner join approvals
    on rules.rule_id = approvals.rule_id and rules.version = approvals.version
left join units
    on rules.unit_id = units.unit_id
