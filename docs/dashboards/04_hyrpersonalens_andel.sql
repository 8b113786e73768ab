-- Hur stor är hyrpersonalens andel, och hur långt är det till målet?
-- Diagram: linje per division över tolvmånadersandelen, målet som streckad linje.
select
    unit.unit_name as enhet,
    share.month as manad,
    share.share_of_total_pct as andel_pct,
    share.goal_pct as mal_pct,
    share.gap_sek / 1e6 as over_malet_mnkr
from marts.fct_hired_staff_share as share
inner join marts.dim_unit as unit on unit.unit_id = share.unit_id
where share.time_window = 'r12' and unit.level in ('administration', 'division') and share.share_of_total_pct is not null
order by enhet, manad;
