{# The windows that hired staff is told in: of each its name, and the frame and number of months that make it whole, over
   rows with organisation, unit_id, month, month_number and year, on a spine without gaps. #}
{% macro time_windows() %}
{{ return({
    'month': ('partition by organisation, unit_id, month', '1'),
    'ytd': (
        'partition by organisation, unit_id, year order by month rows between unbounded preceding and current row',
        'month_number'
    ),
    'r12': (
        'partition by organisation, unit_id order by month rows between 11 preceding and current row', '12'
    ),
}) }}
{% endmacro %}
