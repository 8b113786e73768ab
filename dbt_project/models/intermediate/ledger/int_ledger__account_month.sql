-- What each account means, as the reference table says for the first day of the month: result line and cost type. Of
-- every account and month that any version of the ledger or the budget has a row for; one that no range takes is
-- UNMAPPED.
-- Grain: one row per chart, account and month.
with used as (

    select
        chart,
        account,
        month
    from {{ ref('int_ledger__cell') }}
    group by chart, account, month

    union

    select
        chart,
        account,
        month
    from {{ ref('stg_budget__amount') }}

),

account_class as (

    select * from {{ ref('account_class') }}

),

-- Ranges compare text, with bounds as prefixes: 40 to 42 takes 4011 and 4299, since the upper bound is held against as
-- many characters of the account as it has itself.
classed as (

    select
        used.chart,
        used.account,
        used.month,
        coalesce(account_class.result_line, 'UNMAPPED') as result_line,
        coalesce(account_class.cost_type, 'UNMAPPED') as cost_type,
        account_class.result_line is not null as is_mapped
    from used
    left join account_class
        on account_class.chart = used.chart
        and account_class.account_from <= used.account
        and substr(used.account, 1, length(account_class.account_to)) <= account_class.account_to
        and account_class.valid_from <= used.month
        and (account_class.valid_to is null or used.month < account_class.valid_to)

)

select * from classed
