-- Net effects as one would write them by hand for the rules of the benchmark: same month and monthly average, index,
-- share and payroll add-on, on the accounts of one chart in an organisation that never changed. Reads raw and the
-- reference tables of the attached build; leaves `source` and `effect`, which must equal the marts.
create table below as
with recursive walk as (
    select unit_id, unit_id as ancestor_unit_id from build.reference.unit
    union all
    select walk.unit_id, unit.parent_unit_id
    from walk inner join build.reference.unit on unit.unit_id = walk.ancestor_unit_id
    where unit.parent_unit_id is not null
)
select * from walk;

create table cell as
select company, account, cost_centre, activity_code, counterparty, month, sum(amount_sek) as amount, count(*) as lines
from build.raw.ledger
where not is_opening_balance and not is_preliminary
group by all;

create table account as
select used.account, class.result_line, class.cost_type
from (select distinct account from cell) as used
inner join build.reference.account_class as class
    on class.account_from <= used.account and left(used.account, length(class.account_to)) <= class.account_to
where class.result_line <> 'balance';

create table party as
select used.counterparty, class.counterparty_class
from (select distinct counterparty from cell where counterparty is not null) as used
inner join build.reference.counterparty as class
    on class.counterparty_from <= used.counterparty
    and left(used.counterparty, length(class.counterparty_to)) <= class.counterparty_to;

create table rule as from build.reference.effect_rule;

create table rule_account as
select rule.rule_id, account.account, account.result_line like 'internal%' as is_internal
from rule
inner join account
    on (rule.account_from is null or (rule.account_from <= account.account
        and left(account.account, length(rule.account_to)) <= rule.account_to))
    and (rule.cost_type is null or rule.cost_type = account.cost_type);

create table claimed as
select
    rule.rule_id, cell.company, cell.account, cell.cost_centre, cell.month,
    rule_account.is_internal or coalesce(party.counterparty_class = 'internal', false) as is_internal,
    sum(cell.amount) as amount, sum(cell.lines) as lines
from cell
inner join build.reference.cost_centre as place
    on place.company = cell.company and place.cost_centre = cell.cost_centre
inner join below on below.unit_id = place.unit_id
inner join rule on rule.unit_id = below.ancestor_unit_id
inner join rule_account on rule_account.rule_id = rule.rule_id and rule_account.account = cell.account
left join party on party.counterparty = cell.counterparty
where (rule.activity_code is null or rule.activity_code = cell.activity_code)
    and (rule.counterparty_scope = 'all'
        or not (rule_account.is_internal or coalesce(party.counterparty_class = 'internal', false)))
group by all;

create table addon as
select
    rule.rule_id,
    cast(sum(cell.amount)::double / sum(cell.amount) filter (account.cost_type = 'salaries')::double as decimal(20, 15))
        as factor
from cell
inner join account on account.account = cell.account and account.cost_type in ('salaries', 'payroll_addon')
inner join build.reference.cost_centre as place
    on place.company = cell.company and place.cost_centre = cell.cost_centre
inner join below on below.unit_id = place.unit_id
inner join rule on rule.unit_id = below.ancestor_unit_id and rule.component = 'own_personnel'
where (rule.activity_code is null or rule.activity_code = cell.activity_code)
    and cell.month >= rule.baseline_from and cell.month < rule.baseline_from + interval 12 month
group by all;

create table factor as
select rule.rule_id, cast(rule.share_pct * 0.01 * coalesce(addon.factor, 1) as decimal(20, 15)) as factor
from rule left join addon using (rule_id);

create table rule_month as
select
    rule.rule_id, months.month,
    cast(rule.baseline_from + interval (month(months.month) - 1) month as date) as baseline_month,
    cast(case
        when rule.index_id is null then 1
        when rule.baseline_method = 'monthly_average' then 12 * later.index_value::double / (
            select sum(index_value)::double from build.reference.price_index as year_index
            where year_index.index_id = rule.index_id and year_index.month >= rule.baseline_from
                and year_index.month < rule.baseline_from + interval 12 month)
        else later.index_value::double / earlier.index_value::double
    end as decimal(20, 15)) as ratio
from rule
cross join (select distinct month from cell where month >= date '2024-01-01') as months
left join build.reference.price_index as later on later.index_id = rule.index_id and later.month = months.month
left join build.reference.price_index as earlier
    on earlier.index_id = rule.index_id
    and earlier.month = cast(rule.baseline_from + interval (month(months.month) - 1) month as date);

create table source as
with average as (
    select claimed.rule_id, company, account, cost_centre, is_internal,
        cast(round(sum(amount)::double / 12, 6) as decimal(28, 8)) as amount
    from claimed
    inner join rule on rule.rule_id = claimed.rule_id and rule.baseline_method = 'monthly_average'
    where claimed.month >= rule.baseline_from and claimed.month < rule.baseline_from + interval 12 month
    group by all
), part as (
    select rule_month.rule_id, rule_month.month, company, account, cost_centre, is_internal,
        cast(0 as decimal(28, 8)) as baseline, cast(amount as decimal(28, 8)) as actual, lines
    from rule_month inner join claimed using (rule_id, month)
    union all
    select rule_month.rule_id, rule_month.month, company, account, cost_centre, is_internal,
        cast(amount as decimal(28, 8)), 0, 0
    from rule_month
    inner join rule on rule.rule_id = rule_month.rule_id and rule.baseline_method = 'same_month'
    inner join claimed on claimed.rule_id = rule_month.rule_id and claimed.month = rule_month.baseline_month
    union all
    select rule_month.rule_id, rule_month.month, company, account, cost_centre, is_internal, amount, 0, 0
    from rule_month inner join average using (rule_id)
), summed as (
    select rule_id, month, company, account, cost_centre, is_internal, cast(sum(baseline) as decimal(28, 8)) as baseline,
        cast(sum(actual) as decimal(28, 8)) as actual, sum(lines) as lines
    from part group by all
)
select
    rule.action_id, rule.component, rule.rule_id, company, account, cost_centre,
    if(is_internal, 'internal', 'external') as counterparty_scope, summed.month,
    cast(round(baseline, 2) as decimal(18, 2)) as ledger_baseline_sek,
    cast(round(actual, 2) as decimal(18, 2)) as ledger_actual_sek,
    cast(round((cast(baseline * ratio as decimal(30, 10)) - actual)::decimal(30, 10) * factor, 2) as decimal(18, 2))
        as effect_sek,
    cast(lines as bigint) as voucher_lines,
    cast(actual * factor as decimal(30, 10)) as actual_part,
    cast(baseline * factor as decimal(30, 10)) as baseline_part
from summed
inner join rule_month on rule_month.rule_id = summed.rule_id and rule_month.month = summed.month
inner join factor on factor.rule_id = summed.rule_id
inner join rule on rule.rule_id = summed.rule_id;

create table effect as
with noise_month as (
    select rule.action_id, rule.component, months.month,
        sum((coalesce(earlier.amount, 0)::double
            * case when rule.index_id is null then 1 else later_index.index_value::double / earlier_index.index_value::double end
            - coalesce(later.amount, 0)::double) * factor.factor::double) as effect
    from rule
    cross join (select distinct month from cell where month >= date '2023-01-01' and month < date '2024-01-01') as months
    inner join factor on factor.rule_id = rule.rule_id
    left join (select rule_id, month, sum(amount) as amount from claimed where not is_internal group by all) as later
        on later.rule_id = rule.rule_id and later.month = months.month
    left join (select rule_id, month, sum(amount) as amount from claimed where not is_internal group by all) as earlier
        on earlier.rule_id = rule.rule_id and earlier.month = cast(months.month - interval 12 month as date)
    left join build.reference.price_index as later_index
        on later_index.index_id = rule.index_id and later_index.month = months.month
    left join build.reference.price_index as earlier_index
        on earlier_index.index_id = rule.index_id and earlier_index.month = cast(months.month - interval 12 month as date)
    group by all
), noise as (
    select action_id, component, cast(round(stddev_samp(effect), 2) as decimal(18, 2)) as noise_sek
    from noise_month group by all
), spine as (
    select distinct rule.action_id, rule.component, rule_month.month from rule_month inner join rule using (rule_id)
)
select
    spine.action_id, spine.component, spine.month,
    cast(round(coalesce(sum(actual_part) filter (counterparty_scope = 'external'), 0), 2) as decimal(18, 2)) as actual_sek,
    cast(coalesce(sum(effect_sek) filter (counterparty_scope = 'external'), 0) as decimal(18, 2)) as effect_sek,
    cast(coalesce(sum(effect_sek) filter (counterparty_scope = 'internal'), 0) as decimal(18, 2)) as internal_transfer_sek,
    cast(round(coalesce(sum(abs(baseline_part)) filter (counterparty_scope = 'external'), 0) * 0.001, 2) as decimal(18, 2))
        as index_sensitivity_sek,
    any_value(noise.noise_sek) as noise_sek
from spine
left join source using (action_id, component, month)
left join noise on noise.action_id = spine.action_id and noise.component = spine.component
group by all;
