-- Each action's effect per component: what its rules claim of the accounts against their baseline, index and share
-- applied.
-- Grain: one row per action, component and month.
with

component_months as (

    select * from {{ ref('int_net_effect__component_month') }}

)

select
    cast(action_id as string) as action_id,
    cast(component as string) as component,
    cast(month as date) as month,
    -- Their difference is the effect, so it is the effect's rounded rows that the baseline follows.
    cast(actual_sek + effect_sek as decimal(18, 2)) as baseline_sek,
    actual_sek,
    effect_sek,
    internal_transfer_sek,
    cast(evidence as string) as evidence,
    index_sensitivity_sek,
    noise_sek,
    is_known,
    cast(effect_type as string) as effect_type,
    lowers_net_cost,
    effect_ytd_sek,
    is_within_noise,
    volume_effect_sek,
    price_effect_sek,
    cast(quantity_unit as string) as quantity_unit,
    cast(baseline_quantity as decimal(18, 4)) as baseline_quantity,
    cast(actual_quantity as decimal(18, 4)) as actual_quantity
from component_months
