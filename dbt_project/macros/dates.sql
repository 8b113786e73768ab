{# The first day of the month n months after a date. n may be an expression. #}
{% macro add_months(date, n) -%}
    cast({{ dbt.dateadd('month', n, date) }} as date)
{%- endmacro %}

{# The date n days after a date. #}
{% macro add_days(date, n) -%}
    cast({{ dbt.dateadd('day', n, date) }} as date)
{%- endmacro %}

{# The first day of a date's month. #}
{% macro month_of(date) -%}
    cast({{ dbt.date_trunc('month', date) }} as date)
{%- endmacro %}

{# The Stockholm date of a UTC timestamp. #}
{% macro stockholm_date(timestamp) -%}
    {{ return(adapter.dispatch('stockholm_date')(timestamp)) }}
{%- endmacro %}

{% macro default__stockholm_date(timestamp) -%}
    cast(timezone('Europe/Stockholm', timezone('UTC', {{ timestamp }})) as date)
{%- endmacro %}

{% macro spark__stockholm_date(timestamp) -%}
    cast(from_utc_timestamp({{ timestamp }}, 'Europe/Stockholm') as date)
{%- endmacro %}
