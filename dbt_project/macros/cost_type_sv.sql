{# A cost type as a controller writes it; an unknown one as it is. #}
{% macro cost_type_sv(cost_type) -%}
    {%- set labels = {
        'salaries': 'löner', 'payroll_addon': 'PO-pålägg', 'overtime': 'övertid',
        'extra_compensation': 'extraersättning', 'hired_staff': 'hyrpersonal', 'recruitment': 'rekrytering',
        'other_personnel': 'övrig personal', 'bought_care': 'köpt vård', 'medicines': 'läkemedel', 'meals': 'måltider',
        'transport': 'transporter', 'other_cost': 'övriga kostnader', 'internal_cost': 'internköp',
        'internal_revenue': 'interna intäkter', 'external_revenue': 'externa intäkter', 'depreciation': 'avskrivningar',
    } -%}
    case {{ cost_type }}
        {%- for word, label in labels.items() %}
        when '{{ word }}' then '{{ label }}'
        {%- endfor %}
        else {{ cost_type }}
    end
{%- endmacro %}
