{%- set is_compared -%}
(
        (rules.from_on <= cells.month and (rules.to_on is null or cells.month < rules.to_on))
        or (
            rules.baseline_method in ('same_month', 'monthly_average')
            and rules.baseline_from <= cells.month
            and cells.month < {{ add_months('rules.baseline_from', 12) }}
        )
        or (rules.noise_from <= cells.month and cells.month < rules.action_start_month)
    )
{%- endset -%}
-- What the rules claim of the ledger, in the months that they compare: the months they may claim, the twelve of their
-- baseline, and those before the action's start in which its normal variation is measured. Opening balances and
-- preliminary vouchers are left out.
-- Grain: one row per rule, company, account, cost centre, side, counterparty unit and month.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}
    where is_reckoned and has_cells

),

claims as (

    select * from {{ ref('int_net_effect__claim') }}
    where purpose = 'amount'

),

first_month as (

    select min(least(from_on, coalesce(baseline_from, from_on), coalesce(noise_from, from_on))) as month from rules

),

cells as (

    select * from {{ ref('int_ledger__mapped_cell') }}
    where
        not is_opening_balance
        and not is_preliminary
        and result_line <> 'balance'
        and month >= (select month from first_month)

),

whole as (

    select
        claims.rule_id,
        cells.company,
        cells.account,
        cells.cost_centre,
        cells.is_internal,
        cells.counterparty_unit_id,
        cells.month,
        sum(cells.amount_sek) as amount_sek,
        sum(cells.voucher_lines) as voucher_lines,
        max(case when claims.is_unmapped then 1 else 0 end) as unmapped
    from claims
    inner join rules
        on claims.rule_id = rules.rule_id
    inner join cells
        on {{ same_ledger_codes('claims', 'cells') }}
    where cells.share_pct = 100 and {{ is_compared }}
    group by
        claims.rule_id,
        cells.company,
        cells.account,
        cells.cost_centre,
        cells.is_internal,
        cells.counterparty_unit_id,
        cells.month

),

-- A cell that several units share has its amount in parts, but its voucher lines whole on each: once per cell.
parts as (

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
        cells.is_internal,
        cells.counterparty_unit_id,
        cells.month,
        sum(cells.amount_sek) as amount_sek,
        max(cells.voucher_lines) as voucher_lines,
        max(case when claims.is_unmapped then 1 else 0 end) as unmapped
    from claims
    inner join rules
        on claims.rule_id = rules.rule_id
    inner join cells
        on {{ same_ledger_codes('claims', 'cells') }}
    where cells.share_pct <> 100 and {{ is_compared }}
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
        cells.is_internal,
        cells.counterparty_unit_id,
        cells.month

),

shared as (

    select
        rule_id,
        company,
        account,
        cost_centre,
        is_internal,
        counterparty_unit_id,
        month,
        sum(amount_sek) as amount_sek,
        sum(voucher_lines) as voucher_lines,
        max(unmapped) as unmapped
    from parts
    group by rule_id, company, account, cost_centre, is_internal, counterparty_unit_id, month

),

-- A cost centre is either shared in a month or not, so that no key is in both.
claimed as (

    select * from whole
    union all
    select * from shared

)

select
    rule_id,
    company,
    account,
    cost_centre,
    case when is_internal then 'internal' else 'external' end as side,
    counterparty_unit_id,
    month,
    cast(round(amount_sek, 8) as decimal(28, 8)) as amount_sek,
    cast(voucher_lines as bigint) as voucher_lines,
    unmapped = 1 as is_unmapped
from claimed
