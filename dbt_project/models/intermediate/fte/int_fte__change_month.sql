{#- What is counted of the monthly paid and of the hourly paid, before any definition's norm. #}
{%- set monthly = ['contract_fte', 'contract_less_leave_fte', 'presence_hours', 'paid_leave_hours'] %}
{%- set hourly = ['hourly_presence_hours', 'hourly_paid_leave_hours'] %}
{%- set sides = {'now': 1, 'before': -1} %}
-- Why a unit's FTE of a month differs from that of the same month a year earlier, employment by employment, in
-- today's organisation. An employment that is in one of the two months only has joined or left; one that is in the
-- unit in one of them only has moved; one whose category differs counts whole under that. Of the others the hourly
-- paid part is its own cause; a changed rate counts at the FTE per rate of the two months together; what then
-- remains is leave and overtime. A move between two units is none for a unit above both: employments with more than
-- one unit are judged level by level. Employments are compared once for all definitions that count the same forms
-- of employment; norms come last.
-- Grain: one row per unit_id, month, fte_definition and cause; no row where no employment of the unit has that
-- cause.
with months as (

    select * from {{ ref('int_fte__month') }}

),

definition as (

    select * from {{ ref('int_fte__definition') }}

),

ancestor as (

    select
        unit_id,
        ancestor_unit_id
    from {{ ref('int_unit__ancestor') }}

),

employment_month as (

    select * from {{ ref('int_fte__employment_month') }}

),

known_employment as (

    select
        company,
        person_key,
        employment_id
    from employment_month
    group by company, person_key, employment_id

),

-- A number makes a shorter key than three texts.
employment as (

    select
        company,
        person_key,
        employment_id,
        row_number() over (order by company, person_key, employment_id) as employment_number
    from known_employment

),

cost_centre_unit as (

    select
        company,
        coalesce(cost_centre, '') as cost_centre,
        month,
        unit_id,
        sum(share_pct) as share_pct
    from {{ ref('int_staffing__cost_centre_unit') }}
    group by company, coalesce(cost_centre, ''), month, unit_id

),

forms as (

    select employment_forms from definition group by employment_forms

),

-- Narrow decimals, since this is the one step that meets every employment; a whole cost centre is not multiplied.
shared as (

    select
        employment.employment_number,
        months.month_index,
        cost_centre_unit.unit_id,
        forms.employment_forms,
        employment_month.personnel_category,
        employment_month.employment_form = 'hourly' as is_hourly,
        coalesce(employment_month.rate_days, 0) <> 0
        or coalesce(employment_month.presence_hours, 0) <> 0
        or coalesce(employment_month.paid_leave_hours, 0) <> 0 as is_employed,
        {%- for measure in monthly %}
        {%- set narrow = 'decimal(18,10)' if measure.endswith('_fte') else 'decimal(18,8)' %}
        case
            when cost_centre_unit.share_pct = 100 then cast(employment_month.{{ measure }} as {{ narrow }})
            else cast(employment_month.{{ measure }} * cost_centre_unit.share_pct * 0.01 as {{ narrow }})
        end as {{ measure }}{{ "," if not loop.last }}
        {%- endfor %}
    from employment_month
    inner join forms on forms.employment_forms like '%,' || employment_month.employment_form || ',%'
    inner join employment
        on employment.company = employment_month.company
        and employment.person_key = employment_month.person_key
        and employment.employment_id = employment_month.employment_id
    inner join months on months.month = employment_month.month
    inner join cost_centre_unit
        on cost_centre_unit.company = employment_month.company
        and cost_centre_unit.cost_centre = coalesce(employment_month.cost_centre, '')
        and cost_centre_unit.month = employment_month.month

),

placed as (

    select
        employment_number,
        month_index,
        unit_id,
        employment_forms,
        personnel_category,
        is_employed,
        contract_fte,
        contract_less_leave_fte,
        case when not is_hourly then presence_hours end as presence_hours,
        case when not is_hourly then paid_leave_hours end as paid_leave_hours,
        case when is_hourly then presence_hours end as hourly_presence_hours,
        case when is_hourly then paid_leave_hours end as hourly_paid_leave_hours
    from shared

),

-- Each month stands once as itself, and once, with its sign turned, as the year before of another.
side as (

    select
        1 as sign,
        0 as months_later
    union all
    select
        -1 as sign,
        12 as months_later

),

first_index as (

    select min(month_index) as month_index from months

),

in_unit as (

    select
        placed.employment_number,
        placed.unit_id,
        months.month,
        placed.employment_forms,
        {%- for side, sign in sides.items() %}
        max(case when side.sign = {{ sign }} and placed.is_employed then 1 else 0 end) as {{ side }}_employed,
        min(case when side.sign = {{ sign }} and placed.is_employed then placed.personnel_category end)
            as {{ side }}_first_category,
        max(case when side.sign = {{ sign }} and placed.is_employed then placed.personnel_category end)
            as {{ side }}_last_category,
        {%- endfor %}
        {%- for measure in monthly + hourly %}
        sum(case when side.sign = 1 then placed.{{ measure }} else -placed.{{ measure }} end) as {{ measure }}_change,
        {%- endfor %}
        {%- for measure in monthly %}
        sum(placed.{{ measure }}) as {{ measure }}_both
        {{- "," if not loop.last }}
        {%- endfor %}
    from placed
    cross join side
    inner join months on months.month_index = placed.month_index + side.months_later
    inner join first_index on months.month_index >= first_index.month_index + 12
    group by placed.employment_number, placed.unit_id, months.month, placed.employment_forms

),

in_region as (

    select
        in_unit.*,
        count(*) over (partition by employment_number, month, employment_forms) as units,
        max(now_employed) over (partition by employment_number, month, employment_forms) as now_anywhere,
        max(before_employed) over (partition by employment_number, month, employment_forms) as before_anywhere
    from in_unit

),

by_unit as (

    select
        in_region.unit_id,
        in_region.month,
        in_region.employment_forms,
        true as is_lowest_level,
        in_region.now_anywhere,
        in_region.before_anywhere,
        {%- for side in sides %}
        in_region.{{ side }}_employed,
        in_region.{{ side }}_first_category,
        in_region.{{ side }}_last_category,
        {%- endfor %}
        {%- for measure in monthly + hourly %}
        in_region.{{ measure }}_change,
        {%- endfor %}
        {%- for measure in monthly %}
        in_region.{{ measure }}_both{{ "," if not loop.last }}
        {%- endfor %}
    from in_region
    where in_region.units = 1

    union all

    select
        ancestor.ancestor_unit_id as unit_id,
        in_region.month,
        in_region.employment_forms,
        false as is_lowest_level,
        max(in_region.now_anywhere) as now_anywhere,
        max(in_region.before_anywhere) as before_anywhere,
        {%- for side in sides %}
        max(in_region.{{ side }}_employed) as {{ side }}_employed,
        min(in_region.{{ side }}_first_category) as {{ side }}_first_category,
        max(in_region.{{ side }}_last_category) as {{ side }}_last_category,
        {%- endfor %}
        {%- for measure in monthly + hourly %}
        sum(in_region.{{ measure }}_change) as {{ measure }}_change,
        {%- endfor %}
        {%- for measure in monthly %}
        sum(in_region.{{ measure }}_both) as {{ measure }}_both{{ "," if not loop.last }}
        {%- endfor %}
    from in_region
    inner join ancestor on ancestor.unit_id = in_region.unit_id
    where in_region.units > 1
    group by in_region.employment_number, ancestor.ancestor_unit_id, in_region.month, in_region.employment_forms

),

judged as (

    select
        by_unit.*,
        case
            when before_anywhere = 0 then 'joined'
            when now_anywhere = 0 then 'left'
            when before_employed = 0 then 'moved_in'
            when now_employed = 0 then 'moved_out'
            when now_first_category <> before_first_category or now_last_category <> before_last_category
                then 'changed_category'
            else 'stayed'
        end as kind,
        case
            when contract_fte_both > 0 then cast(contract_fte_change as double) / cast(contract_fte_both as double)
            else 0
        end as rate_change
    from by_unit

),

summed as (

    select
        unit_id,
        month,
        employment_forms,
        kind,
        is_lowest_level,
        {%- for measure in monthly + hourly %}
        sum(coalesce({{ measure }}_change, 0)) as {{ measure }},
        {%- endfor %}
        {%- for measure in monthly %}
        sum(cast(coalesce(cast({{ measure }}_both as double), 0) * rate_change as decimal(28,12)))
            as {{ measure }}_by_rate{{ "," if not loop.last }}
        {%- endfor %}
    from judged
    group by unit_id, month, employment_forms, kind, is_lowest_level

),

{%- set by_rate = ['contract_less_leave_fte_by_rate', 'presence_hours_by_rate', 'paid_leave_hours_by_rate'] %}
{%- set parts = monthly + hourly + by_rate %}

spread as (

    select
        case when summed.is_lowest_level then ancestor.ancestor_unit_id else summed.unit_id end as unit_id,
        summed.month,
        summed.employment_forms,
        summed.kind,
        {%- for part in parts %}
        sum(summed.{{ part }}) as {{ part }}{{ "," if not loop.last }}
        {%- endfor %}
    from summed
    left join ancestor on summed.is_lowest_level and ancestor.unit_id = summed.unit_id
    group by
        case when summed.is_lowest_level then ancestor.ancestor_unit_id else summed.unit_id end,
        summed.month,
        summed.employment_forms,
        summed.kind

),

-- The definition's own measures; hours of the hourly paid are all hours paid for in the definitions by contract.
defined as (

    select
        spread.unit_id,
        spread.month,
        spread.kind,
        definition.fte_definition,
        cast(12 as double) / cast(definition.norm_hours as double) as fte_per_hour,
        case definition.formula
            when 'contract' then spread.contract_fte
            when 'contract_less_leave' then spread.contract_less_leave_fte
            else 0
        end as fte,
        case definition.formula
            when 'presence' then spread.presence_hours
            when 'presence_paid_leave' then spread.presence_hours + spread.paid_leave_hours
            else 0
        end as hours,
        case definition.formula
            when 'contract' then spread.contract_fte
            when 'contract_less_leave' then spread.contract_less_leave_fte_by_rate
            else 0
        end as fte_by_rate,
        case definition.formula
            when 'presence' then spread.presence_hours_by_rate
            when 'presence_paid_leave' then spread.presence_hours_by_rate + spread.paid_leave_hours_by_rate
            else 0
        end as hours_by_rate,
        case
            when definition.formula = 'presence' then spread.hourly_presence_hours
            else spread.hourly_presence_hours + spread.hourly_paid_leave_hours
        end as hourly_hours
    from spread
    inner join definition
        on definition.employment_forms = spread.employment_forms
        and definition.valid_from <= spread.month
        and (definition.valid_to is null or spread.month < definition.valid_to)

),

valued as (

    select
        unit_id,
        month,
        fte_definition,
        kind,
        cast(fte + cast(cast(hours as double) * fte_per_hour as decimal(28,12)) as decimal(28,12)) as monthly_fte,
        cast(fte_by_rate + cast(cast(hours_by_rate as double) * fte_per_hour as decimal(28,12)) as decimal(28,12))
            as rate_fte,
        cast(cast(hourly_hours as double) * fte_per_hour as decimal(28,12)) as hourly_fte
    from defined

),

{%- set causes = [
    'joined', 'left', 'moved_in', 'moved_out', 'changed_category', 'rate', 'leave_and_overtime', 'hourly'
] %}

cause as (

    {%- for cause in causes %}
    {{ "union all" if not loop.first }}
    select
        '{{ cause }}' as cause,
        '{{ "stayed" if loop.index > 5 else cause }}' as kind
    {%- endfor %}

)

select
    valued.unit_id,
    valued.month,
    valued.fte_definition,
    cause.cause,
    case cause.cause
        when 'rate' then valued.rate_fte
        when 'leave_and_overtime' then cast(valued.monthly_fte - valued.rate_fte as decimal(28,12))
        when 'hourly' then valued.hourly_fte
        else cast(valued.monthly_fte + valued.hourly_fte as decimal(28,12))
    end as fte
from valued
inner join cause on cause.kind = valued.kind
