-- What the ledger holds per unit, in both organisations, result line and month: all of it and the internal part.
-- Opening balances and preliminary vouchers are left out, and so are balance accounts, which are no cost or revenue.
-- Grain: one row per unit, unit as it was, result line and month.
with cell as (

    select
        unit_id,
        unit_id_as_was,
        result_line,
        month,
        is_internal,
        amount_sek
    from {{ ref('int_ledger__mapped_cell') }}
    where
        not is_opening_balance
        and not is_preliminary
        and result_line <> 'balance'

)

select
    unit_id,
    unit_id_as_was,
    result_line,
    month,
    cast(sum(amount_sek) as decimal(34,14)) as actual_sek,
    cast(sum(case when is_internal then amount_sek else 0 end) as decimal(34,14)) as internal_sek
from cell
group by unit_id, unit_id_as_was, result_line, month
