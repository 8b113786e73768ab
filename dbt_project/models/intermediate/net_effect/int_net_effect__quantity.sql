-- What the rules on other bases than money count, in the months that they compare: full-time equivalents of the
-- official definition with the standard cost of one, or the volume of an indicator.
-- Grain: one row per rule, personnel category and month; the category is ALL for a volume. A rule for FTE that names no
-- category has a row for each of its unit's.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}
    where is_reckoned and basis in ('fte', 'unit_cost')

),

official as (

    select fte_definition, valid_from
    from {{ ref('int_fte__definition') }}
    where is_official

),

unit_months as (

    select
        unit_months.unit_id,
        unit_months.personnel_category,
        unit_months.month,
        unit_months.fte,
        unit_months.is_complete,
        concat(unit_months.fte_definition, '|', cast(unit_months.series_from as string)) as series
    from {{ ref('int_fte__unit_month') }} as unit_months
    inner join official
        on
            unit_months.fte_definition = official.fte_definition
            and unit_months.series_from = official.valid_from
    where unit_months.organisation = 'restated'

),

unit_categories as (

    select
        unit_id,
        personnel_category
    from unit_months
    where personnel_category <> 'ALL'
    group by unit_id, personnel_category

),

rule_categories as (

    select rule_id, personnel_category from rules where personnel_category is not null

    union all

    select
        rules.rule_id,
        unit_categories.personnel_category
    from rules
    inner join unit_categories
        on rules.unit_id = unit_categories.unit_id
    where rules.personnel_category is null

),

standard_costs as (

    select * from {{ ref('standard_cost') }}

),

indicators as (

    select * from {{ ref('int_indicator__unit_month') }}

),

-- The row of the whole unit tells whether the month is complete; a category without staff in it is 0.
counted as (

    select
        rules.rule_id,
        rule_categories.personnel_category,
        unit_months.month,
        unit_months.series,
        coalesce(parts.fte, cast(0 as decimal(28, 12))) as quantity,
        standard_costs.amount_sek as unit_cost_sek,
        unit_months.is_complete as is_known
    from rules
    inner join rule_categories
        on rules.rule_id = rule_categories.rule_id
    inner join unit_months
        on rules.unit_id = unit_months.unit_id and unit_months.personnel_category = 'ALL'
    left join unit_months as parts
        on
            rules.unit_id = parts.unit_id
            and rule_categories.personnel_category = parts.personnel_category
            and unit_months.month = parts.month
            and unit_months.series = parts.series
    left join standard_costs
        on
            rule_categories.personnel_category = standard_costs.personnel_category
            and extract(year from unit_months.month) = standard_costs.year
    where rules.basis = 'fte'

    union all

    select
        rules.rule_id,
        'ALL' as personnel_category,
        indicators.month,
        indicators.indicator_id as series,
        cast(indicators.value as decimal(28, 12)) as quantity,
        cast(null as decimal(18, 2)) as unit_cost_sek,
        indicators.value is not null as is_known
    from rules
    inner join indicators
        on rules.unit_id = indicators.unit_id and rules.indicator_id = indicators.indicator_id
    where rules.basis = 'unit_cost'

)

select
    rule_id,
    personnel_category,
    month,
    series,
    quantity,
    -- SEK per FTE and year.
    cast(unit_cost_sek as decimal(18, 2)) as unit_cost_sek,
    is_known
from counted
