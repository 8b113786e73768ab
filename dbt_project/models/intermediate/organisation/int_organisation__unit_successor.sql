{#- Reorganisations that one chain may hold; a longer one stops at the unit that the last of them reached. -#}
{%- set hops = 8 -%}
-- Which unit stands for each unit in the organisation at as_of: itself while it is open, else the one that its chain
-- of successors leads to. A unit that has ended without a successor stands for itself: its money stays where it was.
-- Grain: one row per unit of the reference table.
with units as (

    select
        unit_id,
        valid_to is not null and valid_to <= {{ as_of() }} as is_closed,
        successor_unit_id
    from {{ ref('unit') }}

),

step as (

    select
        unit_id,
        case when is_closed and successor_unit_id <> unit_id then successor_unit_id end as next_unit_id
    from units

),

hop_0 as (

    select
        unit_id,
        unit_id as current_unit_id,
        next_unit_id
    from step

),
{% for hop in range(1, hops + 1) %}
hop_{{ hop }} as (

    select
        hop.unit_id,
        coalesce(hop.next_unit_id, hop.current_unit_id) as current_unit_id,
        step.next_unit_id
    from hop_{{ hop - 1 }} as hop
    left join step on step.unit_id = hop.next_unit_id

),
{% endfor %}
final as (

    select
        units.unit_id,
        hop.current_unit_id,
        units.is_closed
    from units
    inner join hop_{{ hops }} as hop on hop.unit_id = units.unit_id

)

select * from final
