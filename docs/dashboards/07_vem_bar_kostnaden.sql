-- Vem bär kostnaden för andras besparingar?
-- Diagram: flöde från enhet till enhet, eller tabell.
select
    action.action_name as atgard,
    giving.unit_name as fran_enhet,
    taking.unit_name as till_enhet,
    sum(shift.amount_sek) / 1e6 as bars_av_mottagaren_mnkr
from marts.fct_cost_shift as shift
inner join marts.dim_action as action on action.action_id = shift.action_id
inner join marts.dim_unit as giving on giving.unit_id = shift.from_unit_id
inner join marts.dim_unit as taking on taking.unit_id = shift.to_unit_id
group by atgard, fran_enhet, till_enhet
order by bars_av_mottagaren_mnkr desc;
