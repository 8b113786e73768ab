{# Holds a model, before its transaction ends, to what its tests say of keys and of values that may not be absent; the
   model fails and its old rows stand if they are broken. The tests are the declaration, and `dbt test` runs them as
   ever: here their SQL is one query per model, where a node per test would be a third of a morning's nodes. #}
{% macro hold_keys() %}
    {%- if execute -%}
        {%- set promises = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'test' and node.attached_node == model.unique_id -%}
            {%- set test = node.test_metadata -%}
            {%- if test.name in ('unique', 'unique_combination', 'never_null') -%}
                {%- set broken = context['test_' ~ test.name](**dict(test.kwargs, model=this)) -%}
                {%- do promises.append("select '" ~ node.name ~ "' as promise, count(*) as broken from (" ~ broken ~ ")") -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for promise, broken in (run_query(promises | join(' union all ')) if promises else []) if broken -%}
            {%- do exceptions.raise_compiler_error(this.identifier ~ " breaks " ~ promise ~ " with " ~ broken ~ " rows") -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
