-- How the ledger slices that count at as_of are read: a mark that is another as soon as anything is that their cells take
-- from the organisation, the accounts, the counterparties or the company's region. Of accounts and cost centres it holds
-- those of the slice's own months.
-- Grain: one row per ledger slice that counts at as_of.
with slice_month as (

    select
        cell.slice_id,
        cell.company,
        cell.month
    from {{ ref('int_ledger__cell') }} as cell
    inner join {{ ref('stg_intake__current_slice') }} as current_slice on current_slice.slice_id = cell.slice_id
    where current_slice.feed = 'ledger'
    group by cell.slice_id, cell.company, cell.month

),

cost_centres as (

    select
        company,
        month,
        {{ mark_of_rows(['cost_centre', 'unit_id', 'unit_id_as_was', 'share_pct', 'is_known_in_month']) }} as mark
    from {{ ref('int_organisation__cost_centre_month') }}
    group by company, month

),

accounts as (

    select
        month,
        {{ mark_of_rows(['chart', 'account', 'result_line', 'cost_type', 'is_mapped']) }} as mark
    from {{ ref('int_ledger__account_month') }}
    group by month

),

counterparties as (

    select
        {{ mark_of_rows([
            'chart', 'counterparty_from', 'counterparty_to', 'counterparty_class', 'unit_id', 'valid_from', 'valid_to'
        ]) }} as mark
    from {{ ref('counterparty') }}

),

marked as (

    select
        slice_month.slice_id,
        {{ mark_of_rows([
            'slice_month.company', 'slice_month.month', 'cost_centres.mark', 'accounts.mark', 'counterparties.mark',
            'company_region.region_id'
        ]) }} as mapping_mark
    from slice_month
    cross join counterparties
    left join cost_centres
        on cost_centres.company = slice_month.company
        and cost_centres.month = slice_month.month
    left join accounts on accounts.month = slice_month.month
    left join {{ ref('int_ledger__company_region') }} as company_region on company_region.company = slice_month.company
    group by slice_month.slice_id

)

select * from marked
