-- N6: net is not above gross.
-- What is this? Actions whose offsets add to the saving instead of costing. When does it matter? What a saving costs
-- elsewhere can't make it larger: a rule claims the wrong side, or a saving stands as an offset. How to resolve? Look
-- at the rules of the offsets named; move what is a saving to component saving, in a new version.
-- Grain: one row per finding (action).
with

moments as (

    select * from {{ ref('int_follow_up__action_moment') }}
    where kind = 'row' and is_expected_month and is_counted

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

units as (

    select * from {{ ref('int_unit__unit') }}

)

select
    cast('action' as string) as subject_type,
    cast(moments.action_id as string) as subject_id,
    cast(coalesce(action_years.owner_role, units.owner_role) as string) as owner_role,
    cast(moments.net_ytd_sek - moments.gross_ytd_sek as decimal(18, 2)) as amount_sek,
    cast(
        concat(
            action_years.action_name, ': netto hittills, ', {{ mnkr_sv('moments.net_ytd_sek') }},
            ' mnkr, är större än brutto, ', {{ mnkr_sv('moments.gross_ytd_sek') }},
            ' mnkr. Motkostnaderna har sänkt kostnaden i stället för att höja den.'
        ) as string
    ) as detail
from moments
inner join action_years
    on moments.action_id = action_years.action_id and moments.year = action_years.year
left join units
    on moments.owning_unit_id = units.unit_id
where moments.net_ytd_sek > moments.gross_ytd_sek
