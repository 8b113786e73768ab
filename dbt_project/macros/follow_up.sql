{# CTEs that walk a tree upwards: `<name>` holds a row per (keys, descendant, ancestor, depth), each node being its own
   ancestor at depth 0. `edges` is a CTE with `keys`, `child` and `parent`. No recursion, but bounded self joins that
   double: steps of 1, 2, 4, ... levels, so that `doublings` of them reach 2 ^ doublings - 1 levels. What lies deeper
   has no ancestor beyond that, which control R1 shows as a sum that does not hold. In a circle the walk goes round. #}
{% macro ancestor_pairs(name, edges, keys, child, parent, doublings=6) -%}
{{ name }}_step_0 as (
    select
        {% for key in keys %}{{ key }}, {% endfor %}
        {{ child }} as descendant,
        {{ parent }} as ancestor
    from {{ edges }}
    where {{ parent }} is not null
),
{{ name }}_walk_0 as (
    select
        {% for key in keys %}{{ key }}, {% endfor %}
        {{ child }} as descendant,
        {{ child }} as ancestor,
        0 as depth
    from {{ edges }}
),
{% for doubling in range(1, doublings + 1) %}
{{ name }}_walk_{{ doubling }} as (
    select * from {{ name }}_walk_{{ doubling - 1 }}
    union all
    select
        {% for key in keys %}below.{{ key }}, {% endfor %}
        below.descendant,
        step.ancestor,
        below.depth + {{ 2 ** (doubling - 1) }} as depth
    from {{ name }}_walk_{{ doubling - 1 }} as below
    inner join {{ name }}_step_{{ doubling - 1 }} as step
        on below.ancestor = step.descendant {% for key in keys %}and below.{{ key }} = step.{{ key }} {% endfor %}
),
{% if not loop.last %}
{{ name }}_step_{{ doubling }} as (
    select
        {% for key in keys %}lower_step.{{ key }}, {% endfor %}
        lower_step.descendant,
        upper_step.ancestor
    from {{ name }}_step_{{ doubling - 1 }} as lower_step
    inner join {{ name }}_step_{{ doubling - 1 }} as upper_step
        on
            lower_step.ancestor = upper_step.descendant
            {% for key in keys %}and lower_step.{{ key }} = upper_step.{{ key }} {% endfor %}
),
{% endif %}
{% endfor %}
{{ name }} as (
    select * from {{ name }}_walk_{{ doublings }}
)
{%- endmacro %}

{# amount x part / whole to the öre, half away from zero; NULL where whole is 0. Reckoned in whole öre, so that the
   quotient of exact halves is exact in floating point too. #}
{% macro share_of(amount, part, whole) -%}
    cast(
        round(
            round(cast({{ amount }} as double) * 100, 0) * cast({{ part }} as double)
            / nullif(cast({{ whole }} as double), 0),
            0
        ) / 100 as decimal(18, 2)
    )
{%- endmacro %}

{# part in per cent of whole, four decimals; NULL where whole is 0. #}
{% macro pct_of(part, whole, type='decimal(18, 4)') -%}
    cast(round(100 * cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0), 4) as {{ type }})
{%- endmacro %}

{# The first of January of a year (integer). #}
{% macro january_of(year) -%}
    cast(concat(cast({{ year }} as string), '-01-01') as date)
{%- endmacro %}

{# The first of December of a year (integer). #}
{% macro december_of(year) -%}
    cast(concat(cast({{ year }} as string), '-12-01') as date)
{%- endmacro %}

{# A month as a controller writes it: juli 2024. #}
{% macro month_sv(month) -%}
    concat(
        case extract(month from {{ month }})
            when 1 then 'januari' when 2 then 'februari' when 3 then 'mars' when 4 then 'april' when 5 then 'maj'
            when 6 then 'juni' when 7 then 'juli' when 8 then 'augusti' when 9 then 'september' when 10 then 'oktober'
            when 11 then 'november' else 'december'
        end,
        ' ', cast(extract(year from {{ month }}) as string)
    )
{%- endmacro %}

{# An amount in mnkr with one decimal and the Swedish marks: −146,6. #}
{% macro mnkr_sv(amount) -%}
    replace(
        replace(cast(cast(round(cast({{ amount }} as double) / 1000000, 1) as decimal(18, 1)) as string), '.', ','),
        '-', '−'
    )
{%- endmacro %}

{# Whole months from a forecast's as_of_month to December of its year (integer): 5 for July. #}
{% macro lead_months(year, as_of_month) -%}
    cast(
        ({{ year }} - extract(year from {{ as_of_month }})) * 12 + 12 - extract(month from {{ as_of_month }}) as bigint
    )
{%- endmacro %}
