-- What a board was shown, as printed, beside what the same figures give when recomputed, what was known that day, and
-- whether the board has acted since. Nothing reported is repaired.
-- Grain: one row per board, meeting, scope and scope id.
with

figures as (

    select * from {{ ref('stg_board_report__figure') }}

),

nodes as (

    select * from {{ ref('int_follow_up__node_moment') }}
    where kind = 'meeting'

),

actions as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'meeting'

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

decisions as (

    select * from {{ ref('decision') }}
    where kind = 'active' and decision_date <= {{ as_of() }}

),

-- Two documents of one meeting with the same scope: the last loaded counts.
ranked as (

    select
        figures.*,
        row_number() over (
            partition by figures.board, figures.meeting_date, figures.scope, figures.scope_id
            order by figures.sequence desc, figures._row_number desc
        ) as version_rank
    from figures
    where figures.meeting_date <= {{ as_of() }}

),

shown as (

    select
        ranked.*,
        concat(
            'meeting:', cast(ranked.meeting_date as string), ':',
            cast(coalesce(ranked.reported_month, {{ month_of('ranked.meeting_date') }}) as string)
        ) as moment_id,
        case when ranked.scope in ('action', 'programme') then 'plan' else 'organisation' end as hierarchy
    from ranked
    where ranked.version_rank = 1

),

known as (

    select
        shown.board,
        shown.meeting_date,
        shown.scope,
        shown.scope_id,
        shown.reported_month,
        shown.printed_decimals,
        shown.source,
        coalesce(
            shown.target_sek,
            nodes.requirement_sek,
            actions.target_sek,
            nodes.target_sek
        ) as target_sek,
        case
            when shown.target_sek is not null then 'reported'
            when nodes.requirement_sek is not null then 'requirement'
            when coalesce(actions.target_sek, nodes.target_sek) is not null then 'plan'
            else 'none'
        end as target_origin,
        shown.forecast_sek as reported_forecast_sek,
        shown.deviation_sek as reported_deviation_sek,
        case when nodes.has_forecast then nodes.forecast_sek else actions.forecast_sek end as known_forecast_sek,
        coalesce(nodes.forecast_as_of_month, actions.forecast_as_of_month) as known_as_of_month,
        nodes.not_current_share_pct as known_not_current_share_pct,
        units.unit_id is not null as is_known_board,
        coalesce(nodes.node_id, actions.action_id, scope_units.unit_id) is not null as is_known_scope,
        coalesce(nodes.worst_forecast_status, actions.forecast_status) as known_forecast_status
    from shown
    left join nodes
        on
            shown.moment_id = nodes.moment_id
            and shown.hierarchy = nodes.hierarchy
            and shown.scope = nodes.node_type
            and shown.scope_id = nodes.node_id
    left join actions
        on
            shown.scope = 'action'
            and shown.moment_id = actions.moment_id
            and shown.scope_id = actions.action_id
    left join units
        on shown.board = units.unit_id and units.level = 'board'
    left join units as scope_units
        on shown.scope_id = scope_units.unit_id and shown.scope = scope_units.level

),

-- Half of the last printed decimal of a million for each of the two terms and once for the difference. A figure that
-- does not say how it was printed is held to whole millions.
recomputed as (

    select
        known.*,
        known.reported_forecast_sek - known.target_sek as recomputed_deviation_sek,
        {{ parameter('printed_rounding_share', 'double') }} * 3 * 1000000
        / power(10, coalesce(known.printed_decimals, 0)) as tolerance_sek
    from known

),

decided as (

    select
        recomputed.board,
        recomputed.meeting_date,
        min(decisions.decision_date) as decision_date
    from recomputed
    inner join decisions
        on
            recomputed.board = decisions.board
            and recomputed.meeting_date <= decisions.decision_date
    group by recomputed.board, recomputed.meeting_date

),

-- A report on the day of a decision has been answered by it.
last_decided as (

    select
        recomputed.board,
        recomputed.meeting_date,
        max(decisions.decision_date) as decision_date
    from recomputed
    inner join decisions
        on
            recomputed.board = decisions.board
            and decisions.decision_date <= recomputed.meeting_date
    group by recomputed.board, recomputed.meeting_date

),

-- Worse than the target by more than the threshold, as printed, else as the printed forecast gives.
judged as (

    select
        recomputed.*,
        last_decided.decision_date as last_decision_on,
        -coalesce(recomputed.reported_deviation_sek, recomputed.recomputed_deviation_sek) * 100
        > abs(recomputed.target_sek) * {{ parameter('deviation_threshold_pct', 'decimal(9, 4)') }} as is_beyond
    from recomputed
    left join last_decided
        on recomputed.board = last_decided.board and recomputed.meeting_date = last_decided.meeting_date

),

runs as (

    select
        judged.*,
        sum(case when not is_beyond then 1 else 0 end) over (
            partition by board, scope, scope_id
            order by meeting_date
            rows between unbounded preceding and current row
        ) as run_number
    from judged

),

counted as (

    select
        runs.*,
        sum(
            case when is_beyond and (last_decision_on is null or last_decision_on < meeting_date) then 1 else 0 end
        ) over (
            partition by board, scope, scope_id, run_number, last_decision_on
            order by meeting_date
            rows between unbounded preceding and current row
        ) as reports_without_decision
    from runs

)

select
    cast(counted.board as string) as board,
    cast(counted.meeting_date as date) as meeting_date,
    cast(counted.scope as string) as scope,
    cast(counted.scope_id as string) as scope_id,
    cast(counted.reported_month as date) as reported_month,
    cast(counted.target_sek as decimal(18, 2)) as target_sek,
    cast(counted.target_origin as string) as target_origin,
    cast(counted.reported_forecast_sek as decimal(18, 2)) as reported_forecast_sek,
    cast(counted.reported_deviation_sek as decimal(18, 2)) as reported_deviation_sek,
    cast(counted.recomputed_deviation_sek as decimal(18, 2)) as recomputed_deviation_sek,
    abs(counted.reported_deviation_sek - counted.recomputed_deviation_sek)
    <= counted.tolerance_sek as identity_holds,
    cast(counted.known_forecast_sek as decimal(18, 2)) as known_forecast_sek,
    cast(counted.known_forecast_status as string) as known_forecast_status,
    cast(decided.decision_date as date) as active_decision_since,
    cast(counted.source as string) as source,
    cast(counted.known_as_of_month as date) as known_as_of_month,
    counted.known_not_current_share_pct,
    cast(counted.known_forecast_sek - counted.target_sek as decimal(18, 2)) as known_deviation_sek,
    cast(counted.printed_decimals as bigint) as printed_decimals,
    cast(counted.reports_without_decision as bigint) as reports_without_decision,
    counted.is_known_board,
    counted.is_known_scope
from counted
left join decided
    on counted.board = decided.board and counted.meeting_date = decided.meeting_date
