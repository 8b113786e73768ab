-- The monthly cells that count at as_of, with what they mean: unit, result line and cost type, each as the reference
-- tables say for the first day of the cell's month. Codes that no row knows go to UNMAPPED: money never vanishes.
-- Grain: one row per cell of int_ledger__cell and unit; a cost centre shared by several units has a row for each.
with current_slice as (

    select slice_id from {{ ref('stg_intake__current_slice') }} where feed = 'ledger'

),

cell as (

    select cell.*
    from {{ ref('int_ledger__cell') }} as cell
    inner join current_slice on current_slice.slice_id = cell.slice_id

),

account_month as (

    select
        chart,
        account,
        month
    from cell
    group by chart, account, month

),

-- Ranges compare text, with bounds as prefixes: 40 to 42 takes 4011 and 4299, since the upper bound is held against as
-- many characters of the account as it has itself. Once per account and month, not per cell.
account_line as (

    select
        account_month.chart,
        account_month.account,
        account_month.month,
        account_class.result_line,
        account_class.cost_type
    from account_month
    inner join {{ ref('account_class') }} as account_class
        on account_class.chart = account_month.chart
        and account_class.account_from <= account_month.account
        and substr(account_month.account, 1, length(account_class.account_to)) <= account_class.account_to
        and account_class.valid_from <= account_month.month
        and (account_class.valid_to is null or account_month.month < account_class.valid_to)

),

cost_centre as (

    select
        company,
        cost_centre,
        unit_id,
        share_pct,
        valid_from,
        valid_to
    from {{ ref('cost_centre') }}

),

company_region as (

    select * from {{ ref('int_ledger__company_region') }}

),

mapped as (

    select
        cell.slice_id,
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
        coalesce(
            cost_centre.unit_id,
            -- A company without any known cost centre has no known region either.
            coalesce(company_region.region_id || ':', '') || 'UNMAPPED'
        ) as unit_id,
        coalesce(account_line.result_line, 'UNMAPPED') as result_line,
        coalesce(account_line.cost_type, 'UNMAPPED') as cost_type,
        cost_centre.unit_id is not null as is_unit_mapped,
        account_line.result_line is not null as is_account_mapped,
        coalesce(cost_centre.share_pct, 100) as share_pct,
        -- Not rounded: an amount is rounded once, where it first stands in a mart. x 0.01 is exact, / 100 is not.
        cast(cell.amount_sek * coalesce(cost_centre.share_pct, 100) * 0.01 as decimal(28,8)) as amount_sek,
        cast(cell.quantity * coalesce(cost_centre.share_pct, 100) * 0.01 as decimal(28,10)) as quantity,
        cell.voucher_lines
    from cell
    left join account_line
        on account_line.chart = cell.chart
        and account_line.account = cell.account
        and account_line.month = cell.month
    left join cost_centre
        on cost_centre.company = cell.company
        and cost_centre.cost_centre = cell.cost_centre
        and cost_centre.valid_from <= cell.month
        and (cost_centre.valid_to is null or cell.month < cost_centre.valid_to)
    left join company_region on company_region.company = cell.company

)

select * from mapped
