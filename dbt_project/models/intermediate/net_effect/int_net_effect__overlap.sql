-- Pairs of actions whose rules for saving, revenue or a one-off claim the same money, on three grounds. `cell`: both claim
-- a cell of the ledger, in the same month, of which more than the whole is claimed. `mirror`: one claims internal cost
-- of a buyer, the other cost or internal revenue of its seller. `earlier`: the baseline of one holds months after the
-- start of the other, recurrent and earlier one, on the same cells.
-- Grain: one row per action, other action, ground and year, for both of the pair.
with

rules as (

    select
        rules.*,
        rules.component in ('saving', 'revenue', 'one_off') as is_counted,
        coalesce(actions.is_recurrent, false) as is_recurrent
    from {{ ref('int_net_effect__rule') }} as rules
    inner join {{ ref('int_plan__action') }} as actions
        on rules.action_id = actions.action_id
    where
        rules.component in ('saving', 'revenue', 'one_off')
        and rules.is_reckoned
        and rules.has_cells

),

claims as (

    select
        claims.*,
        rules.action_id
    from {{ ref('int_net_effect__claim') }} as claims
    inner join rules
        on claims.rule_id = rules.rule_id
    where claims.purpose = 'amount'

),

-- Most combinations are claimed by one action or none: the ledger is looked at for the others only.
contested as (

    select
        {{ ledger_codes() }}
    from claims
    group by
        {{ ledger_codes() }}
    having min(action_id) <> max(action_id)

),

contested_claims as (

    select
        claims.rule_id,
        claims.action_id,
        {{ ledger_codes('claims') }}
    from claims
    inner join contested
        on {{ same_ledger_codes('claims', 'contested') }}

),

contested_months as (

    select
        cells.month,
        {{ ledger_codes('cells') }}
    from {{ ref('int_ledger__mapped_cell') }} as cells
    inner join contested
        on {{ same_ledger_codes('cells', 'contested') }}
    where not cells.is_opening_balance and not cells.is_preliminary
    group by
        cells.month,
        {{ ledger_codes('cells') }}

),

claimed_months as (

    select
        contested_claims.action_id,
        contested_months.month,
        {{ ledger_codes('contested_months') }},
        sum(rules.share_pct) as share_pct
    from contested_months
    inner join contested_claims
        on {{ same_ledger_codes('contested_months', 'contested_claims') }}
    inner join rules
        on
            contested_claims.rule_id = rules.rule_id
            and rules.from_on <= contested_months.month
            and (rules.to_on is null or contested_months.month < rules.to_on)
    group by
        contested_claims.action_id,
        contested_months.month,
        {{ ledger_codes('contested_months') }}

),

whole_months as (

    select
        claimed_months.*,
        sum(share_pct) over (
            partition by month, {{ ledger_codes() }}
        ) as claimed_pct
    from claimed_months

),

cell_pairs as (

    select distinct
        one.action_id,
        other.action_id as other_action_id,
        extract(year from one.month) as year
    from whole_months as one
    inner join whole_months as other
        on
            one.month = other.month
            and one.action_id <> other.action_id
            and {{ same_ledger_codes('one', 'other') }}
    where one.claimed_pct > 100

),

years as (

    select distinct
        rule_id,
        extract(year from month) as year
    from {{ ref('int_net_effect__rule_month') }}

),

accounts as (

    select
        chart,
        account,
        max(case when result_line in ('external_revenue', 'internal_revenue') then 1 else 0 end) = 1 as is_revenue
    from {{ ref('int_ledger__account_month') }}
    group by chart, account

),

priced_claims as (

    select
        claims.rule_id,
        claims.action_id,
        claims.unit_id,
        claims.is_internal,
        max(case when accounts.is_revenue then 1 else 0 end) = 1 as has_revenue,
        max(case when accounts.is_revenue then 0 else 1 end) = 1 as has_cost
    from claims
    inner join accounts
        on claims.chart = accounts.chart and claims.account = accounts.account
    group by claims.rule_id, claims.action_id, claims.unit_id, claims.is_internal

),

purchases as (

    select distinct
        cells.rule_id,
        cells.counterparty_unit_id as seller_unit_id,
        extract(year from cells.month) as year
    from {{ ref('int_net_effect__claimed_cell') }} as cells
    inner join priced_claims
        on cells.rule_id = priced_claims.rule_id and priced_claims.is_internal and priced_claims.has_cost
    inner join years
        on cells.rule_id = years.rule_id and extract(year from cells.month) = years.year
    where cells.side = 'internal' and cells.counterparty_unit_id is not null and cells.amount_sek > 0

),

mirror_pairs as (

    select distinct
        buyers.action_id,
        sellers.action_id as other_action_id,
        purchases.year
    from purchases
    inner join rules as buyers
        on purchases.rule_id = buyers.rule_id
    inner join {{ ref('int_unit__ancestor') }} as unit_ancestors
        on purchases.seller_unit_id = unit_ancestors.ancestor_unit_id
    inner join priced_claims as sellers
        on
            unit_ancestors.unit_id = sellers.unit_id
            and buyers.action_id <> sellers.action_id
            and (sellers.has_cost or (sellers.is_internal and sellers.has_revenue))
    inner join years
        on sellers.rule_id = years.rule_id and purchases.year = years.year

),

-- Whoever began first has part of the other's baseline in its own effect.
earlier_pairs as (

    select distinct
        rules.action_id,
        earlier.action_id as other_action_id,
        years.year
    from contested_claims
    inner join rules
        on contested_claims.rule_id = rules.rule_id and rules.baseline_method in ('same_month', 'monthly_average')
    inner join contested_claims as earlier_claims
        on
            contested_claims.action_id <> earlier_claims.action_id
            and {{ same_ledger_codes('contested_claims', 'earlier_claims') }}
    inner join rules as earlier
        on
            earlier_claims.rule_id = earlier.rule_id
            and earlier.is_recurrent
            and earlier.action_start_month < rules.action_start_month
            and earlier.action_start_month < {{ add_months('rules.baseline_from', 12) }}
    inner join years
        on rules.rule_id = years.rule_id

),

pairs as (

    select action_id, other_action_id, 'cell' as ground, year from cell_pairs
    union all
    select action_id, other_action_id, 'mirror' as ground, year from mirror_pairs
    union all
    select other_action_id as action_id, action_id as other_action_id, 'mirror' as ground, year from mirror_pairs
    union all
    select action_id, other_action_id, 'earlier' as ground, year from earlier_pairs
    union all
    select other_action_id as action_id, action_id as other_action_id, 'earlier' as ground, year from earlier_pairs

)

select distinct
    action_id,
    other_action_id,
    ground,
    cast(year as bigint) as year
from pairs
