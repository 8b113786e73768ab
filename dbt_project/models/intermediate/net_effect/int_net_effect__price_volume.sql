-- The effect of a rule parted in what fewer or more of something does at the old price and what a new price does to the
-- new quantity, where the data tell a quantity: hours of hired staff, FTE, the volume of an indicator. The old price is
-- the indexed baseline / its quantity. The two parts add up to the effect on the öre: price is what volume leaves.
-- Grain: one row per rule and month with a known quantity on both sides.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}

),

rule_months as (

    select * from {{ ref('int_net_effect__rule_month_state') }}
    where has_effect

),

sources as (

    select
        rule_id,
        month,
        cast(sum(effect_sek) as decimal(18, 2)) as effect_sek,
        sum(indexed_baseline_sek) as indexed_baseline_sek
    from {{ ref('int_net_effect__rule_side_month') }}
    where side = 'external'
    group by rule_id, month

),

hours as (

    select
        unit_id,
        month,
        hours as quantity
    from {{ ref('int_hired_staff__cost_month') }}
    where organisation = 'restated' and personnel_category = 'ALL' and hours is not null

),

official as (

    select fte_definition, valid_from
    from {{ ref('int_fte__definition') }}
    where is_official

),

unit_fte as (

    select
        unit_months.unit_id,
        unit_months.month,
        concat(unit_months.fte_definition, '|', cast(unit_months.series_from as string)) as series,
        unit_months.fte as quantity
    from {{ ref('int_fte__unit_month') }} as unit_months
    inner join official
        on
            unit_months.fte_definition = official.fte_definition
            and unit_months.series_from = official.valid_from
    where
        unit_months.organisation = 'restated'
        and unit_months.personnel_category = 'ALL'
        and unit_months.is_complete

),

-- Rules for all of a unit's hired staff or own staff: of a part of it, chosen by account or code, no source tells the
-- quantity.
whole as (

    select
        rule_id,
        unit_id,
        case when component = 'own_personnel' then 'fte' else 'hours' end as quantity_unit
    from rules
    where
        basis = 'ledger'
        and baseline_method in ('same_month', 'monthly_average')
        and account_from is null
        and function_code is null
        and activity_code is null
        and project is null
        and counterparty_scope in ('external', 'all')
        and (
            cost_type = 'hired_staff'
            or (component = 'own_personnel' and coalesce(cost_type, 'salaries') = 'salaries')
        )

),

measured as (

    select
        whole.rule_id,
        whole.quantity_unit,
        hours.month,
        'hours' as series,
        cast(hours.quantity as decimal(28, 12)) as quantity
    from whole
    inner join hours
        on whole.unit_id = hours.unit_id
    where whole.quantity_unit = 'hours'

    union all

    select
        whole.rule_id,
        whole.quantity_unit,
        unit_fte.month,
        unit_fte.series,
        cast(unit_fte.quantity as decimal(28, 12)) as quantity
    from whole
    inner join unit_fte
        on whole.unit_id = unit_fte.unit_id
    where whole.quantity_unit = 'fte'

),

compared as (

    select
        rule_months.rule_id,
        rule_months.month,
        actual.quantity_unit,
        max(actual.quantity) as actual_quantity,
        cast(avg(cast(baseline.quantity as double)) as decimal(28, 12)) as baseline_quantity
    from rule_months
    inner join measured as actual
        on rule_months.rule_id = actual.rule_id and rule_months.month = actual.month
    inner join measured as baseline
        on
            rule_months.rule_id = baseline.rule_id
            and actual.series = baseline.series
            and (
                rule_months.baseline_month = baseline.month
                or (
                    rule_months.baseline_method = 'monthly_average'
                    and rule_months.baseline_from <= baseline.month
                    and baseline.month < {{ add_months('rule_months.baseline_from', 12) }}
                )
            )
    group by rule_months.rule_id, rule_months.month, rule_months.baseline_method, actual.quantity_unit
    having count(*) = case when rule_months.baseline_method = 'monthly_average' then 12 else 1 end

),

split as (

    select
        compared.rule_id,
        compared.month,
        compared.quantity_unit,
        compared.baseline_quantity,
        compared.actual_quantity,
        sources.effect_sek,
        cast(
            round(
                cast(sources.indexed_baseline_sek as double)
                * cast(compared.baseline_quantity - compared.actual_quantity as double)
                / cast(compared.baseline_quantity as double),
                2
            ) as decimal(18, 2)
        ) as volume_effect_sek
    from compared
    inner join sources
        on compared.rule_id = sources.rule_id and compared.month = sources.month
    where compared.baseline_quantity <> 0

    union all

    -- FTE are priced alike on both sides, and a unit cost has the actual volume on both: one part is the whole.
    select
        rule_months.rule_id,
        rule_months.month,
        case when rule_months.basis = 'fte' then 'fte' else rules.indicator_id end as quantity_unit,
        rule_months.baseline_quantity,
        rule_months.actual_quantity,
        sources.effect_sek,
        case
            when rule_months.basis = 'fte' then sources.effect_sek else cast(0 as decimal(18, 2))
        end as volume_effect_sek
    from rule_months
    inner join rules
        on rule_months.rule_id = rules.rule_id
    inner join sources
        on rule_months.rule_id = sources.rule_id and rule_months.month = sources.month
    where rule_months.basis in ('fte', 'unit_cost')

)

select
    rule_id,
    month,
    quantity_unit,
    baseline_quantity,
    actual_quantity,
    volume_effect_sek,
    cast(effect_sek - volume_effect_sek as decimal(18, 2)) as price_effect_sek
from split
