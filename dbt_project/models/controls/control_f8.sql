-- F8: deviations beyond the threshold that a board has been shown report after report and only noted. What is this? The
-- latest report of a board and scope, at least so many in a row since the board's last active decision, with none after
-- it. When does it matter? Nobody has decided what to do about it. How to resolve? Put a decision before the board:
-- other actions, another target, or that the deviation is accepted.
-- Grain: one row per finding (board and scope).
with

reports as (

    select
        fct_board_report.*,
        row_number() over (partition by board, scope, scope_id order by meeting_date desc) as recency
    from {{ ref('fct_board_report') }} as fct_board_report
    where coalesce(reported_deviation_sek, recomputed_deviation_sek) is not null

),

units as (

    select * from {{ ref('int_unit__unit') }}

)

select
    cast('board_scope' as string) as subject_type,
    cast(concat(reports.board, '|', reports.scope, '|', reports.scope_id) as string) as subject_id,
    cast(units.owner_role as string) as owner_role,
    cast(
        abs(coalesce(reports.reported_deviation_sek, reports.recomputed_deviation_sek)) as decimal(18, 2)
    ) as amount_sek,
    cast(
        concat(
            coalesce(units.unit_name, reports.board), ' har ', cast(reports.reports_without_decision as string),
            ' rapporter i rad, senast ', cast(reports.meeting_date as string), ', visats en avvikelse för ',
            reports.scope_id, ' utöver tröskeln, nu ',
            {{ mnkr_sv('coalesce(reports.reported_deviation_sek, reports.recomputed_deviation_sek)') }}, ' mnkr av ',
            {{ mnkr_sv('reports.target_sek') }}, ', utan aktivt beslut.'
        ) as string
    ) as detail
from reports
left join units
    on reports.board = units.unit_id
where
    reports.recency = 1
    and reports.active_decision_since is null
    and reports.reports_without_decision >= {{ parameter('deviation_reports', 'bigint') }}
