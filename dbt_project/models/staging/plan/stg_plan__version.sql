-- Every version of the savings plan known by as_of, the replaced ones too: what was promised, and since when.
-- Grain: one row per source, version, action and year.
with delivered as (

    select * from {{ source('raw', 'plan') }}

),

slice_version as (

    select * from {{ ref('stg_intake__slice_version') }}

)

select
    delivered.action_id,
    delivered.year,
    delivered.status,
    delivered.status_from,
    delivered.committed_at,
    delivered.target_sek,
    slice_version.source,
    slice_version.known_from,
    slice_version.sequence,
    delivered._row_number
from delivered
inner join slice_version on slice_version.slice_id = delivered._slice_id
