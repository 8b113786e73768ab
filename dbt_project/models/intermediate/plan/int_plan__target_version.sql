-- The targets as each version of the plan gave them, with what changed and whether the target was locked by then. A
-- target is locked from the day on which its owner committed to it, else from the day its action ran: what earlier
-- versions said of that counts. An action that a version has dropped has no target in it. A change is cited when a
-- board took an active decision that names the action between the two versions.
-- Grain: one row per source, action, year and version of the plan, from the first that held the action.
with

delivered as (

    select * from {{ ref('stg_plan__version') }}

),

decisions as (

    select * from {{ ref('decision') }}
    where kind = 'active'

),

-- A row that stands twice in a file: the last counts.
plan_rows as (

    select * from (
        select
            delivered.*,
            row_number() over (
                partition by source, known_from, action_id, year
                order by _row_number desc
            ) as row_rank
        from delivered
    ) as ranked
    where row_rank = 1

),

versions as (

    select distinct source, known_from from delivered

),

first_seen as (

    select
        source,
        action_id,
        year,
        min(known_from) as known_from
    from delivered
    group by source, action_id, year

),

spine as (

    select
        first_seen.source,
        first_seen.action_id,
        first_seen.year,
        versions.known_from,
        plan_rows.target_sek,
        plan_rows.action_id is null as is_dropped,
        case
            when plan_rows.committed_at is not null then {{ stockholm_date('plan_rows.committed_at') }}
            when plan_rows.status in ('running', 'completed', 'withdrawn')
                then coalesce(plan_rows.status_from, plan_rows.known_from)
        end as locks_on
    from first_seen
    inner join versions
        on first_seen.source = versions.source and first_seen.known_from <= versions.known_from
    left join plan_rows
        on
            versions.source = plan_rows.source
            and versions.known_from = plan_rows.known_from
            and first_seen.action_id = plan_rows.action_id
            and first_seen.year = plan_rows.year

),

compared as (

    select
        spine.*,
        row_number() over (partition by source, action_id, year order by known_from) as version,
        lag(known_from) over (partition by source, action_id, year order by known_from) as known_before,
        lag(target_sek) over (partition by source, action_id, year order by known_from) as target_before_sek,
        min(locks_on) over (
            partition by source, action_id, year
            order by known_from
            rows between unbounded preceding and 1 preceding
        ) as locked_on
    from spine

),

cited as (

    select
        compared.source,
        compared.action_id,
        compared.year,
        compared.known_from,
        min(concat(decisions.board, ' ', cast(decisions.decision_date as string), ' ', decisions.paragraph)) as decision
    from compared
    inner join decisions
        on
            compared.known_before < decisions.decision_date
            and decisions.decision_date <= compared.known_from
            and position(
                concat(',', compared.action_id, ',') in concat(',', replace(decisions.action_ids, ' ', ''), ',')
            ) > 0
    group by compared.source, compared.action_id, compared.year, compared.known_from

)

select
    compared.source,
    compared.action_id,
    cast(compared.year as bigint) as year,
    compared.known_from,
    compared.version,
    compared.target_sek,
    case
        when compared.version > 1 then coalesce(compared.target_sek, 0) - coalesce(compared.target_before_sek, 0)
    end as change_sek,
    compared.is_dropped,
    compared.locked_on,
    coalesce(compared.locked_on <= compared.known_from, false) as is_locked,
    cited.decision
from compared
left join cited
    on
        compared.source = cited.source
        and compared.action_id = cited.action_id
        and compared.year = cited.year
        and compared.known_from = cited.known_from
