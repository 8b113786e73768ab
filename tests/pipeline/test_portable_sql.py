"""SQL under models/ also runs on Spark: every compiled model is parsed, and what only DuckDB knows is refused."""

import pytest
import sqlglot
from sqlglot import exp

from tests.pipeline.conftest import DBT_PROJECT

pytestmark = pytest.mark.pipeline

# Syntax that Spark lacks, or reads as something else.
REFUSED = {
    exp.Qualify: "QUALIFY",
    exp.Lambda: "a lambda",
    exp.Array: "a list",
    exp.ArrayAgg: "a list",
    exp.List: "a list",
    exp.Struct: "a struct",
    exp.Map: "a map",
    exp.Bracket: "a subscript or slice",
    exp.Unnest: "unnest",
    exp.Explode: "unnest",
    exp.GroupConcat: "string_agg or listagg",
    exp.Pivot: "pivot",
    exp.PositionalColumn: "a column by position",
    exp.Columns: "columns()",
    exp.IsInf: "isinf",
    exp.TryCast: "try_cast",
}
# A function that sqlglot does not know may exist in one engine only. These come from dispatched macros.
DISPATCHED = {"timezone", "md5_number_lower"}


def faults(sql: str) -> list[str]:
    """What keeps a statement, as compiled for DuckDB, from being common to DuckDB and Spark."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    found = {name for kind, name in REFUSED.items() if tree.find(kind)}
    found |= {
        f"star {part.rstrip('_')}" for star in tree.find_all(exp.Star) for part, given in star.args.items() if given
    }
    found |= {"group by all" for group in tree.find_all(exp.Group) if group.args.get("all")}
    found |= {f"{join.method} join" for join in tree.find_all(exp.Join) if join.method}
    unknown = {function.name.lower() for function in tree.find_all(exp.Anonymous)} - DISPATCHED
    found |= {f"the function {name}()" for name in unknown}
    try:
        spark = tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
        sqlglot.parse_one(spark, dialect="spark")
    except sqlglot.errors.SqlglotError as error:
        found.add(" ".join(str(error).split()))
    return sorted(found)


def test_every_model_is_common_to_duckdb_and_spark(compiled: dict[str, str]):
    written = {str(path.relative_to(DBT_PROJECT / "models")) for path in DBT_PROJECT.glob("models/**/*.sql")}

    assert set(compiled) == written
    assert {path: found for path, sql in compiled.items() if (found := faults(sql))} == {}


def test_later_runs_of_incremental_models_are_what_is_judged(compiled: dict[str, str]):
    (cell,) = (sql for path, sql in compiled.items() if path.endswith("int_ledger__cell.sql"))

    assert "present.slice_id is null" in cell


@pytest.mark.parametrize(
    "sql",
    [
        "select a from t qualify row_number() over (order by a) = 1",
        "select * exclude (a) from t",
        "select * replace (1 as a) from t",
        "select list_transform([a], x -> x) from t",
        "select list(a) from t",
        "select {'a': 1} as s",
        "select a[1] from t",
        "select unnest(a) from t",
        "select string_agg(a, ',') from t",
        "select columns('a.*') from t",
        "select a, count(*) from t group by all",
        "select * from t asof join u on t.a >= u.a",
        "select strftime_tz(a) from t",
        "select try_cast(a as int) from t",
    ],
)
def test_what_one_engine_alone_knows_is_refused(sql: str):
    assert faults(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "with a as (select * from t) select a.x, sum(y) over (partition by x) from a left join u on u.x = a.x",
        "select count(*) filter (where a) as n, cast(b as decimal(18, 2)) as b from t group by 1",
        "select cast(date_trunc('month', a) as date) + interval (3) month as m, substr(b, 1, 2) || 'c' from t",
    ],
)
def test_common_sql_is_accepted(sql: str):
    assert faults(sql) == []
