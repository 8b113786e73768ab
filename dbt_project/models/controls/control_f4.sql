-- F4: two boards that were shown different figures for the same scope and month. What is this? Each report against the
-- latest earlier one of every other board, figure by figure, beyond what rounding explains. A forecast submitted
-- between the two meetings explains a difference; one of the later meeting's own day does not, since its papers had
-- been sent by then. When does it matter? Two boards decide on two truths. How to resolve? Say to both which figure
-- holds, and why the other was shown.
-- Grain: one row per finding (report and earlier board).
with

reports as (

    select
        fct_board_report.*,
        coalesce(reported_deviation_sek, recomputed_deviation_sek) as shown_deviation_sek,
        case when target_origin = 'reported' then target_sek end as reported_target_sek,
        {{ parameter('printed_rounding_share', 'decimal(9, 4)') }} * 1000000
        / power(10, coalesce(printed_decimals, 0)) as rounding_sek
    from {{ ref('fct_board_report') }} as fct_board_report
    where reported_month is not null

),

paths as (

    select * from {{ ref('int_follow_up__node_path') }}
    where item_type = 'action'

),

submissions as (

    select * from {{ ref('int_forecast__submission') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

),

pairs as (

    select
        later.*,
        earlier.board as earlier_board,
        earlier.meeting_date as earlier_meeting_date,
        abs(later.reported_target_sek - earlier.reported_target_sek) as target_difference,
        abs(later.reported_forecast_sek - earlier.reported_forecast_sek) as forecast_difference,
        abs(later.shown_deviation_sek - earlier.shown_deviation_sek) as deviation_difference,
        earlier.reported_target_sek as earlier_target_sek,
        earlier.reported_forecast_sek as earlier_forecast_sek,
        earlier.shown_deviation_sek as earlier_deviation_sek,
        later.rounding_sek + earlier.rounding_sek as tolerance_sek,
        row_number() over (
            partition by later.board, later.meeting_date, later.scope, later.scope_id, earlier.board
            order by earlier.meeting_date desc
        ) as nearness
    from reports as later
    inner join reports as earlier
        on
            later.scope = earlier.scope
            and later.scope_id = earlier.scope_id
            and later.reported_month = earlier.reported_month
            and later.board <> earlier.board
            and (
                earlier.meeting_date < later.meeting_date
                or (earlier.meeting_date = later.meeting_date and earlier.board < later.board)
            )

),

answered as (

    select distinct
        pairs.board,
        pairs.meeting_date,
        pairs.scope,
        pairs.scope_id,
        pairs.earlier_board
    from pairs
    inner join paths
        on
            pairs.scope = paths.node_type
            and pairs.scope_id = paths.node_id
            and extract(year from pairs.reported_month) = paths.year
    inner join submissions
        on
            paths.item_id = submissions.action_id
            and paths.year = submissions.year
            and pairs.earlier_meeting_date < submissions.submitted_on
            and submissions.submitted_on < pairs.meeting_date
    where pairs.nearness = 1

),

differing as (

    select
        pairs.*,
        greatest(
            coalesce(pairs.target_difference, 0),
            coalesce(pairs.forecast_difference, 0),
            coalesce(pairs.deviation_difference, 0)
        ) as difference_sek
    from pairs
    left join answered
        on
            pairs.board = answered.board
            and pairs.meeting_date = answered.meeting_date
            and pairs.scope = answered.scope
            and pairs.scope_id = answered.scope_id
            and pairs.earlier_board = answered.earlier_board
    where pairs.nearness = 1 and answered.board is null

),

findings as (

    select
        differing.*,
        units.unit_name,
        units.owner_role,
        earlier_units.unit_name as earlier_unit_name
    from differing
    left join units
        on differing.board = units.unit_id
    left join units as earlier_units
        on differing.earlier_board = earlier_units.unit_id
    where differing.difference_sek > differing.tolerance_sek

)

select
    cast('board_report' as string) as subject_type,
    cast(
        concat(
            board, '|', cast(meeting_date as string), '|', scope, '|', scope_id, '|', earlier_board, '|',
            cast(earlier_meeting_date as string)
        ) as string
    ) as subject_id,
    cast(owner_role as string) as owner_role,
    cast(difference_sek as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            coalesce(earlier_unit_name, earlier_board), ' visades ', cast(earlier_meeting_date as string), ' och ',
            coalesce(unit_name, board), ' ', cast(meeting_date as string), ' olika belopp för ', scope_id, ' i ',
            {{ month_sv('reported_month') }}, '.',
            {% for name, label in {'target': 'Mål', 'forecast': 'Prognos', 'deviation': 'Avvikelse'}.items() %}
            {%- set later = 'shown_deviation_sek' if name == 'deviation' else 'reported_' ~ name ~ '_sek' %}
            case
                when {{ name }}_difference > tolerance_sek
                    then concat(
                        ' {{ label }} ', {{ mnkr_sv('earlier_' ~ name ~ '_sek') }}, ' mot ', {{ mnkr_sv(later) }}, ' mnkr.'
                    )
                else ''
            end,
            {% endfor %}
            ' Ingen ny prognos lämnades däremellan.'
        ) as string
    ) as detail
from findings
