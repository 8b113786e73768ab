-- N8: baseline incomplete, or its cost centres without successor.
-- What is this? Rules in force whose baseline year lacks a delivered month or has money on UNMAPPED, and cost centres in a
-- baseline that have been closed without anyone to succeed them. When does it matter? Without a baseline there is no
-- effect; a closed cost centre looks like a saving although its cost may go on elsewhere. How to resolve? Deliver the
-- month, map the code, or name the successor in cost_centre or unit.
-- Grain: one row per finding (rule, or rule and cost centre).
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}
    where is_reckoned and baseline_method in ('same_month', 'monthly_average')

),

actions as (

    select * from {{ ref('int_plan__action') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

rule_companies as (

    select * from {{ ref('int_net_effect__rule_company') }}

),

company_months as (

    select * from {{ ref('int_period__company_month') }}

),

quantities as (

    select * from {{ ref('int_net_effect__quantity') }}

),

months as (

    select * from {{ ref('int_organisation__month') }}

),

claimed_cells as (

    select
        claimed_cells.*
    from {{ ref('int_net_effect__claimed_cell') }} as claimed_cells
    inner join rules
        on
            claimed_cells.rule_id = rules.rule_id
            and rules.baseline_from <= claimed_cells.month
            and claimed_cells.month < {{ add_months('rules.baseline_from', 12) }}

),

delivered as (

    select
        rule_companies.rule_id,
        company_months.month
    from rule_companies
    inner join company_months
        on rule_companies.company = company_months.company
    group by rule_companies.rule_id, company_months.month
    having min(case when company_months.is_delivered then 1 else 0 end) = 1

),

counted as (

    select
        rule_id,
        month
    from quantities
    group by rule_id, month
    having min(case when is_known then 1 else 0 end) = 1

),

unmapped as (

    select
        rule_id,
        month
    from claimed_cells
    where is_unmapped
    group by rule_id, month

),

-- What each of the twelve months lacks, if anything.
gaps as (

    select
        rules.rule_id,
        months.month,
        case
            when rules.has_cells and delivered.month is null then 'huvudboken'
            when rules.basis <> 'ledger' and counted.month is null
                then case when rules.basis = 'fte' then 'bemanningen' else 'volymen' end
            when unmapped.month is not null then 'mappning'
        end as lack
    from rules
    inner join months
        on
            rules.baseline_from <= months.month
            and months.month < {{ add_months('rules.baseline_from', 12) }}
    left join delivered
        on rules.rule_id = delivered.rule_id and months.month = delivered.month
    left join counted
        on rules.rule_id = counted.rule_id and months.month = counted.month
    left join unmapped
        on rules.rule_id = unmapped.rule_id and months.month = unmapped.month

),

incomplete as (

    select
        rule_id,
        12 - count(*) as months_outside,
        count(lack) as months_lacking,
        min(case when lack is not null then month end) as first_month,
        min(lack) as lack
    from gaps
    group by rule_id
    having count(lack) > 0 or count(*) < 12

),

-- The last row of each cost centre. Its own successor, else its unit's, takes over.
ended as (

    select
        cost_centre.company,
        cost_centre.cost_centre,
        max(cost_centre.valid_to) as ended_on
    from {{ ref('cost_centre') }} as cost_centre
    inner join {{ ref('int_organisation__unit_successor') }} as unit_successors
        on cost_centre.unit_id = unit_successors.unit_id
    group by cost_centre.company, cost_centre.cost_centre
    having
        count(*) = count(cost_centre.valid_to)
        and max(cost_centre.valid_to) <= {{ as_of() }}
        and count(cost_centre.successor_cost_centre) = 0
        and max(case when unit_successors.current_unit_id <> cost_centre.unit_id then 1 else 0 end) = 0

),

without_successor as (

    select
        claimed_cells.rule_id,
        claimed_cells.company,
        claimed_cells.cost_centre,
        ended.ended_on,
        cast(round(abs(sum(claimed_cells.amount_sek)), 2) as decimal(18, 2)) as amount_sek
    from claimed_cells
    inner join ended
        on claimed_cells.company = ended.company and claimed_cells.cost_centre = ended.cost_centre
    group by claimed_cells.rule_id, claimed_cells.company, claimed_cells.cost_centre, ended.ended_on

),

named as (

    select
        rules.rule_id,
        actions.action_name,
        coalesce(actions.owner_role, units.owner_role) as owner_role
    from rules
    inner join actions
        on rules.action_id = actions.action_id
    left join units
        on actions.owning_unit_id = units.unit_id

)

select
    cast('rule' as string) as subject_type,
    cast(incomplete.rule_id as string) as subject_id,
    cast(named.owner_role as string) as owner_role,
    cast(null as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            named.action_name, ': jämförelseåret för regel ', incomplete.rule_id, ' är inte helt. ',
            case
                when incomplete.months_lacking > 0
                    then concat(
                        cast(incomplete.months_lacking as string), ' av 12 månader saknar ', incomplete.lack,
                        ', den första ', {{ month_sv('incomplete.first_month') }}, '.'
                    )
                else ''
            end,
            case
                when incomplete.months_outside > 0
                    then concat(
                        case when incomplete.months_lacking > 0 then ' ' else '' end,
                        cast(incomplete.months_outside as string), ' månader ligger utanför det som har levererats.'
                    )
                else ''
            end
        ) as string
    ) as detail
from incomplete
inner join named
    on incomplete.rule_id = named.rule_id

union all

select
    cast('rule' as string) as subject_type,
    cast(
        concat(
            without_successor.rule_id, '|', without_successor.company, '|',
            coalesce(without_successor.cost_centre, '-')
        ) as string
    ) as subject_id,
    cast(named.owner_role as string) as owner_role,
    without_successor.amount_sek,
    cast(
        concat(
            named.action_name, ': kostnadsställe ', without_successor.cost_centre, ' i bolag ',
            without_successor.company, ' ingår i jämförelsebasen för regel ', without_successor.rule_id,
            ' men stängdes ', cast(without_successor.ended_on as string),
            ' utan efterträdare. Dess ', {{ mnkr_sv('without_successor.amount_sek') }},
            ' mnkr under jämförelseåret räknas som en besparing, om kostnaden inte har flyttat.'
        ) as string
    ) as detail
from without_successor
inner join named
    on without_successor.rule_id = named.rule_id
