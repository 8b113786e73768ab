-- Vad återstår av besparingarna när motkostnaderna är avdragna?
-- Diagram: två staplar per åtgärd; saknas netto är stapeln tom, inte noll.
select
    action.action_name as atgard,
    follow_up.gross_ytd_sek / 1e6 as brutto_mnkr,
    follow_up.net_ytd_sek / 1e6 as netto_mnkr,
    follow_up.net_status as utfallet_ar
from marts.fct_action_follow_up as follow_up
inner join marts.dim_action as action on action.action_id = follow_up.action_id
where follow_up.gross_ytd_sek is not null
    and follow_up.month = (select max(month) from marts.fct_action_follow_up)
order by brutto_mnkr desc;
