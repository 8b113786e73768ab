{#- Reorganisations that one chain may hold; a longer one stops at the unit that the last of them reached. -#}
{%- set hops = 8 -%}
-- Where each cost centre belongs in the organisation at as_of, whatever month its money is of: in its unit; else where
-- its own successor belongs; else in the unit that its last unit's chain of successors leads to; else in its last unit.
-- Grain: one row per company, cost centre and unit; more than one unit where the cost centre is shared.
with cost_centre as (

    select
        company,
        cost_centre,
        unit_id,
        successor_cost_centre,
        share_pct,
        valid_from,
        valid_to
    from {{ ref('cost_centre') }}

),

-- The rows that count at as_of are those that started last; of a cost centre still to come, those that start first.
start as (

    select
        company,
        cost_centre,
        coalesce(
            max(case when valid_from <= {{ as_of() }} then valid_from end),
            min(valid_from)
        ) as valid_from
    from cost_centre
    group by company, cost_centre

),

last_row as (

    select
        cost_centre.company,
        cost_centre.cost_centre,
        cost_centre.share_pct,
        unit_successor.current_unit_id as unit_id,
        unit_successor.is_closed
        or (cost_centre.valid_to is not null and cost_centre.valid_to <= {{ as_of() }}) as has_ended,
        successor.cost_centre as successor_cost_centre
    from cost_centre
    inner join start
        on start.company = cost_centre.company
        and start.cost_centre = cost_centre.cost_centre
        and start.valid_from = cost_centre.valid_from
    inner join {{ ref('int_organisation__unit_successor') }} as unit_successor
        on unit_successor.unit_id = cost_centre.unit_id
    left join start as successor
        on successor.company = cost_centre.company
        and successor.cost_centre = cost_centre.successor_cost_centre
        and successor.cost_centre <> cost_centre.cost_centre

),

step as (

    select
        company,
        cost_centre,
        case when has_ended then successor_cost_centre end as next_cost_centre,
        unit_id,
        cast(share_pct as decimal(13,10)) as share_pct
    from last_row

),

{#- Parts of parts: exact for two stages of sharing, and to a part in 10 ^ 12 beyond. #}
hop_0 as (

    select * from step

),
{% for hop in range(1, hops + 1) %}
hop_{{ hop }} as (

    select
        hop.company,
        hop.cost_centre,
        step.next_cost_centre,
        coalesce(step.unit_id, hop.unit_id) as unit_id,
        cast(hop.share_pct * coalesce(step.share_pct, 100) * 0.01 as decimal(13,10)) as share_pct
    from hop_{{ hop - 1 }} as hop
    left join step on step.company = hop.company and step.cost_centre = hop.next_cost_centre

),
{% endfor %}
final as (

    select
        company,
        cost_centre,
        unit_id,
        cast(sum(share_pct) as decimal(13,10)) as share_pct
    from hop_{{ hops }}
    group by company, cost_centre, unit_id

)

select * from final
