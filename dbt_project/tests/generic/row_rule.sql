{# What must hold of each row, as an SQL condition on `subject`, the row, and on the reference tables that are named.
   Unknown is not broken. `rule` and `remedy` are the Swedish words for the row that breaks it, used by
   orchestration/reference.py. #}
{% test row_rule(model, column_name, holds, rule, remedy, tables=[]) %}

with

{% for table in tables %}
{{ table }} as (

    select * from {{ ref(table) }}

),
{% endfor %}
subject as (

    select * from {{ model }}

)

select {{ column_name }}
from subject
where not ({{ holds }})

{% endtest %}
