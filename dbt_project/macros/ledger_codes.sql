{# The codes by which effect rules claim ledger money. Rules are matched to the combinations of them that occur, of which
   there are few, and not to cells, of which there are many. #}
{% macro ledger_codes(alias=none) -%}
    {%- set prefix = alias ~ '.' if alias else '' -%}
    {%- for code in _ledger_codes() %}
        {{ prefix }}{{ code }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# One combination in two relations. The last four codes may be blank, and blank is a code of its own. #}
{% macro same_ledger_codes(one, other) -%}
    {%- for code in _ledger_codes() %}
            {{ one }}.{{ code }} {{ '=' if loop.index <= 5 else 'is not distinct from' }} {{ other }}.{{ code }}
            {{- " and" if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro _ledger_codes() -%}
    {{ return([
        'unit_id', 'chart', 'account', 'cost_type', 'is_internal',
        'function_code', 'activity_code', 'project', 'counterparty_class',
    ]) }}
{%- endmacro %}
