-- Who a person that has had another identity number is called now. A number that was replaced twice leads to the last.
-- Grain: one row per earlier_key.
with delivered as (

    select * from {{ source('raw', 'identity_change') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

),

ranked as (

    select
        delivered.earlier_key,
        delivered.person_key,
        row_number() over (
            partition by delivered.earlier_key
            order by current_slice.known_from desc, current_slice.sequence desc, delivered._row_number desc
        ) as precedence
    from delivered
    inner join current_slice on current_slice.slice_id = delivered._slice_id
    where delivered.earlier_key <> delivered.person_key

),

latest as (

    select earlier_key, person_key from ranked where precedence = 1

)

select
    latest.earlier_key,
    coalesce(followed.person_key, latest.person_key) as person_key
from latest
left join latest as followed on followed.earlier_key = latest.person_key and followed.person_key <> latest.earlier_key
