-- L6: postings after a month was closed, per cost type. What is this? What a later version of a closed month's ledger
-- changes in the version that was known when the month was closed. When does it matter? What was reported from the
-- closed month no longer agrees with the ledger. How to resolve? Nothing, if the correction is right: say so where
-- the month was reported; the figures here are already the new ones.
-- Grain: one row per company, month and cost type.
with closed as (

    select
        company,
        month,
        closed_on
    from {{ ref('int_period__company_month') }}
    where is_closed and is_delivered

),

delivery as (

    select
        delivery_id,
        sequence
    from {{ source('raw', 'delivery') }}
    where status = 'loaded'

),

-- The version that the closing rests on: the last that was known by then; of a month that came later, the first.
version as (

    select
        delivery_slice.slice_id,
        delivery_slice.company,
        delivery_slice.month,
        row_number() over (
            partition by delivery_slice.slice_key
            order by
                case when delivery_slice.known_from <= closed.closed_on then 0 else 1 end,
                case when delivery_slice.known_from <= closed.closed_on then delivery_slice.known_from end desc,
                case when delivery_slice.known_from <= closed.closed_on then delivery.sequence end desc,
                delivery_slice.known_from,
                delivery.sequence
        ) as closing_rank
    from {{ source('raw', 'delivery_slice') }} as delivery_slice
    inner join delivery on delivery.delivery_id = delivery_slice.delivery_id
    inner join closed
        on closed.company = delivery_slice.company
        and closed.month = delivery_slice.month
    where
        delivery_slice.feed = 'ledger'
        and delivery_slice.known_from <= {{ as_of() }}

),

current_slice as (

    select
        slice_id,
        company,
        month,
        known_from
    from {{ ref('stg_intake__current_slice') }}
    where feed = 'ledger'

),

changed as (

    select
        version.company,
        version.month,
        version.slice_id as closing_slice_id,
        current_slice.slice_id as current_slice_id,
        current_slice.known_from
    from version
    inner join current_slice
        on current_slice.company = version.company
        and current_slice.month = version.month
    where version.closing_rank = 1 and current_slice.slice_id <> version.slice_id

),

side as (

    select
        company,
        month,
        known_from,
        closing_slice_id as slice_id,
        -1 as sign
    from changed

    union all

    select
        company,
        month,
        known_from,
        current_slice_id as slice_id,
        1 as sign
    from changed

),

difference as (

    select
        side.company,
        side.month,
        side.known_from,
        account_month.cost_type,
        cast(sum(side.sign * cell.amount_sek) as decimal(18,2)) as amount_sek
    from side
    inner join {{ ref('int_ledger__cell') }} as cell on cell.slice_id = side.slice_id
    inner join {{ ref('int_ledger__account_month') }} as account_month
        on account_month.chart = cell.chart
        and account_month.account = cell.account
        and account_month.month = cell.month
    where
        not cell.is_opening_balance
        and not cell.is_preliminary
        -- The other side of each voucher: no cost and no revenue.
        and account_month.result_line <> 'balance'
    group by side.company, side.month, side.known_from, account_month.cost_type

),

owner as (

    select
        party,
        owner_role
    from {{ ref('int_delivery__feed_party') }}
    where feed = 'ledger'

)

select
    'ledger_month' as subject_type,
    difference.company || ':' || substr(cast(difference.month as string), 1, 7) || ':' || difference.cost_type
    as subject_id,
    owner.owner_role,
    difference.amount_sek,
    'Kostnadsslaget ' || difference.cost_type || ' i bolag ' || difference.company || ' har ändrats i '
    || {{ month_sv('difference.month') }} || ' efter att månaden stängdes ' || cast(closed.closed_on as string)
    || ': ' || case when difference.amount_sek > 0 then '+' else '' end
    || replace(replace(cast(difference.amount_sek as string), '.', ','), '-', '−')
    || ' kr, i en leverans från ' || cast(difference.known_from as string)
    || '. Det som redovisats för månaden stämmer inte längre med huvudboken; siffrorna här är de nya.'
    || ' Meddela ändringen där månaden har redovisats.' as detail
from difference
inner join closed on closed.company = difference.company and closed.month = difference.month
left join owner on owner.party = difference.company
where difference.amount_sek <> 0
