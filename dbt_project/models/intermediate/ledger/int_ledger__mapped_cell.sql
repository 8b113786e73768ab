-- The monthly cells that count at as_of, with what they mean: unit, result line, cost type and counterparty. Accounts,
-- counterparties and the unit as it was are those of the first day of the cell's month; the restated unit is that of
-- as_of. Codes that no row knows go to UNMAPPED: money never vanishes.
-- Kept per slice, for as long as the slice counts and is read in the same way: a run maps what is new or has another
-- mark in int_ledger__slice_mapping, so that its cost does not grow with history.
-- Grain: one row per cell of int_ledger__cell, unit and unit as it was; a cost centre shared by several units has a row
-- for each.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_slices_read_otherwise(ref('int_ledger__slice_mapping')) }}",
) }}

with slice_to_map as (

    select
        slice_mapping.slice_id,
        slice_mapping.mapping_mark
    from {{ ref('int_ledger__slice_mapping') }} as slice_mapping
    {%- if is_incremental() %}
    left join (select distinct slice_id from {{ this }}) as present on present.slice_id = slice_mapping.slice_id
    where present.slice_id is null
    {%- endif %}

),

cell as (

    select
        cell.*,
        slice_to_map.mapping_mark
    from {{ ref('int_ledger__cell') }} as cell
    inner join slice_to_map on slice_to_map.slice_id = cell.slice_id

),

account_month as (

    select * from {{ ref('int_ledger__account_month') }}

),

counterparty_month as (

    select
        chart,
        counterparty,
        month
    from cell
    where counterparty is not null
    group by chart, counterparty, month

),

-- Ranges compare text, with bounds as prefixes, as those of accounts. Once per code and month, not per cell.
counterparty_class as (

    select
        counterparty_month.chart,
        counterparty_month.counterparty,
        counterparty_month.month,
        counterparty.counterparty_class,
        counterparty.unit_id
    from counterparty_month
    inner join {{ ref('counterparty') }} as counterparty
        on counterparty.chart = counterparty_month.chart
        and counterparty.counterparty_from <= counterparty_month.counterparty
        and substr(counterparty_month.counterparty, 1, length(counterparty.counterparty_to))
        <= counterparty.counterparty_to
        and counterparty.valid_from <= counterparty_month.month
        and (counterparty.valid_to is null or counterparty_month.month < counterparty.valid_to)

),

cost_centre_month as (

    select * from {{ ref('int_organisation__cost_centre_month') }}

),

-- A company without any known cost centre has no known region either.
company_region as (

    select
        company,
        region_id || ':UNMAPPED' as unmapped_unit_id
    from {{ ref('int_ledger__company_region') }}

),

mapped as (

    select
        cell.slice_id,
        cell.mapping_mark,
        cell.company,
        cell.chart,
        cell.account,
        cell.cost_centre,
        cell.function_code,
        cell.activity_code,
        cell.project,
        cell.counterparty,
        cell.month,
        cell.is_opening_balance,
        cell.is_preliminary,
        coalesce(cost_centre_month.unit_id, company_region.unmapped_unit_id, 'UNMAPPED') as unit_id,
        coalesce(cost_centre_month.unit_id_as_was, company_region.unmapped_unit_id, 'UNMAPPED') as unit_id_as_was,
        coalesce(account_month.result_line, 'UNMAPPED') as result_line,
        coalesce(account_month.cost_type, 'UNMAPPED') as cost_type,
        case
            when cell.counterparty is not null then coalesce(counterparty_class.counterparty_class, 'UNMAPPED')
        end as counterparty_class,
        counterparty_class.unit_id as counterparty_unit_id,
        -- No counterparty, and one that nobody knows, is external.
        coalesce(counterparty_class.counterparty_class = 'internal', false)
        or coalesce(account_month.result_line in ('internal_revenue', 'internal_cost'), false) as is_internal,
        coalesce(cost_centre_month.is_known_in_month, false) as is_unit_mapped,
        coalesce(account_month.is_mapped, false) as is_account_mapped,
        coalesce(cost_centre_month.share_pct, cast(100 as decimal(13,10))) as share_pct,
        -- Not rounded: an amount is rounded once, where it first stands in a mart. x 0.01 is exact, / 100 is not. Wide
        -- before the multiplication, since DuckDB keeps a product of two narrow decimals narrow.
        cast(
            cast(cell.amount_sek as decimal(24,2))
            * coalesce(cost_centre_month.share_pct, cast(100 as decimal(13,10))) * 0.01
            as decimal(34,14)
        ) as amount_sek,
        cast(
            cast(cell.quantity as decimal(24,4))
            * coalesce(cost_centre_month.share_pct, cast(100 as decimal(13,10))) * 0.01
            as decimal(34,14)
        ) as quantity,
        cell.voucher_lines
    from cell
    left join account_month
        on account_month.chart = cell.chart
        and account_month.account = cell.account
        and account_month.month = cell.month
    left join counterparty_class
        on counterparty_class.chart = cell.chart
        and counterparty_class.counterparty = cell.counterparty
        and counterparty_class.month = cell.month
    left join cost_centre_month
        on cost_centre_month.company = cell.company
        and cost_centre_month.cost_centre = cell.cost_centre
        and cost_centre_month.month = cell.month
    left join company_region on company_region.company = cell.company

)

select * from mapped
