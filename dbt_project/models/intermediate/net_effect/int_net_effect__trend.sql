{%- set months = parameter('run_rate_months', 'int') -%}
-- What each action comes to in a whole year at the pace of its last three closed months, and whether its effect lasts.
-- Run rate = net effect without one-offs (gross where no net is required) of those months / their share of a year in
-- the baseline's own season, else the plan's profile, else as three of twelve; with twelve closed months their sum.
-- Persistence = effect in per cent of the indexed baseline against the same months a year earlier, else the first three
-- since start. An action has started when all its rules for saving and revenue in force have.
-- Grain: one row per action and closed month, from the third since its start; NULL where a month of the window is not
-- known.
with

rules as (

    select * from {{ ref('int_net_effect__rule') }}
    where is_gross

),

closed_months as (

    select * from {{ ref('int_net_effect__closed_month') }}

),

component_months as (

    select * from {{ ref('int_net_effect__component_month') }}

),

action_months as (

    select * from {{ ref('int_net_effect__action_month') }}

),

action_years as (

    select * from {{ ref('int_plan__action_year') }}

),

profiles as (

    select * from {{ ref('profile') }}

),

seasons as (

    select * from {{ ref('int_net_effect__season') }}

),

starts as (

    select
        closed_months.action_id,
        closed_months.month,
        max(rules.from_on) as start_on
    from closed_months
    inner join rules
        on
            closed_months.action_id = rules.action_id
            and rules.from_on <= closed_months.month
            and (rules.to_on is null or closed_months.month < rules.to_on)
    group by closed_months.action_id, closed_months.month

),

effects as (

    select
        action_id,
        month,
        min(case when is_known then 1 else 0 end) = 1 as is_net_known,
        min(case when is_known or not is_gross then 1 else 0 end) = 1 as is_gross_known,
        sum(case when is_gross then effect_sek else 0 end) as gross_sek,
        sum(case when component <> 'one_off' then effect_sek else 0 end) as net_sek
    from component_months
    group by action_id, month

),

baselines as (

    select
        action_id,
        month,
        sum(abs(indexed_baseline_sek)) as indexed_baseline_sek
    from (
        select
            action_id,
            rule_id,
            month,
            sum(indexed_baseline_sek) as indexed_baseline_sek
        from {{ ref('int_net_effect__rule_side_month') }}
        where is_gross and side = 'external'
        group by action_id, rule_id, month
    ) as by_rule
    group by action_id, month

),

-- Every closed month since start, counted from both ends.
windows as (

    select
        starts.action_id,
        starts.month,
        starts.start_on,
        earlier.month as window_month,
        effects.is_net_known,
        effects.is_gross_known,
        effects.gross_sek,
        effects.net_sek,
        coalesce(baselines.indexed_baseline_sek, 0) as indexed_baseline_sek,
        row_number() over (partition by starts.action_id, starts.month order by earlier.month desc) as from_last,
        row_number() over (partition by starts.action_id, starts.month order by earlier.month) as from_first
    from starts
    inner join closed_months as earlier
        on
            starts.action_id = earlier.action_id
            and starts.start_on <= earlier.month
            and earlier.month <= starts.month
    left join effects
        on earlier.action_id = effects.action_id and earlier.month = effects.month
    left join baselines
        on earlier.action_id = baselines.action_id and earlier.month = baselines.month

),

-- Of the last three months, those a year earlier that also lie after the start.
year_earlier as (

    select
        windows.action_id,
        windows.month,
        count(*) as months,
        min(case when coalesce(earlier.is_gross_known, false) then 1 else 0 end) = 1 as is_known,
        sum(earlier.gross_sek) as gross_sek,
        sum(earlier.indexed_baseline_sek) as indexed_baseline_sek
    from windows
    inner join windows as earlier
        on
            windows.action_id = earlier.action_id
            and windows.month = earlier.month
            and {{ add_months('windows.window_month', -12) }} = earlier.window_month
    where windows.from_last <= {{ months }}
    group by windows.action_id, windows.month

),

sums as (

    select
        action_id,
        month,
        min(start_on) as start_on,
        count(*) as closed_months,
        {%- for name, rank, count in [
            ('last', 'from_last', months), ('first', 'from_first', months), ('year', 'from_last', '12')
        ] %}
        min(case when {{ rank }} > {{ count }} or coalesce(is_net_known, false) then 1 else 0 end) = 1
            as is_{{ name }}_net_known,
        min(case when {{ rank }} > {{ count }} or coalesce(is_gross_known, false) then 1 else 0 end) = 1
            as is_{{ name }}_gross_known,
        sum(case when {{ rank }} <= {{ count }} then gross_sek end) as {{ name }}_gross_sek,
        sum(case when {{ rank }} <= {{ count }} then net_sek end) as {{ name }}_net_sek,
        sum(case when {{ rank }} <= {{ count }} then indexed_baseline_sek end) as {{ name }}_baseline_sek
        {{- "," if not loop.last }}
        {%- endfor %}
    from windows
    group by action_id, month

),

-- Of the rules that make up the effect of the month.
season_shares as (

    select
        windows.action_id,
        windows.month,
        sum(case when seasons.month_number = extract(month from windows.window_month) then seasons.weight end) as part,
        -- The whole year stands once for each month of the window.
        cast(sum(seasons.weight) as double) / {{ months }} as whole
    from windows
    inner join rules
        on
            windows.action_id = rules.action_id
            and rules.from_on <= windows.month
            and (rules.to_on is null or windows.month < rules.to_on)
    inner join seasons
        on rules.rule_id = seasons.rule_id
    where windows.from_last <= {{ months }}
    group by windows.action_id, windows.month

),

profile_shares as (

    select
        windows.action_id,
        windows.month,
        sum(profiles.share_pct) * 0.01 as share
    from windows
    inner join action_years
        on
            windows.action_id = action_years.action_id
            and extract(year from windows.month) = action_years.year
    inner join profiles
        on
            action_years.profile_id = profiles.profile_id
            and extract(month from windows.window_month) = profiles.month_number
    where windows.from_last <= {{ months }}
    group by windows.action_id, windows.month

),

reckoned as (

    select
        sums.*,
        action_months.net_status,
        case
            when sums.closed_months >= 12 then 'twelve_months'
            when season_shares.whole > 0 then 'baseline_season'
            when profile_shares.share is not null then 'plan_profile'
            else 'flat'
        end as run_rate_basis,
        case
            when sums.closed_months >= 12 then 1
            when season_shares.whole > 0 then cast(coalesce(season_shares.part, 0) as double) / season_shares.whole
            when profile_shares.share is not null then cast(profile_shares.share as double)
            else cast({{ months }} as double) / 12
        end as share_of_year,
        case
            when sums.closed_months >= 12
                then
                    case action_months.net_status
                        when 'net' then case when sums.is_year_net_known then sums.year_net_sek end
                        when 'not_required' then case when sums.is_year_gross_known then sums.year_gross_sek end
                    end
            else
                case action_months.net_status
                    when 'net' then case when sums.is_last_net_known then sums.last_net_sek end
                    when 'not_required' then case when sums.is_last_gross_known then sums.last_gross_sek end
                end
        end as window_effect_sek,
        case when sums.is_last_gross_known then
            cast(sums.last_gross_sek as double) / nullif(cast(sums.last_baseline_sek as double), 0)
        end as effect_share,
        case
            when year_earlier.months = {{ months }}
                then
                    case when year_earlier.is_known then
                        cast(year_earlier.gross_sek as double)
                        / nullif(cast(year_earlier.indexed_baseline_sek as double), 0)
                    end
            when sums.is_first_gross_known
                then cast(sums.first_gross_sek as double) / nullif(cast(sums.first_baseline_sek as double), 0)
        end as earlier_effect_share
    from sums
    inner join action_months
        on sums.action_id = action_months.action_id and sums.month = action_months.month
    left join season_shares
        on sums.action_id = season_shares.action_id and sums.month = season_shares.month
    left join profile_shares
        on sums.action_id = profile_shares.action_id and sums.month = profile_shares.month
    left join year_earlier
        on sums.action_id = year_earlier.action_id and sums.month = year_earlier.month
    where sums.closed_months >= {{ months }}

)

select
    action_id,
    month,
    start_on,
    cast(closed_months as bigint) as closed_months,
    case
        when window_effect_sek is not null and share_of_year <> 0 then run_rate_basis
    end as run_rate_basis,
    cast(round(100 * share_of_year, 4) as decimal(9, 4)) as share_of_year_pct,
    cast(
        round(cast(window_effect_sek as double) / nullif(share_of_year, 0), 2) as decimal(18, 2)
    ) as run_rate_sek,
    cast(round(100 * effect_share / nullif(earlier_effect_share, 0), 4) as decimal(18, 4)) as persistence_pct
from reckoned
