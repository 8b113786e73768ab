"""Do the effect rules in force find anything to measure? Held against what is loaded, before any model is built.

reference.py has judged each rule by itself. This asks raw: is the action in the plan, is the budget version delivered,
does any line of the baseline year match? A rule without a match would give a baseline of 0, and an effect that is only
a misspelt code. The match is a wide one (units with all that they ever followed or were followed by): what it misses,
no model would find.
"""

from datetime import date
from pathlib import Path

import duckdb

from orchestration.errors import ReferenceTableError
from orchestration.reference import load_tables
from orchestration.warehouse import quoted

TABLES = ("effect_rule", "unit", "cost_centre", "account_class", "counterparty")

# Rules that the last build was made with, unchanged, and that claimed something of their baseline year then.
PROVEN = """
    select distinct rule.rule_id
    from rule
    inner join build.intermediate.int_net_effect__claimed_cell as cell
        on cell.rule_id = rule.rule_id
        and cell.month >= rule.baseline_from and cell.month < rule.baseline_from + interval 12 month
    where exists (from (from build.reference.effect_rule intersect select * exclude (_line) from rule as own
        where own.rule_id = rule.rule_id and own.version = rule.version))
"""

MATCH = """
create temp table place as
with recursive step as (
    select parent_unit_id as unit_id, unit_id as next_unit_id from unit
    union select successor_unit_id, unit_id from unit
    union select unit_id, successor_unit_id from unit
), reach as (
    select rule_id, unit_id from asked
    union select reach.rule_id, step.next_unit_id from reach inner join step using (unit_id)
), direct as (
    select distinct reach.rule_id, company, cost_centre, successor_cost_centre
    from reach inner join cost_centre using (unit_id)
)
select rule_id, company, cost_centre from direct
union select direct.rule_id, direct.company, successor_cost_centre from direct where successor_cost_centre is not null
union select direct.rule_id, cost_centre.company, cost_centre.cost_centre
from direct inner join cost_centre
    on cost_centre.company = direct.company and cost_centre.successor_cost_centre = direct.cost_centre;

create temp table line as
select distinct company, chart, account, cost_centre, function_code, activity_code, project, counterparty, month
from build.raw.ledger
where not coalesce(is_opening_balance, false) and not coalesce(is_preliminary, false)
    and exists (from asked where month >= baseline_from and month < baseline_from + interval 12 month);

create temp table account as
select line.chart, line.account, class.result_line, class.cost_type
from (select distinct chart, account from line) as line
inner join account_class as class
    on class.chart = line.chart and class.account_from <= line.account
    and left(line.account, length(class.account_to)) <= class.account_to;

create temp table party as
select line.chart, line.counterparty, class.counterparty_class
from (select distinct chart, counterparty from line) as line
inner join counterparty as class
    on class.chart = line.chart and class.counterparty_from <= line.counterparty
    and left(line.counterparty, length(class.counterparty_to)) <= class.counterparty_to;

create temp table matched as
select distinct asked.rule_id
from asked
inner join place using (rule_id)
inner join line using (company, cost_centre)
left join account on account.chart = line.chart and account.account = line.account
left join party on party.chart = line.chart and party.counterparty = line.counterparty
where line.month >= asked.baseline_from and line.month < asked.baseline_from + interval 12 month
    and (asked.chart is null or asked.chart = line.chart)
    and (asked.account_from is null or (asked.account_from <= line.account
        and left(line.account, length(coalesce(asked.account_to, asked.account_from)))
        <= coalesce(asked.account_to, asked.account_from)))
    and (asked.cost_type is null or asked.cost_type = account.cost_type)
    and (asked.component <> 'own_personnel' or asked.basis <> 'ledger' or account.cost_type = 'salaries')
    and (asked.function_code is null or asked.function_code = line.function_code)
    and (asked.activity_code is null or asked.activity_code = line.activity_code)
    and (asked.project is null or asked.project = line.project)
    and case asked.counterparty_scope
        when 'all' then true
        when 'internal' then party.counterparty_class = 'internal' or account.result_line like 'internal%'
        when 'external' then coalesce(party.counterparty_class <> 'internal', true)
            and coalesce(account.result_line not like 'internal%', true)
        else party.counterparty_class = asked.counterparty_scope
    end;
"""

# Each with the line of the rule, the column to mend and the words; the most telling first.
BREACHES = """
select _line, 'action_id', 'åtgärden ' || action_id || ' finns inte i planen', 'Rätta åtgärdens id.', 1
from rule
where exists (from build.raw.plan) and action_id not in (select action_id from build.raw.plan)
union all
select _line, 'budget_version', 'budgetversionen ' || budget_version || ' är inte levererad', 'Rätta versionen.', 1
from rule
where budget_version is not null and exists (from build.raw.budget)
    and budget_version not in (select budget_version from build.raw.budget)
union all
select _line, 'unit_id', 'enheten ' || unit_id || ' har inget kostnadsställe, så regeln kan inte mäta något',
    'Rätta enheten, eller lägg till dess kostnadsställen i cost_centre.csv.', 2
from asked where rule_id not in (select rule_id from place)
union all
select _line, code, label || ' ' || value || ' förekommer inte i huvudboken under jämförelseåret', 'Rätta koden.', 3
from (
    select *, 'function_code' as code, 'verksamhet' as label, function_code as value from missing union all
    select *, 'activity_code', 'aktivitet', activity_code from missing union all
    select *, 'project', 'projekt', project from missing
)
where value is not null and not exists (
    from line where month >= baseline_from and month < baseline_from + interval 12 month
        and value = case code when 'function_code' then function_code when 'activity_code' then activity_code
            else project end
)
union all
select _line, 'baseline_from', 'ingen rad i huvudboken stämmer med regeln under jämförelseåret, '
    || strftime(baseline_from, '%Y-%m') || ' till ' || strftime(baseline_from + interval 11 month, '%Y-%m'),
    'Rätta enhet, konton, koder eller motpart. Är koden ny, jämför med ett fast belopp på 0.', 4
from missing
union all
select _line, 'baseline_from', 'jämförelseåret har inte börjat', 'Rätta månaden.', 1
from rule where baseline_method in ('same_month', 'monthly_average') and baseline_from > $as_of
union all
select _line, 'indicator_id', 'indikatorn ' || indicator_id || ' har inget värde under jämförelseåret', 'Rätta den.', 2
from rule
where basis = 'unit_cost' and exists (from build.raw.indicator where month >= baseline_from
        and month < baseline_from + interval 12 month)
    and not exists (from build.raw.indicator as given where given.indicator_id = rule.indicator_id
        and month >= baseline_from and month < baseline_from + interval 12 month)
"""


def check_effect_rules(warehouse: Path, reference: Path, properties: Path, as_of: date) -> None:
    """Raise ReferenceTableError for the first rule in force that matches nothing, with the number of further ones.

    Only what has been delivered is held against a rule: a baseline year without any ledger is control N8's.
    """
    with duckdb.connect(config={"threads": 2}) as connection:
        load_tables(connection, reference, properties, *TABLES)
        connection.execute(f"attach {quoted(warehouse)} as build (read_only)")
        connection.execute(
            "create temp table rule as select * from effect_rule where approved_on <= ?"
            " qualify row_number() over (partition by rule_id order by version desc) = 1",
            [as_of],
        )
        built = connection.execute("select table_name from duckdb_tables() where database_name = 'build'").fetchall()
        is_built = {("int_net_effect__claimed_cell",), ("effect_rule",)} <= set(built)
        proven = PROVEN if is_built else "select ''"
        connection.execute(f"""
            create temp table asked as from rule
            where basis <> 'fte' and baseline_method in ('same_month', 'monthly_average')
                and rule_id not in ({proven})
                and exists (from build.raw.delivery_slice as slice where slice.feed = 'ledger'
                    and slice.month >= baseline_from and slice.month < baseline_from + interval 12 month)
        """)
        connection.execute(MATCH)
        connection.execute("create temp table missing as from asked where rule_id not in (from matched)")
        found = connection.execute(
            f"with breach (line, place, rule, remedy, weight) as ({BREACHES}) from breach"
            " qualify row_number() over (partition by line order by weight) = 1 order by line",
            {"as_of": as_of},
        ).fetchall()
    if found:
        (line, column, rule, remedy, _), *further = found
        more = f" (och {len(further)} fel till)" if further else ""
        raise ReferenceTableError(f"effect_rule.csv, rad {line}, kolumn {column}", rule, remedy + more)
