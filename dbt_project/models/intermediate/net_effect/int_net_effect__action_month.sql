-- Gross and net of each action from January to the last closed month, and whether the net is known: net or nothing. A
-- month is closed for an action when every company below the units of its rules has closed it.
-- Grain: one row per action with a plan row for the year and calendar month, to the month of as_of.
with

action_years as (

    select * from {{ ref('int_plan__action_year') }}
    where coalesce(status, '') <> 'proposed'

),

components as (

    select * from {{ ref('int_net_effect__component') }}

),

component_months as (

    select * from {{ ref('int_net_effect__component_month') }}

),

rules as (

    select * from {{ ref('int_net_effect__rule') }}

),

months as (

    select * from {{ ref('int_organisation__month') }}
    where month <= {{ as_of() }}

),

lives as (

    select
        action_id,
        min(action_start_month) as start_month,
        min(action_end_on) as end_on
    from rules
    group by action_id

),

-- What the plan lists and what the rules measure. An action that requires net and lists no component, or no offset, or
-- one without a rule, has no net.
needs as (

    select
        action_years.action_id,
        action_years.year,
        coalesce(action_years.requires_net, false) as requires_net,
        count(case when components.has_rule and components.is_gross then 1 end) as gross_components,
        count(case when components.has_rule then 1 end) as ruled_components,
        count(case when components.is_listed and not components.is_gross then 1 end) as listed_offsets,
        count(case when components.is_listed and not components.has_rule then 1 end) as components_without_rule,
        min(case when components.has_rule and components.is_gross then components.evidence end) as gross_evidence,
        min(case when components.has_rule then components.evidence end) as net_evidence
    from action_years
    left join components
        on action_years.action_id = components.action_id and action_years.year = components.year
    group by action_years.action_id, action_years.year, coalesce(action_years.requires_net, false)

),

closed_months as (

    select * from {{ ref('int_net_effect__closed_month') }}

),

month_sums as (

    select
        action_id,
        month,
        count(case when is_gross and is_known then 1 end) as gross_known,
        count(case when is_known then 1 end) as known,
        sum(case when is_gross then effect_sek end) as gross_sek,
        sum(case when not is_gross then effect_sek end) as offset_sek,
        sum(case when is_gross then internal_transfer_sek end) as internal_transfer_sek
    from component_months
    group by action_id, month

),

-- In a month of the action's life every component with a rule must be known; outside it the effect is 0.
spine as (

    select
        needs.action_id,
        needs.year,
        months.month,
        closed_months.month as closed_month,
        coalesce(month_sums.gross_sek, 0) as gross_sek,
        coalesce(month_sums.offset_sek, 0) as offset_sek,
        coalesce(month_sums.internal_transfer_sek, 0) as internal_transfer_sek,
        case
            when
                lives.start_month <= months.month
                and (lives.end_on is null or months.month < lives.end_on)
                and coalesce(month_sums.gross_known, 0) < needs.gross_components
                then 1
            else 0
        end as gross_unknown,
        case
            when
                lives.start_month <= months.month
                and (lives.end_on is null or months.month < lives.end_on)
                and coalesce(month_sums.known, 0) < needs.ruled_components
                then 1
            else 0
        end as unknown
    from needs
    inner join months
        on needs.year = extract(year from months.month)
    left join lives
        on needs.action_id = lives.action_id
    left join closed_months
        on needs.action_id = closed_months.action_id and months.month = closed_months.month
    left join month_sums
        on needs.action_id = month_sums.action_id and months.month = month_sums.month

),

cumulated as (

    select
        action_id,
        year,
        month,
        max(closed_month) over (partition by action_id, year order by month) as outcome_month,
        sum(gross_sek) over (partition by action_id, year order by month) as gross_sek,
        sum(offset_sek) over (partition by action_id, year order by month) as offset_sek,
        sum(internal_transfer_sek) over (partition by action_id, year order by month) as internal_transfer_sek,
        sum(gross_unknown) over (partition by action_id, year order by month) as gross_unknown,
        sum(unknown) over (partition by action_id, year order by month) as unknown
    from spine

),

reckoned as (

    select
        cumulated.action_id,
        cumulated.year,
        cumulated.month,
        cumulated.outcome_month,
        needs.requires_net,
        needs.ruled_components,
        needs.gross_evidence,
        needs.net_evidence,
        case
            when needs.gross_components > 0 and at_outcome.gross_unknown = 0
                then cast(at_outcome.gross_sek as decimal(18, 2))
        end as gross_ytd_sek,
        case
            when
                needs.gross_components > 0
                and at_outcome.unknown = 0
                and (not needs.requires_net or (needs.listed_offsets > 0 and needs.components_without_rule = 0))
                then cast(at_outcome.gross_sek + at_outcome.offset_sek as decimal(18, 2))
        end as net_ytd_sek,
        case
            when needs.gross_components > 0 and at_outcome.gross_unknown = 0
                then cast(at_outcome.internal_transfer_sek as decimal(18, 2))
        end as internal_transfer_ytd_sek
    from cumulated
    inner join needs
        on cumulated.action_id = needs.action_id and cumulated.year = needs.year
    left join cumulated as at_outcome
        on cumulated.action_id = at_outcome.action_id and cumulated.outcome_month = at_outcome.month

),

judged as (

    select
        reckoned.*,
        case
            when ruled_components = 0 then 'no_rule'
            when not requires_net then 'not_required'
            when net_ytd_sek is not null then 'net'
            else 'gross_only'
        end as net_status
    from reckoned

)

select
    action_id,
    cast(year as bigint) as year,
    month,
    outcome_month,
    net_status,
    gross_ytd_sek,
    net_ytd_sek,
    internal_transfer_ytd_sek,
    -- What the accounts say of the outcome: the net where it is known, the gross where no net is required.
    case net_status
        when 'net' then net_ytd_sek
        when 'not_required' then gross_ytd_sek
    end as outcome_ytd_sek,
    case net_status
        when 'net' then net_evidence
        when 'not_required' then gross_evidence
    end as evidence
from judged
