-- Stämde det som nämnderna visades med vad som var känt den dagen?
-- Diagram: tabell i tidsordning, visad och känd avvikelse sida vid sida.
select
    board as namnd,
    meeting_date as sammantrade,
    scope_id as niva,
    reported_deviation_sek / 1e6 as visad_avvikelse_mnkr,
    known_deviation_sek / 1e6 as kand_avvikelse_mnkr,
    known_forecast_status as prognosen_var,
    active_decision_since as aktivt_beslut_sedan
from marts.fct_board_report
order by sammantrade desc, namnd, niva;
