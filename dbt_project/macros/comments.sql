{# What BI tools show of a mart: its question in Swedish before its description, and of a column its Swedish label. #}
{% macro duckdb__alter_relation_comment(relation, comment) %}
    {%- set question = model.config.meta.get('question_sv') -%}
    comment on {{ 'view' if relation.is_view else 'table' }} {{ relation }} is
    {{ duckdb_escape_comment(((question ~ ' ') if question else '') ~ comment.strip()) }};
{% endmacro %}

{% macro duckdb__alter_column_comment(relation, column_dict) %}
    {%- for name in column_dict %}
    {%- set column = column_dict[name] -%}
    {%- set label = column['config']['meta'].get('label_sv') %}
    comment on column {{ relation }}.{{ name }} is
    {{ duckdb_escape_comment(((label ~ '. ') if label else '') ~ column['description'].strip()) }};
    {%- endfor %}
{% endmacro %}
