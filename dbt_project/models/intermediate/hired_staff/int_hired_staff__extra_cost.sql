-- What the ledger holds of overtime and extra compensation per unit of every level, and of the salaries and payroll add-on
-- that their own add-on is judged by. Not what is missing: whether a month is whole the ledger month tells.
-- Grain: one row per organisation (restated, as_was), unit_id and month with any personnel cost.
with cells as (

    select
        unit_id,
        unit_id_as_was,
        month,
        sum(case when cost_type = 'salaries' then amount_sek else 0 end) as salary_sek,
        sum(case when cost_type = 'payroll_addon' then amount_sek else 0 end) as payroll_addon_sek,
        sum(case when cost_type in ('overtime', 'extra_compensation') then amount_sek else 0 end) as extra_cost_sek
    from {{ ref('int_ledger__mapped_cell') }}
    where result_line = 'personnel' and not is_opening_balance and not is_preliminary
    group by unit_id, unit_id_as_was, month

),

ancestors as (

    select * from {{ ref('int_unit__ancestor') }}

)

{%- for organisation, unit in [('restated', 'unit_id'), ('as_was', 'unit_id_as_was')] %}
{{ "union all" if not loop.first }}
select
    '{{ organisation }}' as organisation,
    ancestors.ancestor_unit_id as unit_id,
    cells.month,
    cast(sum(cells.salary_sek) as decimal(28, 8)) as salary_sek,
    cast(sum(cells.payroll_addon_sek) as decimal(28, 8)) as payroll_addon_sek,
    cast(sum(cells.extra_cost_sek) as decimal(28, 8)) as extra_cost_sek
from cells
inner join ancestors on ancestors.unit_id = cells.{{ unit }}
group by ancestors.ancestor_unit_id, cells.month
{%- endfor %}
