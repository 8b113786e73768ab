-- Personnel cost by the ledger, hired staff apart, per unit of every level. Internal postings are in it; opening
-- balances and preliminary vouchers are not. A month that is not delivered by every company of the unit is NULL. Not
-- rounded to the öre.
-- Grain: one row per organisation (restated, as_was), unit_id and month.
with

cells as (

    select
        unit_id,
        unit_id_as_was,
        month,
        sum(case when cost_type = 'hired_staff' then amount_sek else 0 end) as hired_cost_sek,
        sum(case when cost_type = 'hired_staff' then 0 else amount_sek end) as own_personnel_cost_sek
    from {{ ref('int_ledger__mapped_cell') }}
    where
        -- A chart may hold hired staff among other costs; it is still what is compared with own personnel.
        (result_line = 'personnel' or cost_type = 'hired_staff')
        and not is_opening_balance
        and not is_preliminary
    group by unit_id, unit_id_as_was, month

),

ancestors as (

    select * from {{ ref('int_unit__ancestor') }}

),

spine as (

    select * from {{ ref('int_hired_staff__unit_complete') }}
    where feed = 'ledger'

),

organised as (

    select 'restated' as organisation, unit_id, month, hired_cost_sek, own_personnel_cost_sek
    from cells
    union all
    select 'as_was' as organisation, unit_id_as_was as unit_id, month, hired_cost_sek, own_personnel_cost_sek
    from cells

),

amounts as (

    select
        organised.organisation,
        ancestors.ancestor_unit_id as unit_id,
        organised.month,
        sum(organised.hired_cost_sek) as hired_cost_sek,
        sum(organised.own_personnel_cost_sek) as own_personnel_cost_sek
    from organised
    inner join ancestors on organised.unit_id = ancestors.unit_id
    group by organised.organisation, ancestors.ancestor_unit_id, organised.month

)

select
    spine.organisation,
    spine.unit_id,
    spine.month,
    spine.is_closed,
    cast(
        case when spine.is_complete then coalesce(amounts.hired_cost_sek, 0) end as decimal(28, 8)
    ) as hired_cost_sek,
    cast(
        case when spine.is_complete then coalesce(amounts.own_personnel_cost_sek, 0) end as decimal(28, 8)
    ) as own_personnel_cost_sek
from spine
left join amounts
    on
        spine.organisation = amounts.organisation
        and spine.unit_id = amounts.unit_id
        and spine.month = amounts.month
