-- Vad kan vara räknat två gånger?
-- Diagram: tabell; godtagna par sist.
select
    action.action_name as atgard,
    other.action_name as samma_pengar_som,
    pair.ground as grund,
    pair.year as ar,
    pair.amount_sek / 1e6 as belopp_mnkr,
    pair.is_acquitted as godtagen
from marts.fct_double_count as pair
inner join marts.dim_action as action on action.action_id = pair.action_id
inner join marts.dim_action as other on other.action_id = pair.other_action_id
order by godtagen, belopp_mnkr desc nulls last, atgard;
