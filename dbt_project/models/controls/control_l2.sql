-- L2: no month missing, deliveries on time, and a calendar that reaches far enough to tell.
-- What is this? A hole between the first and the latest delivered month, a month past its due date, or a reporting
-- calendar that soon ends. When does it matter? A missing month is missing in every sum it belongs to, and no rolling
-- window is complete. How to resolve? Deliver the month, or write further rows of the calendar.
-- Grain: one row per missing month, late party of a feed, or scope of the calendar.
with expected_month as (

    select * from {{ ref('int_delivery__expected_month') }}

),

party as (

    select * from {{ ref('int_delivery__feed_party') }}

),

hole as (

    select
        'feed_month' as subject_type,
        feed || ':' || party || ':' || substr(cast(month as string), 1, 7) as subject_id,
        owner_role,
        label_sv || ' från ' || party || ' saknar ' || {{ month_sv('month') }} || ', fast senare månader har kommit.'
        || ' Månadens kronor saknas i alla summor och rullande tolvmånadersvärden kan inte visas.'
        || ' Leverera månaden till inbox/' || feed || '/' || source || '.' as detail
    from expected_month
    where not is_delivered and first_delivered_month < month and month < latest_delivered_month

),

late_month as (

    select
        feed,
        party,
        label_sv,
        source,
        owner_role,
        latest_delivered_month,
        max(month) as expected_month
    from expected_month
    where
        not is_delivered
        and (latest_delivered_month is null or month > latest_delivered_month)
    group by feed, party, label_sv, source, owner_role, latest_delivered_month

),

late as (

    select
        'feed' as subject_type,
        feed || ':' || party as subject_id,
        owner_role,
        label_sv || ' från ' || party || ' är försenad: ' || {{ month_sv('expected_month') }} || ' skulle ha kommit,'
        || case
            when latest_delivered_month is null then ' men ingen månad är levererad'
            else ' men senast levererade månad är ' || {{ month_sv('latest_delivered_month') }}
        end
        || '. Det som saknas finns inte i några summor, och rullande tolvmånadersvärden stannar.'
        || ' Leverera det som saknas till inbox/' || feed || '/' || source || '.' as detail
    from late_month

),

calendar_scope as (

    select
        scope,
        max(due_date) as last_due_date
    from {{ ref('reporting_calendar') }}
    group by scope

),

-- A feed with a due rule and no calendar at all can never be late, so it is found here.
scope_reach as (

    select
        coalesce(calendar_scope.scope, ruled.feed) as scope,
        ruled.owner_role,
        calendar_scope.last_due_date
    from calendar_scope
    full outer join (
        select
            feed,
            min(owner_role) as owner_role
        from party
        where has_due_rule
        group by feed
    ) as ruled on ruled.feed = calendar_scope.scope

),

short_calendar as (

    select
        'calendar' as subject_type,
        scope as subject_id,
        owner_role,
        'Rapporteringskalendern för ' || scope || ' '
        || coalesce('slutar ' || cast(last_due_date as string), 'saknar rader')
        || '. Därefter kan ingen leverans räknas som försenad.'
        || ' Lägg till rader i reporting_calendar.csv (make calendar skriver dem).' as detail
    from scope_reach
    where
        last_due_date is null
        or last_due_date < {{ add_months(as_of(), parameter('calendar_horizon_months', 'int')) }}

),

finding as (

    select * from hole
    union all
    select * from late
    union all
    select * from short_calendar

)

select
    subject_type,
    subject_id,
    owner_role,
    -- What has not come has no known amount.
    cast(null as decimal(18,2)) as amount_sek,
    detail
from finding
