-- F3: figures shown to a board whose target, forecast and deviation do not agree, beyond what rounding explains.
-- Grain: one row per finding (board, meeting, scope and scope id).
with

reports as (

    select * from {{ ref('fct_board_report') }}
    where not identity_holds

),

units as (

    select * from {{ ref('int_unit__unit') }}

)

select
    cast('board_report' as string) as subject_type,
    cast(
        concat(
            reports.board, '|', cast(reports.meeting_date as string), '|', reports.scope, '|', reports.scope_id
        ) as string
    ) as subject_id,
    cast(units.owner_role as string) as owner_role,
    cast(abs(reports.reported_deviation_sek - reports.recomputed_deviation_sek) as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            coalesce(units.unit_name, reports.board), ' visades ', cast(reports.meeting_date as string),
            ' avvikelsen ', {{ mnkr_sv('reports.reported_deviation_sek') }}, ' mnkr för ', reports.scope_id,
            ', uträknat ', {{ mnkr_sv('reports.recomputed_deviation_sek') }}, ' mnkr (prognos ',
            {{ mnkr_sv('reports.reported_forecast_sek') }}, ' mot ',
            case reports.target_origin
                when 'reported' then 'redovisat mål '
                when 'requirement' then 'sparbetinget '
                else 'planens mål '
            end,
            {{ mnkr_sv('reports.target_sek') }}, ').'
        ) as string
    ) as detail
from reports
left join units
    on reports.board = units.unit_id
