-- Which codes of the ledger each rule claims. Rules are matched to the combinations of codes that occur, of which there
-- are few, and not to cells, of which there are many. Accounts are compared as text with bounds as prefixes. Balance
-- accounts are neither cost nor revenue and are claimed by none.
-- Grain: one row per rule, purpose and combination of codes. Purpose `amount` is what the rule measures, of which
-- component own_personnel takes the salaries only; purpose `addon` is what its payroll add-on rate is reckoned from:
-- salaries and payroll add-on of the same unit and codes, whatever the rule's accounts.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}
    where is_reckoned and has_cells

),

unit_ancestors as (

    select * from {{ ref('int_unit__ancestor') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

-- Older months are looked at by no rule: what they hold need not be searched.
first_month as (

    select min(least(from_on, coalesce(baseline_from, from_on), coalesce(noise_from, from_on))) as month from rules

),

combinations as (

    select
        unit_id,
        chart,
        account,
        cost_type,
        function_code,
        activity_code,
        project,
        counterparty_class,
        is_internal
    from {{ ref('int_ledger__mapped_cell') }}
    where
        not is_opening_balance
        and not is_preliminary
        and result_line <> 'balance'
        and month >= (select month from first_month)
    group by
        unit_id,
        chart,
        account,
        cost_type,
        function_code,
        activity_code,
        project,
        counterparty_class,
        is_internal

),

accounts as (

    select
        chart,
        account,
        cost_type
    from combinations
    group by chart, account, cost_type

),

rule_accounts as (

    select
        rules.rule_id,
        'amount' as purpose,
        accounts.chart,
        accounts.account,
        accounts.cost_type
    from rules
    inner join accounts
        on
            (rules.chart is null or rules.chart = accounts.chart)
            and (
                rules.account_from is null
                or (
                    rules.account_from <= accounts.account
                    and substr(accounts.account, 1, length(rules.account_to)) <= rules.account_to
                )
            )
            and (rules.cost_type is null or rules.cost_type = accounts.cost_type)
            and (not rules.has_addon or accounts.cost_type = 'salaries')

    union all

    select
        rules.rule_id,
        'addon' as purpose,
        accounts.chart,
        accounts.account,
        accounts.cost_type
    from rules
    inner join accounts
        on rules.has_addon and accounts.cost_type in ('salaries', 'payroll_addon')

),

rule_units as (

    select
        rules.rule_id,
        unit_ancestors.unit_id
    from rules
    inner join unit_ancestors
        on rules.unit_id = unit_ancestors.ancestor_unit_id

)

select
    rules.rule_id,
    rule_accounts.purpose,
    combinations.unit_id,
    combinations.chart,
    combinations.account,
    combinations.cost_type,
    combinations.function_code,
    combinations.activity_code,
    combinations.project,
    combinations.counterparty_class,
    combinations.is_internal,
    combinations.cost_type = 'UNMAPPED' or coalesce(units.is_unmapped, true) as is_unmapped
from combinations
inner join rule_units
    on combinations.unit_id = rule_units.unit_id
inner join rule_accounts
    on
        rule_units.rule_id = rule_accounts.rule_id
        and combinations.chart = rule_accounts.chart
        and combinations.account = rule_accounts.account
        and combinations.cost_type = rule_accounts.cost_type
inner join rules
    on rule_units.rule_id = rules.rule_id
left join units
    on combinations.unit_id = units.unit_id
where
    (rules.function_code is null or rules.function_code = combinations.function_code)
    and (rules.activity_code is null or rules.activity_code = combinations.activity_code)
    and (rules.project is null or rules.project = combinations.project)
    and (
        rule_accounts.purpose = 'addon'
        or case rules.counterparty_scope
            when 'all' then true
            when 'internal' then combinations.is_internal
            when 'external' then not combinations.is_internal
            else rules.counterparty_scope = combinations.counterparty_class
        end
    )
