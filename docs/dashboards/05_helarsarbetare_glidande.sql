-- Åt vilket håll går antalet helårsarbetare?
-- Diagram: linje, glidande tolv månader; axeln behöver inte börja på noll.
select
    unit.unit_name as enhet,
    fte.month as manad,
    fte.fte_r12 as helarsarbetare,
    fte.hired_fte as inhyrda_manaden
from marts.fct_fte as fte
inner join marts.dim_unit as unit on unit.unit_id = fte.unit_id
inner join marts.dim_fte_definition as definition
    on definition.fte_definition = fte.fte_definition and definition.is_official
where fte.personnel_category = 'ALL' and unit.level = 'administration' and fte.fte_r12 is not null
order by enhet, manad;
