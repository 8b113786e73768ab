-- What counts of each employment and month at as_of. Hours are summed over deliveries. Of each day the rate is that of
-- the latest delivery that speaks of it, and within one delivery that of the segment with the later start; a rate of 0
-- ends the employment. Days are not made into rows: only employments with several segments are cut at their bounds.
-- Grain: one row per company, person_key, employment_id, month, cost_centre, aid_code and employment_form.
{%- set key = ['company', 'person_key', 'employment_id', 'month'] %}
{%- set code = ['cost_centre', 'aid_code', 'employment_form'] %}
{%- set hours = ['contracted_hours', 'worked_hours', 'overtime_hours', 'paid_leave_hours', 'unpaid_leave_hours'] %}
with current_slice as (

    select slice_id from {{ ref('stg_intake__current_slice') }} where feed = 'staffing'

),

-- A person who has got another identity number is one person all along.
segment as (

    select
        coalesce(changed.person_key, segment.person_key) as person_key,
        {% for column in ['company', 'employment_id', 'month', 'delivery_month', 'row_number', 'segment_from'] %}
        segment.{{ column }},
        {%- endfor %}
        {%- for column in code + ['employment_rate', 'active_from', 'active_until'] + hours %}
        segment.{{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('int_staffing__month') }} as segment
    inner join current_slice on current_slice.slice_id = segment.slice_id
    left join {{ ref('stg_identity_change__person') }} as changed on changed.earlier_key = segment.person_key

),

-- Most employments are told one segment and one rate, however many rows and deliveries tell them. Those that are told
-- several must be cut.
several as (

    select {{ key | join(', ') }}
    from segment
    where employment_rate is not null and active_from < active_until
    group by {{ key | join(', ') }}
    having
        min(active_from) < max(active_from)
        or min(active_until) < max(active_until)
        or min(employment_rate) < max(employment_rate)
        {%- for column in code %}
        or min(coalesce({{ column }}, '')) < max(coalesce({{ column }}, ''))
        {%- endfor %}

),

told as (

    select
        segment.*,
        several.month is not null as is_told_several
    from segment
    left join several
        on {% for column in key %}several.{{ column }} = segment.{{ column }}{{ " and " if not loop.last }}{% endfor %}

),

-- The row number comes last, so that the order is the same each time should a source break its own key.
ranked as (

    select
        *,
        row_number() over (
            partition by {{ key | join(', ') }} order by delivery_month desc, segment_from desc, row_number desc
        ) as precedence
    from told
    where is_told_several and employment_rate is not null and active_from < active_until

),

bound as (

    select {{ key | join(', ') }}, active_from as bound from ranked
    union
    select {{ key | join(', ') }}, active_until as bound from ranked

),

stretch as (

    select
        {{ key | join(', ') }},
        bound as stretch_from,
        lead(bound) over (partition by {{ key | join(', ') }} order by bound) as stretch_until
    from bound

),

covered as (

    select
        {% for column in key %}stretch.{{ column }}, {% endfor %}
        {% for column in code %}ranked.{{ column }}, {% endfor %}
        ranked.employment_rate,
        stretch.stretch_from as active_from,
        stretch.stretch_until as active_until,
        row_number() over (
            partition by {% for column in key %}stretch.{{ column }}, {% endfor %}stretch.stretch_from
            order by ranked.precedence
        ) as cover_rank
    from stretch
    inner join ranked
        on {% for column in key %}ranked.{{ column }} = stretch.{{ column }} and {% endfor %}
        ranked.active_from <= stretch.stretch_from
        and stretch.stretch_until <= ranked.active_until
    where stretch.stretch_until is not null

),

part as (

    select
        {{ (key + code) | join(', ') }},
        case
            when not is_told_several and active_from < active_until
                then cast(
                    employment_rate * {{ dbt.datediff('active_from', 'active_until', 'day') }} as decimal(18,4)
                )
        end as only_rate_days,
        cast(null as decimal(18,4)) as rate_days,
        {{ hours | join(', ') }}
    from told

    union all

    select
        {{ (key + code) | join(', ') }},
        cast(null as decimal(18,4)) as only_rate_days,
        cast(employment_rate * {{ dbt.datediff('active_from', 'active_until', 'day') }} as decimal(18,4)) as rate_days,
        {% for column in hours %}cast(null as decimal(12,2)) as {{ column }}{{ ", " if not loop.last }}{% endfor %}
    from covered
    where cover_rank = 1

)

select
    {{ (key + code) | join(', ') }},
    cast(coalesce(max(only_rate_days), sum(rate_days)) as decimal(18,4)) as rate_days,
    {% for column in hours %}
    cast(sum({{ column }}) as decimal(18,2)) as {{ column }}{{ "," if not loop.last }}
    {%- endfor %}
from part
group by {{ (key + code) | join(', ') }}
