-- What the rules claim of the ledger, in the months that they compare: the months they may claim and the twelve of
-- their baseline. Opening balances and preliminary vouchers are left out.
-- Grain: one row per rule, company, account, cost centre, side, counterparty unit and month.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}
    where is_reckoned

),

claims as (

    select * from {{ ref('int_net_effect__claim') }}
    where purpose = 'amount'

),

cells as (

    select * from {{ ref('int_ledger__mapped_cell') }}
    where not is_opening_balance and not is_preliminary and result_line <> 'balance'

),

-- A cell shared by several units of one rule has its amount in parts, but its voucher lines whole on each.
claimed as (

    select
        claims.rule_id,
        cells.company,
        cells.chart,
        cells.account,
        cells.cost_centre,
        cells.function_code,
        cells.activity_code,
        cells.project,
        cells.counterparty,
        cells.counterparty_unit_id,
        cells.is_internal,
        cells.month,
        sum(cells.amount_sek) as amount_sek,
        max(cells.voucher_lines) as voucher_lines,
        max(case when claims.is_unmapped then 1 else 0 end) as unmapped
    from claims
    inner join rules
        on claims.rule_id = rules.rule_id
    inner join cells
        on
            claims.unit_id = cells.unit_id
            and claims.chart = cells.chart
            and claims.account = cells.account
            and claims.cost_type = cells.cost_type
            and claims.is_internal = cells.is_internal
            and claims.function_code is not distinct from cells.function_code
            and claims.activity_code is not distinct from cells.activity_code
            and claims.project is not distinct from cells.project
            and claims.counterparty_class is not distinct from cells.counterparty_class
    where
        (rules.from_on <= cells.month and (rules.to_on is null or cells.month < rules.to_on))
        or (
            rules.baseline_method in ('same_month', 'monthly_average')
            and rules.baseline_from <= cells.month
            and cells.month < {{ add_months('rules.baseline_from', 12) }}
        )
    group by
        claims.rule_id,
        cells.company,
        cells.chart,
        cells.account,
        cells.cost_centre,
        cells.function_code,
        cells.activity_code,
        cells.project,
        cells.counterparty,
        cells.counterparty_unit_id,
        cells.is_internal,
        cells.month

)

select
    rule_id,
    company,
    account,
    cost_centre,
    case when is_internal then 'internal' else 'external' end as side,
    counterparty_unit_id,
    month,
    cast(sum(amount_sek) as decimal(28, 8)) as amount_sek,
    cast(sum(voucher_lines) as bigint) as voucher_lines,
    max(unmapped) = 1 as is_unmapped
from claimed
group by rule_id, company, account, cost_centre, is_internal, counterparty_unit_id, month
