{# A month is held as the date of its first day. #}
{% test is_month(model, column_name) %}

select {{ column_name }}
from {{ model }}
where extract(day from {{ column_name }}) <> 1

{% endtest %}
