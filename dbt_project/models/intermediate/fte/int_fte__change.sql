-- The twelve-month change of each unit's FTE, cause by cause: the mean over the window of the monthly parts. Only where
-- twenty-four months are complete. What the causes leave of the whole is kept beside, and tested to be nothing.
-- Grain: one row per unit_id, month, fte_definition and cause.
with whole as (

    select
        unit_id,
        month,
        month_index,
        fte_definition,
        fte_r12_change_12m
    from {{ ref('int_fte__unit_month') }}
    where organisation = 'restated' and personnel_category = 'ALL' and fte_r12_change_12m is not null

),

months as (

    select * from {{ ref('int_fte__month') }}

),

part as (

    select
        change_month.*,
        months.month_index
    from {{ ref('int_fte__change_month') }} as change_month
    inner join months on months.month = change_month.month

),

{%- set causes = [
    'joined', 'left', 'moved_in', 'moved_out', 'changed_category', 'rate', 'leave_and_overtime', 'hourly'
] %}

cause as (

    {%- for cause in causes %}
    {{ "union all" if not loop.first }}
    select
        '{{ cause }}' as cause,
        {{ loop.index }} as cause_number
    {%- endfor %}

),

summed as (

    select
        whole.unit_id,
        whole.month,
        whole.fte_definition,
        whole.fte_r12_change_12m,
        cause.cause,
        cast(cause.cause_number as bigint) as cause_number,
        coalesce(sum(part.fte), 0) as year_fte
    from whole
    cross join cause
    left join part
        on part.unit_id = whole.unit_id
        and part.fte_definition = whole.fte_definition
        and part.cause = cause.cause
        and part.month_index >= whole.month_index - 11
        and part.month_index <= whole.month_index
    group by
        whole.unit_id,
        whole.month,
        whole.fte_definition,
        whole.fte_r12_change_12m,
        cause.cause,
        cause.cause_number

),

running as (

    select
        *,
        cast(
            cast(
                sum(year_fte) over (
                    partition by unit_id, month, fte_definition
                    order by cause_number rows between unbounded preceding and current row
                ) as double
            ) / 12 as decimal(28,8)
        ) as fte_so_far,
        cast(
            cast(sum(year_fte) over (partition by unit_id, month, fte_definition) as double) / 12 as decimal(28,8)
        ) as causes_fte
    from summed

)

select
    unit_id,
    month,
    fte_definition,
    cause,
    cause_number,
    fte_so_far,
    fte_r12_change_12m,
    cast(fte_r12_change_12m - causes_fte as decimal(28,8)) as unexplained_fte
from running
