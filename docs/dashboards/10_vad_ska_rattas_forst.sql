-- Vad ska rättas först, och av vem?
-- Diagram: tabell per ansvarig, störst belopp först.
select
    coalesce(owner_role, 'ingen utpekad') as ansvarig,
    check_id as kontroll,
    subject_id as galler,
    age_days as oppet_dagar,
    amount_sek / 1e6 as belopp_mnkr,
    detail as vad_som_ska_goras
from marts.incident
where state <> 'resolved'
order by belopp_mnkr desc nulls last, ansvarig, kontroll, galler;
