-- Net cost per unit on every level, with all below it, result line and month: actual, its internal part, budget and the
-- adjustments of the same month a year earlier. In both organisations, and not rounded. What a company of the unit has
-- not delivered is NULL, not 0.
-- Grain: one row per organisation (restated or as_was), unit, result line and month.
with posted as (

    select * from {{ ref('int_net_cost__posted') }}

),

budget as (

    select
        unit_id,
        unit_id_as_was,
        result_line,
        month,
        sum(budget_sek) as budget_sek
    from {{ ref('int_net_cost__budget') }}
    group by unit_id, unit_id_as_was, result_line, month

),

months as (

    select month from {{ ref('int_organisation__month') }}

),

-- An adjustment of January 2023 makes January 2023 comparable, and is shown beside January 2024.
adjustment as (

    select
        adjustment.unit_id,
        coalesce(unit_successor.current_unit_id, adjustment.unit_id) as current_unit_id,
        adjustment.result_line,
        {{ add_months('months.month', 12) }} as month,
        sum(adjustment.amount_sek) as adjustment_sek
    from {{ ref('adjustment') }} as adjustment
    inner join months on months.month >= adjustment.from_month and months.month <= adjustment.to_month
    left join {{ ref('int_organisation__unit_successor') }} as unit_successor
        on unit_successor.unit_id = adjustment.unit_id
    group by
        adjustment.unit_id,
        coalesce(unit_successor.current_unit_id, adjustment.unit_id),
        adjustment.result_line,
        {{ add_months('months.month', 12) }}

),

{#- The three kinds of amount, in the two organisations; each is aggregated before it meets its ancestors. #}
{%- set sources = {
    'posted': ('unit_id', 'unit_id_as_was', ['actual_sek', 'internal_sek']),
    'budget': ('unit_id', 'unit_id_as_was', ['budget_sek']),
    'adjustment': ('current_unit_id', 'unit_id', ['adjustment_sek']),
} %}
{%- set measures = ['actual_sek', 'internal_sek', 'budget_sek', 'adjustment_sek'] %}
part as (

    {% for source, (restated, as_was, held) in sources.items() %}
    {%- set last_source = loop.last %}
    {%- for organisation, unit in [('restated', restated), ('as_was', as_was)] %}
    select
        '{{ organisation }}' as organisation,
        {{ unit }} as unit_id,
        result_line,
        month,
        {%- for measure in measures %}
        cast({{ measure if measure in held else 0 }} as decimal(34,14)) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ source }}
    {{ "union all" if not (loop.last and last_source) }}
    {% endfor %}
    {%- endfor %}

),

leaf as (

    select
        organisation,
        unit_id,
        result_line,
        month,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from part
    group by organisation, unit_id, result_line, month

),

unit_line as (

    select
        leaf.organisation,
        ancestor.ancestor_unit_id as unit_id,
        leaf.result_line,
        leaf.month,
        {%- for measure in measures %}
        sum(leaf.{{ measure }}) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from leaf
    inner join {{ ref('int_unit__ancestor') }} as ancestor on ancestor.unit_id = leaf.unit_id
    group by leaf.organisation, ancestor.ancestor_unit_id, leaf.result_line, leaf.month

),

with_net_cost as (

    select
        organisation,
        unit_id,
        result_line,
        month,
        {%- for measure in measures %}
        {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from unit_line

    union all

    select
        organisation,
        unit_id,
        'net_cost' as result_line,
        month,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from unit_line
    where result_line <> 'financing'
    group by organisation, unit_id, month

),

unit_month as (

    select * from {{ ref('int_net_cost__unit_month') }}

),

-- Every line that the reference table knows for every unit; UNMAPPED only where there is such money.
known_line as (

    select result_line
    from {{ ref('account_class') }}
    where result_line <> 'balance'
    group by result_line

    union all

    select 'net_cost' as result_line

),

unit_result_line as (

    select
        unit_month.organisation,
        unit_month.unit_id,
        known_line.result_line
    from unit_month
    cross join known_line
    group by unit_month.organisation, unit_month.unit_id, known_line.result_line

    union

    select
        organisation,
        unit_id,
        result_line
    from with_net_cost
    where result_line = 'UNMAPPED'

),

spine as (

    select
        unit_month.organisation,
        unit_month.unit_id,
        unit_result_line.result_line,
        unit_month.month,
        unit_month.is_delivered,
        unit_month.has_budget
    from unit_month
    inner join unit_result_line
        on unit_result_line.organisation = unit_month.organisation
        and unit_result_line.unit_id = unit_month.unit_id

),

valued as (

    select
        spine.organisation,
        spine.unit_id,
        spine.result_line,
        spine.month,
        case when spine.is_delivered then coalesce(amount.actual_sek, 0) end as actual_sek,
        case when spine.is_delivered then coalesce(amount.internal_sek, 0) end as internal_sek,
        case when spine.has_budget then coalesce(amount.budget_sek, 0) end as budget_sek,
        coalesce(amount.adjustment_sek, 0) as adjustment_sek
    from spine
    left join with_net_cost as amount
        on amount.organisation = spine.organisation
        and amount.unit_id = spine.unit_id
        and amount.result_line = spine.result_line
        and amount.month = spine.month

)

select
    organisation,
    unit_id,
    result_line,
    month,
    cast(actual_sek as decimal(34,14)) as actual_sek,
    cast(internal_sek as decimal(34,14)) as internal_sek,
    cast(budget_sek as decimal(34,14)) as budget_sek,
    cast(adjustment_sek as decimal(34,14)) as adjustment_sek
from valued
