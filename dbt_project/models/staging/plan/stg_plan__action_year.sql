-- The savings plan that counts at as_of, the latest version of each source.
-- Grain: one row per source, action and year.
with delivered as (

    select * from {{ source('raw', 'plan') }}

),

current_slice as (

    select * from {{ ref('stg_intake__current_slice') }}

)

select
    delivered.action_id,
    delivered.year,
    delivered.programme,
    delivered.action_name,
    delivered.parent_action_id,
    delivered.board,
    delivered.administration,
    delivered.division,
    delivered.owner_role,
    delivered.owner_address,
    delivered.action_group,
    delivered.saving_type,
    delivered.effect_type,
    delivered.feasibility,
    delivered.is_recurrent,
    delivered.is_additional,
    delivered.requires_net,
    delivered.components,
    delivered.status,
    delivered.status_from,
    delivered.start_month,
    delivered.end_month,
    delivered.committed_at,
    delivered.target_sek,
    delivered.full_year_target_sek,
    delivered.return_month,
    delivered.profile_id,
    current_slice.source,
    current_slice.slice_id,
    current_slice.known_from,
    current_slice.sequence,
    delivered._row_number
from delivered
inner join current_slice on current_slice.slice_id = delivered._slice_id
