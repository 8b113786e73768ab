{%- set codes = ['unit_id', 'chart', 'account', 'cost_type', 'function_code', 'activity_code', 'project', 'class'] -%}
{%- set code_key = text_of_columns(codes + ['is_internal']) -%}
-- N4: the sources of the net effects equal the ledger to the öre.
-- What is this? For every rule and month the baseline and actual of fct_net_effect_source, before add-on, index and
-- share, against the same sums taken anew: from the monthly cells, the reference tables and the budget, by another path
-- than the engine's; and the effects of fct_net_effect against the rows of its sources. When does it matter? An effect
-- that does not rest on the ledger must not be published. How to resolve? The fault is in the models, in no delivery.
-- Grain: one row per finding (rule and month, or action, component and month).
with

rules as (

    select
        effect_rule.*,
        coalesce(effect_rule.account_to, effect_rule.account_from) as account_last,
        coalesce(unit_successors.current_unit_id, effect_rule.unit_id) as today_unit_id
    from {{ ref('effect_rule') }} as effect_rule
    inner join (
        select rule_id, max(version) as version
        from {{ ref('effect_rule') }}
        where approved_on <= {{ as_of() }}
        group by rule_id
    ) as latest
        on effect_rule.rule_id = latest.rule_id and effect_rule.version = latest.version
    left join {{ ref('int_organisation__unit_successor') }} as unit_successors
        on effect_rule.unit_id = unit_successors.unit_id
    -- FTE rest on the staffing, not on the ledger.
    where effect_rule.basis <> 'fte'

),

-- Which months are to be compared; what stands in them is taken anew.
rule_months as (

    select rule_id, month
    from {{ ref('int_net_effect__rule_month') }}
    where is_reckoned and has_cells

),

sources as (

    select
        rule_id,
        month,
        sum(ledger_baseline_sek) as baseline_sek,
        sum(ledger_actual_sek) as actual_sek
    from {{ ref('fct_net_effect_source') }}
    group by rule_id, month

),

source_effects as (

    select
        action_id,
        component,
        month,
        sum(case when counterparty_scope = 'external' then effect_sek else 0 end) as effect_sek,
        sum(case when counterparty_scope = 'internal' then effect_sek else 0 end) as internal_transfer_sek
    from {{ ref('fct_net_effect_source') }}
    group by action_id, component, month
    -- Where a rule's effect is not known, neither is the component's.
    having count(*) = count(effect_sek)

),

effects as (

    select * from {{ ref('fct_net_effect') }}

),

unit_ancestors as (

    select * from {{ ref('int_unit__ancestor') }}

),

current_slices as (

    select slice_id from {{ ref('stg_intake__current_slice') }} where feed = 'ledger'

),

-- No rule looks at older months.
first_month as (

    select min(month) as month
    from (
        select baseline_from as month from rules
        union all
        select month from rule_months
    ) as looked_at

),

cells as (

    select cells.*
    from {{ ref('int_ledger__cell') }} as cells
    inner join current_slices
        on cells.slice_id = current_slices.slice_id
    inner join first_month
        on cells.month >= first_month.month
    where not cells.is_opening_balance and not cells.is_preliminary

),

account_classes as (

    select
        used.chart,
        used.account,
        used.month,
        account_class.result_line,
        account_class.cost_type
    from (select distinct chart, account, month from cells) as used
    inner join {{ ref('account_class') }} as account_class
        on
            used.chart = account_class.chart
            and account_class.account_from <= used.account
            and substr(used.account, 1, length(account_class.account_to)) <= account_class.account_to
            and account_class.valid_from <= used.month
            and coalesce(used.month < account_class.valid_to, true)

),

counterparty_classes as (

    select
        used.chart,
        used.counterparty,
        used.month,
        counterparty.counterparty_class
    from (select distinct chart, counterparty, month from cells) as used
    inner join {{ ref('counterparty') }} as counterparty
        on
            used.chart = counterparty.chart
            and counterparty.counterparty_from <= used.counterparty
            and substr(used.counterparty, 1, length(counterparty.counterparty_to)) <= counterparty.counterparty_to
            and counterparty.valid_from <= used.month
            and coalesce(used.month < counterparty.valid_to, true)

),

located as (

    select
        cells.company,
        cells.cost_centre,
        cells.month,
        cells.chart,
        cells.account,
        cells.function_code,
        cells.activity_code,
        cells.project,
        coalesce(places.unit_id, concat(company_regions.region_id, ':UNMAPPED')) as unit_id,
        coalesce(account_classes.cost_type, 'UNMAPPED') as cost_type,
        coalesce(counterparty_classes.counterparty_class, 'none') as class,
        coalesce(counterparty_classes.counterparty_class, 'none') = 'internal'
        or coalesce(account_classes.result_line, 'UNMAPPED') in ('internal_revenue', 'internal_cost') as is_internal,
        cast(
            cast(cells.amount_sek as decimal(24, 2)) * coalesce(places.share_pct, cast(100 as decimal(13, 10))) * 0.01
            as decimal(34, 14)
        ) as amount_sek
    from cells
    left join {{ ref('int_organisation__cost_centre_month') }} as places
        on
            cells.company = places.company
            and cells.cost_centre = places.cost_centre
            and cells.month = places.month
    left join {{ ref('int_ledger__company_region') }} as company_regions
        on cells.company = company_regions.company
    left join account_classes
        on
            cells.chart = account_classes.chart
            and cells.account = account_classes.account
            and cells.month = account_classes.month
    left join counterparty_classes
        on
            cells.chart = counterparty_classes.chart
            and cells.counterparty = counterparty_classes.counterparty
            and cells.month = counterparty_classes.month
    where coalesce(account_classes.result_line, 'UNMAPPED') <> 'balance'

),

coded as (

    select
        company,
        cost_centre,
        account,
        month,
        is_internal,
        {{ code_key }} as code_key,
        sum(amount_sek) as amount_sek
    from located
    group by
        company,
        cost_centre,
        account,
        month,
        is_internal,
        {{ code_key }}

),

keys as (

    select distinct
        {% for code in codes %}{{ code }}, {% endfor %}
        is_internal,
        {{ code_key }} as code_key
    from located

),

accounts as (

    select distinct chart, account, cost_type from located

),

rule_accounts as (

    select
        rules.rule_id,
        accounts.chart,
        accounts.account,
        accounts.cost_type
    from rules
    cross join accounts
    where
        coalesce(rules.chart, accounts.chart) = accounts.chart
        and coalesce(rules.account_from, accounts.account) <= accounts.account
        and substr(accounts.account, 1, length(coalesce(rules.account_last, accounts.account)))
        <= coalesce(rules.account_last, accounts.account)
        and coalesce(rules.cost_type, accounts.cost_type) = accounts.cost_type
        and (rules.component <> 'own_personnel' or accounts.cost_type = 'salaries')

),

rule_keys as (

    select
        rules.rule_id,
        keys.code_key
    from keys
    inner join unit_ancestors
        on keys.unit_id = unit_ancestors.unit_id
    inner join rules
        on unit_ancestors.ancestor_unit_id = rules.today_unit_id
    inner join rule_accounts
        on
            rules.rule_id = rule_accounts.rule_id
            and keys.chart = rule_accounts.chart
            and keys.account = rule_accounts.account
            and keys.cost_type = rule_accounts.cost_type
    where
        coalesce(rules.function_code = keys.function_code, rules.function_code is null)
        and coalesce(rules.activity_code = keys.activity_code, rules.activity_code is null)
        and coalesce(rules.project = keys.project, rules.project is null)
        and (
            rules.counterparty_scope = 'all'
            or (rules.counterparty_scope = 'external' and not keys.is_internal)
            or (rules.counterparty_scope = 'internal' and keys.is_internal)
            or rules.counterparty_scope = keys.class
        )

),

{#- The cost of a unit cost is one line: its volume belongs to no cell. #}
{%- set cell = ['company', 'account', 'cost_centre'] %}
ledger_amounts as (

    select
        rule_keys.rule_id,
        {%- for code in cell %}
        case when rules.basis <> 'unit_cost' then coded.{{ code }} end as {{ code }},
        {%- endfor %}
        coded.is_internal,
        coded.month,
        cast(round(sum(coded.amount_sek), 8) as decimal(28, 8)) as amount_sek
    from coded
    inner join rule_keys
        on coded.code_key = rule_keys.code_key
    inner join rules
        on rule_keys.rule_id = rules.rule_id
    group by
        rule_keys.rule_id,
        {%- for code in cell %}
        case when rules.basis <> 'unit_cost' then coded.{{ code }} end,
        {%- endfor %}
        coded.is_internal,
        coded.month

),

actuals as (

    select
        rule_months.rule_id,
        rule_months.month,
        sum(round(ledger_amounts.amount_sek, 2)) as amount_sek
    from rule_months
    inner join ledger_amounts
        on rule_months.rule_id = ledger_amounts.rule_id and rule_months.month = ledger_amounts.month
    group by rule_months.rule_id, rule_months.month

),

-- The baseline year of each rule, with each cell's amount of the calendar month, or a twelfth of its year.
baseline_cells as (

    select
        ledger_amounts.rule_id,
        extract(month from ledger_amounts.month) as month_number,
        round(ledger_amounts.amount_sek, 2) as amount_sek
    from ledger_amounts
    inner join rules
        on
            ledger_amounts.rule_id = rules.rule_id
            and rules.baseline_method = 'same_month'
            and ledger_amounts.month >= rules.baseline_from
            and ledger_amounts.month < {{ add_months('rules.baseline_from', 12) }}

),

average_cells as (

    select
        ledger_amounts.rule_id,
        ledger_amounts.company,
        ledger_amounts.account,
        ledger_amounts.cost_centre,
        ledger_amounts.is_internal,
        cast(
            round(cast(round(cast(sum(ledger_amounts.amount_sek) as double) / 12, 6) as decimal(28, 8)), 2)
            as decimal(18, 2)
        ) as amount_sek
    from ledger_amounts
    inner join rules
        on
            ledger_amounts.rule_id = rules.rule_id
            and rules.baseline_method = 'monthly_average'
            and ledger_amounts.month >= rules.baseline_from
            and ledger_amounts.month < {{ add_months('rules.baseline_from', 12) }}
    group by
        ledger_amounts.rule_id,
        ledger_amounts.company,
        ledger_amounts.account,
        ledger_amounts.cost_centre,
        ledger_amounts.is_internal

),

budget_classes as (

    select
        used.chart,
        used.account,
        used.month,
        account_class.result_line,
        account_class.cost_type
    from (select distinct chart, account, month from {{ ref('stg_budget__amount') }}) as used
    inner join {{ ref('account_class') }} as account_class
        on
            used.chart = account_class.chart
            and account_class.account_from <= used.account
            and substr(used.account, 1, length(account_class.account_to)) <= account_class.account_to
            and account_class.valid_from <= used.month
            and coalesce(used.month < account_class.valid_to, true)

),

budget_amounts as (

    select
        rules.rule_id,
        budget.month,
        budget.company,
        budget.account,
        budget.cost_centre,
        coalesce(budget_classes.result_line in ('internal_revenue', 'internal_cost'), false) as is_internal,
        cast(
            round(
                sum(
                    cast(budget.amount_sek as decimal(24, 2))
                    * coalesce(places.share_pct, cast(100 as decimal(13, 10))) * 0.01
                ), 8
            ) as decimal(28, 8)
        ) as amount_sek
    from {{ ref('stg_budget__amount') }} as budget
    left join {{ ref('int_organisation__cost_centre') }} as places
        on budget.company = places.company and budget.cost_centre = places.cost_centre
    left join {{ ref('int_ledger__company_region') }} as company_regions
        on budget.company = company_regions.company
    left join budget_classes
        on
            budget.chart = budget_classes.chart
            and budget.account = budget_classes.account
            and budget.month = budget_classes.month
    inner join unit_ancestors
        on coalesce(places.unit_id, concat(company_regions.region_id, ':UNMAPPED')) = unit_ancestors.unit_id
    inner join rules
        on
            rules.baseline_method = 'budget'
            and unit_ancestors.ancestor_unit_id = rules.today_unit_id
            and budget.budget_version = rules.budget_version
    where
        coalesce(rules.chart, budget.chart) = budget.chart
        and coalesce(rules.account_from, budget.account) <= budget.account
        and substr(budget.account, 1, length(coalesce(rules.account_last, budget.account)))
        <= coalesce(rules.account_last, budget.account)
        and coalesce(rules.cost_type, budget_classes.cost_type, 'UNMAPPED')
        = coalesce(budget_classes.cost_type, 'UNMAPPED')
        and (rules.component <> 'own_personnel' or budget_classes.cost_type = 'salaries')
        and coalesce(budget_classes.result_line, 'UNMAPPED') <> 'balance'
        and (
            rules.counterparty_scope = 'all'
            or (rules.counterparty_scope = 'internal')
            = coalesce(budget_classes.result_line in ('internal_revenue', 'internal_cost'), false)
        )
    group by
        rules.rule_id,
        budget.month,
        budget.company,
        budget.account,
        budget.cost_centre,
        coalesce(budget_classes.result_line in ('internal_revenue', 'internal_cost'), false)

),

baseline_parts as (

    select rule_months.rule_id, rule_months.month, baseline_cells.amount_sek
    from rule_months
    inner join baseline_cells
        on
            rule_months.rule_id = baseline_cells.rule_id
            and extract(month from rule_months.month) = baseline_cells.month_number

    union all

    select rule_months.rule_id, rule_months.month, average_cells.amount_sek
    from rule_months
    inner join average_cells
        on rule_months.rule_id = average_cells.rule_id

    union all

    select rule_months.rule_id, rule_months.month, round(budget_amounts.amount_sek, 2) as amount_sek
    from rule_months
    inner join budget_amounts
        on rule_months.rule_id = budget_amounts.rule_id and rule_months.month = budget_amounts.month

    union all

    select rule_months.rule_id, rule_months.month, rules.fixed_sek as amount_sek
    from rule_months
    inner join rules
        on rule_months.rule_id = rules.rule_id and rules.baseline_method = 'fixed'

),

baselines as (

    select rule_id, month, sum(amount_sek) as amount_sek
    from baseline_parts
    group by rule_id, month

),

compared_months as (

    select rule_id, month from rule_months
    union
    select rule_id, month from sources

),

differences as (

    select
        compared_months.rule_id,
        compared_months.month,
        cast(coalesce(sources.baseline_sek, 0) - coalesce(baselines.amount_sek, 0) as decimal(18, 2)) as baseline_sek,
        cast(coalesce(sources.actual_sek, 0) - coalesce(actuals.amount_sek, 0) as decimal(18, 2)) as actual_sek
    from compared_months
    left join sources
        on compared_months.rule_id = sources.rule_id and compared_months.month = sources.month
    left join baselines
        on compared_months.rule_id = baselines.rule_id and compared_months.month = baselines.month
    left join actuals
        on compared_months.rule_id = actuals.rule_id and compared_months.month = actuals.month

),

effect_differences as (

    select
        coalesce(effects.action_id, source_effects.action_id) as action_id,
        coalesce(effects.component, source_effects.component) as component,
        coalesce(effects.month, source_effects.month) as month,
        cast(coalesce(effects.effect_sek, 0) - coalesce(source_effects.effect_sek, 0) as decimal(18, 2)) as effect_sek,
        cast(
            coalesce(effects.internal_transfer_sek, 0) - coalesce(source_effects.internal_transfer_sek, 0)
            as decimal(18, 2)
        ) as internal_transfer_sek
    from effects
    full outer join source_effects
        on
            effects.action_id = source_effects.action_id
            and effects.component = source_effects.component
            and effects.month = source_effects.month
    -- A component may have rules of a basis that has no source rows: then it is unknown, whatever the others say.
    where effects.action_id is null or effects.effect_sek is not null

)

select
    cast('rule' as string) as subject_type,
    cast(concat(rule_id, '|', cast(month as string)) as string) as subject_id,
    cast('controller' as string) as owner_role,
    cast(greatest(abs(baseline_sek), abs(actual_sek)) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            'Nettoeffektens underlag för regel ', rule_id, ' i ', {{ month_sv('month') }},
            ' är inte lika med huvudboken: jämförelsebasen skiljer ',
            replace(cast(baseline_sek as string), '.', ','), ' kr och utfallet ',
            replace(cast(actual_sek as string), '.', ','), ' kr.'
        ) as string
    ) as detail
from differences
where baseline_sek <> 0 or actual_sek <> 0

union all

select
    cast('action' as string) as subject_type,
    cast(concat(action_id, '|', component, '|', cast(month as string)) as string) as subject_id,
    cast('controller' as string) as owner_role,
    cast(greatest(abs(effect_sek), abs(internal_transfer_sek)) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            'Effekten av ', action_id, ', ', component, ', i ', {{ month_sv('month') }},
            ' är inte summan av sitt underlag: effekten skiljer ', replace(cast(effect_sek as string), '.', ','),
            ' kr och den interna omfördelningen ', replace(cast(internal_transfer_sek as string), '.', ','), ' kr.'
        ) as string
    ) as detail
from effect_differences
where effect_sek <> 0 or internal_transfer_sek <> 0
