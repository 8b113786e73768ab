{# The date for which everything is reckoned: the one row that the pipeline writes before dbt starts. A scalar subquery,
   not a var: a changed var would void dbt's partial parsing. #}
{% macro as_of() -%}
    (select as_of from {{ source('ops', 'current_run') }})
{%- endmacro %}
