-- H1: hired staff by the ledger and by the extract, per division (an administration where it has none).
-- What is this? The latest twelve months that are whole in both, or the year to date before there are twelve, differ by
-- more than h1_tolerance_pct, also when the ledger may be a month behind. When does it matter? The share and the goal
-- rest on the ledger, hours and price on the extract: one of them misses or misplaces money. How to resolve? Hold the
-- agencies' invoices against the call-offs, and mend account, cost centre or delivery.
-- Grain: one row per unit.
{% set frames = {
    'r12': 'partition by unit_id order by month rows between 11 preceding and current row',
    'ytd': 'partition by unit_id, year order by month rows between unbounded preceding and current row',
} %}
with unit as (

    select * from {{ ref('int_unit__unit') }}

),

divided as (

    select ancestors.ancestor_unit_id as unit_id
    from {{ ref('int_unit__ancestor') }} as ancestors
    inner join unit on unit.unit_id = ancestors.unit_id
    where unit.level = 'division'
    group by ancestors.ancestor_unit_id

),

judged as (

    select
        unit.unit_id,
        unit.unit_name,
        unit.owner_role
    from unit
    left join divided on divided.unit_id = unit.unit_id
    where unit.level = 'division' or (unit.level = 'administration' and divided.unit_id is null)

),

ledger as (

    select
        unit_id,
        month,
        hired_cost_sek
    from {{ ref('int_hired_staff__ledger_month') }}
    where organisation = 'restated'

),

extract_month as (

    select
        unit_id,
        month,
        cost_sek
    from {{ ref('int_hired_staff__cost_month') }}
    where organisation = 'restated' and personnel_category = 'ALL'

),

-- What is worked in a month may be booked in the next, so each month stands beside the ledger's next month too.
months as (

    select
        extract_month.unit_id,
        extract_month.month,
        cast(extract(year from extract_month.month) as bigint) as year,
        cast(extract(month from extract_month.month) as bigint) as month_number,
        case when ledger.hired_cost_sek is not null then extract_month.cost_sek end as extract_sek,
        case when extract_month.cost_sek is not null then ledger.hired_cost_sek end as ledger_sek,
        next_month.hired_cost_sek as next_ledger_sek
    from extract_month
    inner join judged on judged.unit_id = extract_month.unit_id
    left join ledger
        on ledger.unit_id = extract_month.unit_id and ledger.month = extract_month.month
    left join ledger as next_month
        on
            next_month.unit_id = extract_month.unit_id
            and next_month.month = {{ add_months('extract_month.month', 1) }}

),

sums as (

    select
        unit_id,
        month,
        month_number
        {%- for name, frame in frames.items() %},
        count(extract_sek) over ({{ frame }}) as {{ name }}_months,
        sum(extract_sek) over ({{ frame }}) as {{ name }}_extract_sek,
        sum(ledger_sek) over ({{ frame }}) as {{ name }}_ledger_sek,
        count(next_ledger_sek) over ({{ frame }}) as {{ name }}_next_months,
        sum(next_ledger_sek) over ({{ frame }}) as {{ name }}_next_ledger_sek
        {%- endfor %}
    from months

),

window_sums as (

    select
        unit_id,
        month,
        {{ add_months('month', -11) }} as first_month,
        12 as window_rank,
        r12_extract_sek as extract_sek,
        r12_ledger_sek as ledger_sek,
        case when r12_next_months = 12 then r12_next_ledger_sek else r12_ledger_sek end as next_ledger_sek
    from sums
    where r12_months = 12
    union all
    select
        unit_id,
        month,
        {{ add_months('month', '1 - cast(month_number as int)') }} as first_month,
        1 as window_rank,
        ytd_extract_sek as extract_sek,
        ytd_ledger_sek as ledger_sek,
        case when ytd_next_months = month_number then ytd_next_ledger_sek else ytd_ledger_sek end as next_ledger_sek
    from sums
    where ytd_months = month_number

),

ranked as (

    select
        window_sums.*,
        row_number() over (partition by unit_id order by month desc, window_rank desc) as rank_of_unit
    from window_sums

),

-- Between the ledger of the same months and that of a month later the extract differs by nothing.
compared as (

    select
        unit_id,
        first_month,
        month,
        extract_sek,
        ledger_sek,
        next_ledger_sek,
        greatest(
            extract_sek - greatest(ledger_sek, next_ledger_sek),
            least(ledger_sek, next_ledger_sek) - extract_sek,
            0
        ) as difference_sek
    from ranked
    where rank_of_unit = 1

),

finding as (

    select
        judged.unit_id,
        judged.unit_name,
        judged.owner_role,
        compared.first_month,
        compared.month,
        compared.extract_sek,
        compared.ledger_sek,
        compared.next_ledger_sek,
        cast(compared.difference_sek as decimal(18, 2)) as difference_sek
    from compared
    inner join judged on judged.unit_id = compared.unit_id
    where
        compared.difference_sek * 100
        > {{ parameter('h1_tolerance_pct', 'decimal(9, 4)') }} * abs(compared.ledger_sek)

)

select
    cast('unit' as string) as subject_type,
    cast(unit_id as string) as subject_id,
    cast(owner_role as string) as owner_role,
    difference_sek as amount_sek,
    cast(
        concat(
            unit_name, ': hyrpersonal ', {{ month_sv('first_month') }}, '–', {{ month_sv('month') }}, ' är ',
            {{ mnkr_sv('ledger_sek') }}, ' mnkr i huvudboken och ', {{ mnkr_sv('extract_sek') }},
            ' mnkr i underlaget. Skillnaden är ', {{ mnkr_sv('difference_sek') }},
            ' mnkr också när huvudboken får ligga en månad efter (', {{ mnkr_sv('next_ledger_sek') }},
            ' mnkr), mer än tillåtna ',
            replace({{ parameter('h1_tolerance_pct', 'string') }}, '.', ','), ' %. ',
            case
                when extract_sek < ledger_sek
                    then 'Andelen kan vara för hög eller timmarna för få: sök fakturor utan avrop,'
                else 'Andelen kan vara för låg: sök avrop som inte har bokförts som hyrpersonal,'
            end,
            ' fel konto eller kostnadsställe.'
        ) as string
    ) as detail
from finding
