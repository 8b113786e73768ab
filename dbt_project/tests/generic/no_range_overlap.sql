{# Within each partition a code falls in at most one range on any day. Codes are compared as text and the upper bound
   is a prefix: '30' to '38' holds 3850. Two rows fail if both their codes and their validity meet; a range that ends
   before it starts fails alone. `partition_by` may be empty. #}
{% test no_range_overlap(model, partition_by, range_from, range_to, from, to) %}

with ranges as (

    select
        {% for column in partition_by -%}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), '') as {{ column }},
        {% endfor -%}
        {{ range_from }} as code_from,
        {{ range_to }} as code_to,
        {{ from }} as period_from,
        coalesce({{ to }}, cast('9999-12-31' as date)) as period_to,
        row_number() over (
            order by
                {% for column in partition_by %}{{ column }}, {% endfor -%}
                {{ range_from }}, {{ range_to }}, {{ from }}, {{ to }}
        ) as row_id
    from {{ model }}

)

select
    one.row_id,
    other.row_id as other_row_id,
    one.code_from,
    one.code_to
from ranges as one
inner join ranges as other
    on one.row_id < other.row_id
    and one.period_from < other.period_to
    and other.period_from < one.period_to
    and substring(one.code_from, 1, length(other.code_to)) <= other.code_to
    and substring(other.code_from, 1, length(one.code_to)) <= one.code_to
    {% for column in partition_by -%}
    and one.{{ column }} = other.{{ column }}
    {% endfor %}

union all

select
    row_id,
    row_id as other_row_id,
    code_from,
    code_to
from ranges
where substring(code_from, 1, length(code_to)) > code_to

{% endtest %}
