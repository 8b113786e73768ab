-- L5: quarantined rows.
-- What is this? Deliveries that count at as_of and hold rows that could not be read. When does it matter? The rows are
-- in no sum. How to resolve? Mend them in the source by the reason that stands beside each in raw.quarantine, and
-- deliver the file anew.
-- Grain: one row per delivery.
with current_delivery as (

    select delivery_id
    from {{ ref('stg_intake__current_slice') }}
    group by delivery_id

),

delivery as (

    select delivery.*
    from {{ source('raw', 'delivery') }} as delivery
    inner join current_delivery on current_delivery.delivery_id = delivery.delivery_id
    -- A file seen again has a row of its own, under the same id.
    where delivery.status = 'loaded' and delivery.rows_quarantined > 0

),

fault as (

    select fault.*
    from {{ source('raw', 'quarantine') }} as fault
    inner join delivery on delivery.delivery_id = fault.delivery_id

),

-- A row with several faults stands once for each; its amount counts once.
faulty_row as (

    select
        delivery_id,
        row_number,
        max(abs(amount_sek)) as amount_sek
    from fault
    group by delivery_id, row_number

),

amount as (

    select
        delivery_id,
        cast(sum(amount_sek) as decimal(18,2)) as amount_sek
    from faulty_row
    group by delivery_id

),

fault_kind as (

    select
        delivery_id,
        column_name,
        coalesce(min(reason), rule) as reason,
        row_number() over (partition by delivery_id order by count(*) desc, rule, column_name) as rank_in_delivery
    from fault
    group by delivery_id, rule, column_name

),

most_common as (

    select
        delivery_id,
        coalesce('kolumnen ' || column_name || ' ', '') || reason as what
    from fault_kind
    where rank_in_delivery = 1

),

feed_source as (

    select * from {{ source('raw', 'feed_source') }}

)

select
    'delivery' as subject_type,
    delivery.delivery_id as subject_id,
    feed_source.owner as owner_role,
    amount.amount_sek,
    'Filen ' || delivery.file_name || ' (' || delivery.feed || ') har '
    || cast(delivery.rows_quarantined as string)
    || case when delivery.rows_quarantined = 1 then ' rad' else ' rader' end || ' i karantän'
    || coalesce(', ' || cast(cast(round(amount.amount_sek, 0) as bigint) as string) || ' kr', '')
    || ', som saknas i alla summor.'
    || coalesce(' Vanligast: ' || most_common.what || '.', '')
    || ' Rätta raderna i källan och leverera filen på nytt.' as detail
from delivery
left join amount on amount.delivery_id = delivery.delivery_id
left join most_common on most_common.delivery_id = delivery.delivery_id
left join feed_source on feed_source.feed = delivery.feed and feed_source.source = delivery.source
