{# The shares of each group make a whole: 100 %, within a hundredth, since twelfths and thirds are rounded in a file. #}
{% test sums_to_hundred(model, group_by, column) %}

select
    {{ group_by | join(', ') }},
    sum({{ column }}) as share_sum
from {{ model }}
group by {{ group_by | join(', ') }}
having abs(sum({{ column }}) - 100) > 0.01

{% endtest %}
