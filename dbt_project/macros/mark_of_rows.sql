{# A text that is another as soon as any of the rows of a group is, in whatever order they come: the sum of their hashes. #}
{% macro mark_of_rows(columns) -%}
cast(sum(cast({{ hash_of_text(text_of_columns(columns)) }} as decimal(38,0))) as string)
{%- endmacro %}

{# The columns as one text, in which NULL is a word of its own. #}
{% macro text_of_columns(columns) -%}
concat({% for column in columns %}coalesce(cast({{ column }} as string), '∅'){{ ", '|', " if not loop.last }}{% endfor %})
{%- endmacro %}

{# A hash of 64 bits. #}
{% macro hash_of_text(text) -%}
{{ adapter.dispatch('hash_of_text')(text) }}
{%- endmacro %}

{% macro default__hash_of_text(text) -%}
xxhash64({{ text }})
{%- endmacro %}

{% macro duckdb__hash_of_text(text) -%}
md5_number_lower({{ text }})
{%- endmacro %}
