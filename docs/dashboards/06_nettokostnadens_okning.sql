-- Har nettokostnadens ökning brutits?
-- Diagram: linje över ökningen på tolv månader.
select
    unit.unit_name as enhet,
    cost.month as manad,
    cost.r12_sek / 1e6 as tolv_manader_mnkr,
    cost.r12_growth_pct as okning_pct
from marts.fct_net_cost as cost
inner join marts.dim_unit as unit on unit.unit_id = cost.unit_id
where cost.result_line = 'net_cost' and unit.level in ('region', 'administration') and cost.r12_growth_pct is not null
order by enhet, manad;
