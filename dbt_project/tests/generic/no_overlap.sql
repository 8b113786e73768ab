{# Within each partition at most one row is in force on any day. Validity is half-open, [from, to); a NULL `to` is open.
   A period that ends on or before its start fails too: it would never be in force. #}
{% test no_overlap(model, partition_by, from, to) %}

with periods as (

    select
        {% for column in partition_by -%}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), '') as {{ column }},
        {% endfor -%}
        {{ from }} as period_from,
        coalesce({{ to }}, cast('9999-12-31' as date)) as period_to,
        row_number() over (
            order by {% for column in partition_by %}{{ column }}, {% endfor %}{{ from }}, {{ to }}
        ) as row_id
    from {{ model }}

)

select
    one.row_id,
    other.row_id as other_row_id,
    {% for column in partition_by -%}
    one.{{ column }},
    {% endfor -%}
    one.period_from,
    one.period_to
from periods as one
inner join periods as other
    on one.row_id < other.row_id
    and one.period_from < other.period_to
    and other.period_from < one.period_to
    {% for column in partition_by -%}
    and one.{{ column }} = other.{{ column }}
    {% endfor %}

union all

select
    row_id,
    row_id as other_row_id,
    {% for column in partition_by -%}
    {{ column }},
    {% endfor -%}
    period_from,
    period_to
from periods
where period_to <= period_from

{% endtest %}
