{# Following `parent` from any `id` ends before the eighth step. A cycle never ends, so it fails whatever its length; so
   does a chain longer than any organisation or succession here. Self joins, since not every engine has recursion. #}
{% test no_cycle(model, id, parent) %}
{% set levels = 8 %}

with edges as (

    select
        {{ id }} as id,
        {{ parent }} as parent
    from {{ model }}
    where {{ parent }} is not null
    group by {{ id }}, {{ parent }}

)

select distinct step_1.id
from edges as step_1
{% for level in range(2, levels + 1) -%}
inner join edges as step_{{ level }} on step_{{ level - 1 }}.parent = step_{{ level }}.id
{% endfor %}

{% endtest %}
