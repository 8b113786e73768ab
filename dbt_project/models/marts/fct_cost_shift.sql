-- What one unit saves and another pays for: the flow of cost between units that an action causes. An action's own unit
-- is its division, else its administration, else the unit that owns it. The effect of a rule on another unit goes, sign
-- turned, from the action's unit to the rule's; an internal transfer goes to the unit behind the counterparty.
-- Grain: one row per action, from unit, to unit and month with such a flow.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}

),

actions as (

    select * from {{ ref('int_plan__action') }}

),

unit_ancestors as (

    select * from {{ ref('int_unit__ancestor') }}

),

sources as (

    select * from {{ ref('int_net_effect__source') }}

),

transfers as (

    select * from {{ ref('int_net_effect__transfer') }}

),

rule_units as (

    select
        rules.rule_id,
        rules.action_id,
        actions.owning_unit_id as from_unit_id,
        rules.unit_id as to_unit_id,
        actions.region_unit_id
    from rules
    inner join actions
        on rules.action_id = actions.action_id
    where actions.owning_unit_id is not null

),

-- A unit above or below the action's own is not another unit.
outside as (

    select rule_units.*
    from rule_units
    left join unit_ancestors as above
        on rule_units.from_unit_id = above.unit_id and rule_units.to_unit_id = above.ancestor_unit_id
    left join unit_ancestors as below
        on rule_units.to_unit_id = below.unit_id and rule_units.from_unit_id = below.ancestor_unit_id
    where above.unit_id is null and below.unit_id is null

),

flows as (

    select
        outside.action_id,
        outside.from_unit_id,
        outside.to_unit_id,
        sources.month,
        - cast(sources.effect_sek as decimal(30, 10)) as amount_sek,
        sources.is_known
    from sources
    inner join outside
        on sources.rule_id = outside.rule_id
    where sources.effect_sek is not null

    union all

    -- An internal counterparty that names no unit is some unit of the region.
    select
        rule_units.action_id,
        rule_units.from_unit_id,
        coalesce(transfers.counterparty_unit_id, concat(rule_units.region_unit_id, ':UNMAPPED')) as to_unit_id,
        transfers.month,
        transfers.transfer_sek as amount_sek,
        transfers.is_known
    from transfers
    inner join rule_units
        on transfers.rule_id = rule_units.rule_id

),

sums as (

    select
        action_id,
        from_unit_id,
        to_unit_id,
        month,
        cast(round(sum(amount_sek), 2) as decimal(18, 2)) as amount_sek,
        min(case when is_known then 1 else 0 end) = 1 as is_known
    from flows
    where from_unit_id <> to_unit_id
    group by action_id, from_unit_id, to_unit_id, month

)

select
    cast(action_id as string) as action_id,
    cast(from_unit_id as string) as from_unit_id,
    cast(to_unit_id as string) as to_unit_id,
    cast(month as date) as month,
    amount_sek,
    is_known
from sums
where amount_sek <> 0
