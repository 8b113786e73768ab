-- F3: figures shown to a board whose target, forecast and deviation do not agree, beyond what rounding explains; and
-- figures of a board or scope that nobody knows, which cannot be held against anything.
-- Grain: one row per finding (board, meeting, scope and scope id).
with

reports as (

    select
        fct_board_report.*,
        coalesce(not identity_holds, false) as is_contradiction
    from {{ ref('fct_board_report') }} as fct_board_report
    where not identity_holds or not is_known_board or not is_known_scope

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
    cast(coalesce(units.owner_role, 'controller') as string) as owner_role,
    cast(
        case
            when reports.is_contradiction then abs(reports.reported_deviation_sek - reports.recomputed_deviation_sek)
            else abs(coalesce(reports.reported_deviation_sek, reports.reported_forecast_sek))
        end as decimal(18, 2)
    ) as amount_sek,
    cast(
        concat(
            coalesce(units.unit_name, reports.board), ' visades ', cast(reports.meeting_date as string),
            case
                when reports.is_contradiction
                    then concat(
                        ' avvikelsen ', {{ mnkr_sv('reports.reported_deviation_sek') }}, ' mnkr för ', reports.scope_id,
                        ', uträknat ', {{ mnkr_sv('reports.recomputed_deviation_sek') }}, ' mnkr (prognos ',
                        {{ mnkr_sv('reports.reported_forecast_sek') }}, ' mot ',
                        case reports.target_origin
                            when 'reported' then 'redovisat mål '
                            when 'requirement' then 'sparbetinget '
                            else 'planens mål '
                        end,
                        {{ mnkr_sv('reports.target_sek') }}, ').'
                    )
                else concat(' belopp för ', reports.scope_id, '.')
            end,
            case
                when not reports.is_known_board
                    then concat(
                        ' ', reports.board, ' är ingen nämnd i enhetsregistret: rätta namnet, beloppen kan inte ställas mot',
                        ' nämndens beslut.'
                    )
                else ''
            end,
            case
                when not reports.is_known_scope
                    then concat(
                        ' ', reports.scope_id, ' finns varken i enhetsregistret eller i planen: rätta nivån, beloppen kan',
                        ' inte ställas mot det som var känt.'
                    )
                else ''
            end
        ) as string
    ) as detail
from reports
left join units
    on reports.board = units.unit_id
