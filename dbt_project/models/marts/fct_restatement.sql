-- What later deliveries have changed in what was delivered before: each version of a slice against the one it replaced.
-- Grain: one row per feed and slice_id, the version that came later.
with

slices as (

    select * from {{ source('raw', 'delivery_slice') }}
    where known_from <= {{ as_of() }}

),

deliveries as (

    select
        delivery_id,
        source,
        sequence
    from {{ source('raw', 'delivery') }}
    where status = 'loaded'

),

versions as (

    select
        slices.feed,
        slices.slice_key,
        slices.slice_id,
        slices.company,
        slices.month,
        slices.known_from,
        slices.row_count,
        slices.amount_sum,
        slices.amount_turnover,
        deliveries.source,
        lag(slices.slice_id) over version_window as replaced_slice_id,
        lag(slices.known_from) over version_window as replaced_known_from,
        lag(slices.row_count) over version_window as row_count_before,
        lag(slices.amount_sum) over version_window as amount_before,
        lag(slices.amount_turnover) over version_window as turnover_before
    from slices
    inner join deliveries
        on slices.delivery_id = deliveries.delivery_id
    window version_window as (partition by slices.slice_key order by slices.known_from, deliveries.sequence)

)

select
    cast(feed as string) as feed,
    cast(slice_id as string) as slice_id,
    cast(replaced_slice_id as string) as replaced_slice_id,
    cast(source as string) as source,
    cast(company as string) as company,
    cast(month as date) as month,
    cast(known_from as date) as known_from,
    cast(replaced_known_from as date) as replaced_known_from,
    cast(row_count_before as bigint) as row_count_before,
    cast(row_count as bigint) as row_count_after,
    cast(row_count - row_count_before as bigint) as row_change,
    cast(amount_before as decimal(18, 2)) as amount_before_sek,
    cast(amount_sum as decimal(18, 2)) as amount_after_sek,
    cast(coalesce(amount_sum, 0) - coalesce(amount_before, 0) as decimal(18, 2)) as change_sek,
    cast(turnover_before as decimal(18, 2)) as turnover_before_sek,
    cast(amount_turnover as decimal(18, 2)) as turnover_after_sek
from versions
where replaced_slice_id is not null
