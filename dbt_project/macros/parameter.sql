{# The value of a parameter in force at as_of, as text cast to `type`. Unknown names give NULL, which the tests of the
   reference tables prevent. #}
{% macro parameter(name, type) -%}
    cast((select parameter_value from {{ ref('int_reference__parameter') }} where parameter_name = '{{ name }}') as {{ type }})
{%- endmacro %}
