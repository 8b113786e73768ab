{# No rows in the shape that the model's own contract promises: the columns of its YAML, in that order. For a mart whose
   contract stands before it is filled. #}
{% macro empty_mart() -%}
{%- if execute %}
select
{%- for column in model.columns.values() %}
    cast(null as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
{%- endfor %}
where 1 = 0
{%- endif %}
{%- endmacro %}
