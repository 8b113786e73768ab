-- Where each net effect comes from: rule by rule and ledger cell by ledger cell. An effect is rounded to the öre in
-- these rows, once.
-- Grain: one row per action, rule, company, account, cost centre, counterparty side and month.
with

sources as (

    select * from {{ ref('int_net_effect__source') }}

)

select
    cast(action_id as string) as action_id,
    cast(rule_id as string) as rule_id,
    cast(company as string) as company,
    cast(account as string) as account,
    cast(cost_centre as string) as cost_centre,
    cast(side as string) as counterparty_scope,
    cast(month as date) as month,
    cast(component as string) as component,
    ledger_baseline_sek,
    ledger_actual_sek,
    addon_rate_pct,
    index_ratio,
    cast(share_pct as decimal(9, 4)) as share_pct,
    effect_sek,
    voucher_lines,
    is_known,
    adjustment_sek
from sources
