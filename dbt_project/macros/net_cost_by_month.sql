{# The one body of fct_net_cost and fct_net_cost_as_was. organisation: restated (as it stands at as_of) or as_was (as it
   stood in each month). #}
{% macro net_cost_by_month(organisation) %}
with net_cost as (

    select * from {{ ref('int_net_cost__month') }}
    where organisation = '{{ organisation }}'

),

rounded as (

    select
        cast(unit_id as string) as unit_id,
        cast(result_line as string) as result_line,
        cast(month as date) as month,
        cast(round(actual_sek, 2) as decimal(18,2)) as actual_sek,
        cast(round(budget_sek, 2) as decimal(18,2)) as budget_sek,
        cast(round(last_year_sek, 2) as decimal(18,2)) as last_year_sek,
        cast(round(adjustment_sek, 2) as decimal(18,2)) as adjustment_sek,
        cast(round(r12_sek, 2) as decimal(18,2)) as r12_sek,
        {{ pct_of('r12_sek - r12_last_year_sek', 'r12_last_year_sek') }} as r12_growth_pct,
        cast(round(internal_sek, 2) as decimal(18,2)) as internal_sek
    from net_cost

)

select
    unit_id,
    result_line,
    month,
    actual_sek,
    budget_sek,
    last_year_sek,
    adjustment_sek,
    r12_sek,
    r12_growth_pct,
    internal_sek,
    -- The rest of the rounded amount, so that the two parts are the whole.
    cast(actual_sek - internal_sek as decimal(18,2)) as external_sek
from rounded
{% endmacro %}
