-- The payroll add-on rate of each rule for own personnel: payroll_addon / salaries of its unit and codes over its
-- baseline year, whatever its accounts. Both sides of its effect are multiplied by 1 + rate, so that a changed rate is
-- no effect.
-- Grain: one row per rule of component own_personnel with any such cell in its baseline year.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}
    where is_reckoned and has_addon

),

claims as (

    select * from {{ ref('int_net_effect__claim') }}
    where purpose = 'addon'

),

cells as (

    select * from {{ ref('int_ledger__mapped_cell') }}
    where
        cost_type in ('salaries', 'payroll_addon')
        and not is_opening_balance
        and not is_preliminary

),

sums as (

    select
        claims.rule_id,
        sum(case when cells.cost_type = 'salaries' then cells.amount_sek else 0 end) as salaries_sek,
        sum(case when cells.cost_type = 'payroll_addon' then cells.amount_sek else 0 end) as addon_sek
    from claims
    inner join rules
        on claims.rule_id = rules.rule_id
    inner join cells
        on
            {{ same_ledger_codes('claims', 'cells') }}
            and rules.baseline_from <= cells.month
            and cells.month < {{ add_months('rules.baseline_from', 12) }}
    group by claims.rule_id

)

select
    rule_id,
    cast(salaries_sek as decimal(28, 8)) as salaries_sek,
    cast(addon_sek as decimal(28, 8)) as addon_sek,
    -- Without salaries there is no rate, and the rule has no data.
    cast(
        cast(salaries_sek + addon_sek as double) / nullif(cast(salaries_sek as double), 0) as decimal(20, 15)
    ) as addon_factor
from sums
