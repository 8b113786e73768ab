-- Vilka prognoser är inte aktuella, och hur mycket vilar på dem?
-- Diagram: tabell, störst mål först.
select
    action.action_name as atgard,
    action.owner_role as ansvarig,
    follow_up.forecast_status as lage,
    follow_up.forecast_age_days as alder_dagar,
    follow_up.target_sek / 1e6 as mal_mnkr
from marts.fct_action_follow_up as follow_up
inner join marts.dim_action as action on action.action_id = follow_up.action_id
where follow_up.is_reporting_level and follow_up.forecast_status <> 'current'
    and follow_up.month = (select max(month) from marts.fct_action_follow_up)
order by mal_mnkr desc nulls last, atgard;
