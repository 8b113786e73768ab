-- The two units of a cost centre's money of each month: where it belonged on the month's first day, and where it
-- belongs in the organisation at as_of. Each has its own sum: the parts of one as-was unit, or of one restated unit,
-- make that unit's share.
-- Grain: one row per company, cost centre, month, unit as it was and restated unit. Cost centres that the reference
-- table does not know have no row: their money is on their region's UNMAPPED in both.
with cost_centre as (

    select
        company,
        cost_centre,
        unit_id,
        share_pct,
        valid_from,
        valid_to
    from {{ ref('cost_centre') }}

),

months as (

    select month from {{ ref('int_organisation__month') }}

),

restated as (

    select * from {{ ref('int_organisation__cost_centre') }}

),

restated_unit_count as (

    select
        company,
        cost_centre,
        count(*) as units
    from restated
    group by company, cost_centre

),

spine as (

    select
        restated_unit_count.company,
        restated_unit_count.cost_centre,
        restated_unit_count.units as restated_units,
        months.month
    from restated_unit_count
    cross join months

),

valid as (

    select
        cost_centre.company,
        cost_centre.cost_centre,
        months.month,
        cost_centre.unit_id,
        cost_centre.share_pct,
        cost_centre.valid_from,
        -- Rows of one cost centre start together: a later start takes over from an earlier.
        max(cost_centre.valid_from) over (
            partition by cost_centre.company, cost_centre.cost_centre, months.month
        ) as latest_valid_from
    from cost_centre
    inner join months
        on cost_centre.valid_from <= months.month
        and (cost_centre.valid_to is null or months.month < cost_centre.valid_to)

),

as_was_known as (

    select
        company,
        cost_centre,
        month,
        unit_id,
        cast(sum(share_pct) as decimal(13,10)) as share_pct
    from valid
    where valid_from = latest_valid_from
    group by company, cost_centre, month, unit_id

),

known_share as (

    select
        company,
        cost_centre,
        month,
        sum(share_pct) as share_pct
    from as_was_known
    group by company, cost_centre, month

),

-- What no row takes on the month's first day, all of it or the rest, is on UNMAPPED: money never vanishes.
as_was as (

    select
        company,
        cost_centre,
        month,
        unit_id,
        share_pct,
        true as is_known
    from as_was_known

    union all

    select
        spine.company,
        spine.cost_centre,
        spine.month,
        coalesce(company_region.region_id || ':', '') || 'UNMAPPED' as unit_id,
        cast(100 - coalesce(known_share.share_pct, 0) as decimal(13,10)) as share_pct,
        false as is_known
    from spine
    left join known_share
        on known_share.company = spine.company
        and known_share.cost_centre = spine.cost_centre
        and known_share.month = spine.month
    left join {{ ref('int_ledger__company_region') }} as company_region
        on company_region.company = spine.company
    where coalesce(known_share.share_pct, 0) < 100

),

compared as (

    select
        as_was.company,
        as_was.cost_centre,
        as_was.month,
        as_was.unit_id,
        as_was.share_pct,
        as_was.is_known,
        spine.restated_units,
        count(*) over (partition by as_was.company, as_was.cost_centre, as_was.month) as units,
        count(restated.unit_id) over (partition by as_was.company, as_was.cost_centre, as_was.month) as units_kept
    from as_was
    inner join spine
        on spine.company = as_was.company
        and spine.cost_centre = as_was.cost_centre
        and spine.month = as_was.month
    left join restated
        on restated.company = as_was.company
        and restated.cost_centre = as_was.cost_centre
        and restated.unit_id = as_was.unit_id
        and restated.share_pct = as_was.share_pct

),

marked as (

    select
        company,
        cost_centre,
        month,
        unit_id,
        share_pct,
        is_known,
        units = units_kept and units = restated_units as is_unchanged
    from compared

),

-- Where nothing has changed each part stays in its unit; else every part is spread as the whole is today.
paired as (

    select
        marked.company,
        marked.cost_centre,
        marked.month,
        restated.unit_id,
        marked.unit_id as unit_id_as_was,
        case
            when marked.is_unchanged then marked.share_pct
            else cast(marked.share_pct * restated.share_pct * 0.01 as decimal(13,10))
        end as share_pct,
        marked.is_known as is_known_in_month
    from marked
    inner join restated
        on restated.company = marked.company
        and restated.cost_centre = marked.cost_centre
    where not marked.is_unchanged or restated.unit_id = marked.unit_id

)

select * from paired
