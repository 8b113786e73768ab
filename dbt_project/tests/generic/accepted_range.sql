{# Values lie between the bounds, both included. NULL passes: not_null is a test of its own. #}
{% test accepted_range(model, column_name, minimum, maximum) %}

select {{ column_name }}
from {{ model }}
where {{ column_name }} < {{ minimum }} or {{ column_name }} > {{ maximum }}

{% endtest %}
