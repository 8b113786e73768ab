-- L3: money on UNMAPPED.
-- What is this? Accounts and cost centres of the ledger that no reference row knows, with the money on them over the
-- twelve months to as_of. When does it matter? The money is in the region's total but in no unit or result line.
-- How to resolve? Add the code to the reference table; no new delivery is needed.
-- Grain: one row per company, kind of code and code (for accounts also chart).
{% set months = 12 %}
with cell as (

    select *
    from {{ ref('int_ledger__mapped_cell') }}
    where
        month > {{ add_months(month_of(as_of()), -months) }}
        and month <= {{ as_of() }}
        -- They are in no figure, whatever their codes.
        and not is_opening_balance
        and not is_preliminary

),

owner as (

    select
        party,
        owner_role
    from {{ ref('int_delivery__feed_party') }}
    where feed = 'ledger'

),

unmapped_account as (

    select
        company,
        company || ':' || chart || ':' || account as subject_id,
        'Konto ' || account || ' (kontoplan ' || chart || ') i bolag ' || company
        || ' saknas i account_class.csv' as what,
        'resultatraden UNMAPPED. Lägg till koden i account_class.csv; ingen ny leverans behövs.' as remedy,
        amount_sek
    from cell
    where not is_account_mapped

),

unmapped_cost_centre as (

    select
        company,
        company || ':' || coalesce(cost_centre, '-') as subject_id,
        case
            when cost_centre is null then 'Rader utan kostnadsställe i bolag ' || company || ' har ingen enhet'
            else
                'Kostnadsställe ' || cost_centre || ' i bolag ' || company
                || ' saknas, eller har upphört, i cost_centre.csv'
        end as what,
        case
            when cost_centre is null
                then 'enheten UNMAPPED. Rätta kostnadsstället i källan och leverera månaden på nytt.'
            else 'enheten UNMAPPED. Lägg till koden i cost_centre.csv; ingen ny leverans behövs.'
        end as remedy,
        amount_sek
    from cell
    where not is_unit_mapped

),

unmapped as (

    select 'account' as subject_type, * from unmapped_account
    union all
    select 'cost_centre' as subject_type, * from unmapped_cost_centre

),

finding as (

    select
        subject_type,
        subject_id,
        company,
        what,
        remedy,
        cast(sum(abs(amount_sek)) as decimal(18,2)) as amount_sek
    from unmapped
    group by subject_type, subject_id, company, what, remedy

)

select
    finding.subject_type,
    finding.subject_id,
    owner.owner_role,
    finding.amount_sek,
    finding.what || '. '
    || cast(cast(round(finding.amount_sek, 0) as bigint) as string)
    || ' kr de senaste {{ months }} månaderna ligger därför på '
    || finding.remedy as detail
from finding
left join owner on owner.party = finding.company
