-- N9: what the actions are measured to have saved is seen in the region's net cost.
-- What is this? Regions whose net cost over twelve closed months has not fallen by what the actions' measured effects
-- have grown between the same two years. When does it matter? What they saved has been spent elsewhere, on prices, volume
-- or decisions, or it is not a saving; the plan's total then tells less than it seems to. How to resolve? Name what has
-- grown, line by line in fct_net_cost, and say so beside the plan's total; decide adjustments for what is not comparable.
-- Avoided and deferred costs lower no net cost and are left out, and so is what is reckoned or assessed.
-- Grain: one row per region.
with region_month as (

    select
        net_cost.unit_id,
        net_cost.month,
        net_cost.r12_sek,
        net_cost.r12_sek - net_cost.r12_last_year_sek as growth_sek,
        net_cost.r12_last_year_sek,
        row_number() over (partition by net_cost.unit_id order by net_cost.month desc) as from_latest
    from {{ ref('int_net_cost__month') }} as net_cost
    inner join (
        select
            region_id,
            month
        from {{ ref('int_period__company_month') }}
        group by region_id, month
        having min(case when is_closed then 1 else 0 end) = 1
    ) as closed
        on closed.region_id = net_cost.unit_id and closed.month = net_cost.month
    where
        net_cost.organisation = 'restated'
        and net_cost.result_line = 'net_cost'
        and net_cost.r12_sek is not null
        and net_cost.r12_last_year_sek is not null

),

latest as (

    select * from region_month
    where from_latest = 1

),

effect as (

    select
        action.region_unit_id as unit_id,
        component_month.month,
        sum(component_month.effect_sek) as effect_sek
    from {{ ref('int_net_effect__component_month') }} as component_month
    inner join {{ ref('int_plan__action') }} as action on action.action_id = component_month.action_id
    where component_month.evidence = 'measured' and action.effect_type in ('cost', 'revenue')
    group by action.region_unit_id, component_month.month

),

-- An effect is a level against its baseline: what it adds to a year's change is its own change.
measured as (

    select
        latest.unit_id,
        sum(
            case
                when effect.month > {{ add_months('latest.month', -12) }} then effect.effect_sek
                else -effect.effect_sek
            end
        ) as effect_growth_sek
    from latest
    inner join effect
        on
            effect.unit_id = latest.unit_id
            and effect.month <= latest.month
            and effect.month > {{ add_months('latest.month', -24) }}
    group by latest.unit_id

),

finding as (

    select
        latest.unit_id,
        latest.month,
        latest.growth_sek,
        latest.r12_last_year_sek,
        measured.effect_growth_sek,
        latest.growth_sek + measured.effect_growth_sek as beside_sek
    from latest
    inner join measured on measured.unit_id = latest.unit_id
    where measured.effect_growth_sek > 0 and latest.growth_sek + measured.effect_growth_sek > 0

)

select
    cast('unit' as string) as subject_type,
    cast(finding.unit_id as string) as subject_id,
    cast(unit.owner_role as string) as owner_role,
    cast(finding.beside_sek as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            unit.unit_name, ': nettokostnaden har på tolv månader till och med ', {{ month_sv('finding.month') }},
            case when finding.growth_sek < 0 then ' minskat med ' else ' ökat med ' end,
            {{ mnkr_sv('abs(finding.growth_sek)') }}, ' mnkr (',
            replace(cast(cast(
                {{ pct_of('abs(finding.growth_sek)', 'abs(finding.r12_last_year_sek)') }} as decimal(9, 1)
            ) as string), '.', ','),
            ' %) mot året före, medan åtgärdernas uppmätta effekt har ökat med ',
            {{ mnkr_sv('finding.effect_growth_sek') }}, ' mnkr. Vid sidan av åtgärderna har kostnaderna alltså ökat med ',
            {{ mnkr_sv('finding.beside_sek') }},
            ' mnkr: priser, volymer, nya beslut, eller effekter som inte är besparingar. Förklara ökningen rad för rad i',
            ' fct_net_cost, och lägg in justeringar för det som inte är jämförbart.'
        ) as string
    ) as detail
from finding
inner join {{ ref('int_unit__unit') }} as unit on unit.unit_id = finding.unit_id
