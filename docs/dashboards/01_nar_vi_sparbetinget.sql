-- Når vi sparbetinget?
-- Diagram: liggande staplar per nivå, en serie för sparbeting eller mål, en för prognos.
select
    node_name as niva,
    coalesce(requirement_sek, target_sek) / 1e6 as malbelopp_mnkr,
    forecast_sek / 1e6 as prognos_mnkr,
    not_current_share_pct as ej_aktuella_prognoser_pct
from marts.fct_follow_up_total
where hierarchy = 'organisation' and node_type in ('region', 'administration')
    and month = (select max(month) from marts.fct_follow_up_total)
order by malbelopp_mnkr desc;
