-- Extra compensation as delivered: two breakdowns of one total, never to be added together.
-- Grain: one row per division, kind and month.
with delivered as (

    select * from {{ ref('stg_extra_compensation__amount') }}

)

select
    cast(division as string) as division,
    cast(kind as string) as kind,
    cast(month as date) as month,
    -- Where the source does not say, its ALL does.
    cast(
        coalesce(
            breakdown,
            case
                when division = 'ALL' and kind = 'ALL' then 'total'
                when division = 'ALL' then 'kind'
                when kind = 'ALL' then 'division'
                else 'division_and_kind'
            end
        ) as string
    ) as breakdown,
    cast(amount_sek as decimal(18,2)) as amount_sek
from delivered
