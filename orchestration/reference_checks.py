"""What the data tests of the reference tables mean, as statements that give the line of each breach.

The same meaning as the macros of dbt_project/tests/generic, which tell dbt; reference.py reads the declarations.
"""

from dataclasses import dataclass

# What the values of a type look like, and the type's name, SCALE its number of decimals. DuckDB's own casts also take
# yes, 1e3 and 2024-1-5, and round 1.005 in silence.
TYPES = {
    r"string|varchar|text": (r"(?s).*", "text"),
    r"date": (r"\d{4}-\d{2}-\d{2}", "ett datum som finns (åååå-mm-dd)"),
    r"boolean": (r"true|false", "true eller false"),
    r"integer|bigint": (r"-?\d+", "ett heltal som ryms"),
    r"decimal\(\d+, ?(\d+)\)": (r"-?\d+(\.\d{1,SCALE})?", "ett tal som ryms, med punkt och högst SCALE decimaler"),
}


@dataclass(frozen=True)
class Check:
    """What one kind of dbt data test means: a statement that gives the line and one detail of each breach.

    It reads `subject`: `line`; for a column's test `value`; for a table's test, under each argument's name, the column
    that the argument names or, of several, a list of texts. `known` holds the values that are allowed. `rule` and
    `remedy` may use the detail and the arguments; `place` is the argument that names the columns to look at.
    """

    statement: str
    rule: str
    remedy: str
    arguments: tuple[str, ...] = ()
    place: str = ""


UNKNOWN = """select line, cast(value as varchar) from subject
    where value is not null and cast(value as varchar) not in (select value from known where value is not null)"""
COLUMN_CHECKS = {
    "not_null": Check("select line, '' from subject where value is null", "värdet saknas", "Fyll i det."),
    "unique": Check(
        """select line, concat('"', value, '" står redan på rad ', min(line) over (partition by value)) from subject
        where value is not null qualify line > min(line) over (partition by value)""",
        "{detail}",
        "Ta bort eller rätta en av raderna.",
    ),
    "accepted_values": Check(UNKNOWN, 'värdet "{detail}" är inte tillåtet', "Skriv ett av: {values}.", ("values",)),
    "relationships": Check(
        UNKNOWN,
        'värdet "{detail}" finns inte i {to}.csv, kolumn {field}',
        "Rätta värdet eller lägg till raden i {to}.csv.",
        ("to", "field"),
    ),
    "accepted_range": Check(
        "select line, value from subject where value < minimum or value > maximum",
        "värdet {detail} ligger utanför det tillåtna",
        "Lägst {minimum}, högst {maximum}.",
    ),
    # `value` is whether the row's condition holds, which may look at other columns and tables.
    "row_rule": Check(
        "select line, '' from subject where not value", "{rule}", "{remedy}", ("holds", "rule", "remedy")
    ),
    "is_month": Check(
        "select line, value from subject where day(value) <> 1",
        "månaden {detail} är inte dess första dag",
        "Skriv åååå-mm-01.",
    ),
}
TABLE_CHECKS = {
    "unique_combination": Check(
        """select line, concat('"', array_to_string(list_transform(columns, lambda c: coalesce(c, '(tomt)')), ', '),
            '" står redan på rad ', min(line) over (partition by columns))
        from subject qualify line > min(line) over (partition by columns)""",
        "{detail}",
        "Ta bort eller rätta en av raderna.",
        ("columns",),
        "columns",
    ),
    "no_overlap": Check(
        """select one.line, concat('giltigheten överlappar rad ', min(other.line))
        from subject as one inner join subject as other on one.partition_by = other.partition_by
        where one.line > other.line and one."from" < coalesce(other."to", date '9999-12-31')
            and other."from" < coalesce(one."to", date '9999-12-31') group by one.line
        union all
        select line, 'giltigheten slutar inte efter sin början' from subject where "to" <= "from" """,
        "{detail}",
        "Rätta {from} eller {to} ({to} är första dagen som inte ingår).",
        ("partition_by", "from", "to"),
        "from",
    ),
    # The upper end of a range of codes is a prefix: 30 to 38 holds 3850.
    "no_range_overlap": Check(
        """select one.line, concat('intervallet överlappar rad ', min(other.line))
        from subject as one inner join subject as other on one.partition_by = other.partition_by
        where one.line > other.line and one."from" < coalesce(other."to", date '9999-12-31')
            and other."from" < coalesce(one."to", date '9999-12-31')
            and left(one.range_from, length(other.range_to)) <= other.range_to
            and left(other.range_from, length(one.range_to)) <= one.range_to group by one.line
        union all
        select line, 'intervallet slutar före sin början' from subject
        where left(range_from, length(range_to)) > range_to""",
        "{detail}",
        "Rätta {range_from} eller {range_to}, eller giltigheten ({from}, {to}).",
        ("partition_by", "range_from", "range_to", "from", "to"),
        "range_from",
    ),
    # A walk starts on every row and goes upwards until it is back where it began or would step on its own trail.
    "no_cycle": Check(
        """, edge as (
            select id, parent, min(line) as line from subject where parent is not null group by id, parent
        ), walk as (
            select line, id, parent, [id] as trail from edge
            union all
            select walk.line, walk.id, edge.parent, walk.trail || [edge.id] from walk
            inner join edge on edge.id = walk.parent
            where walk.parent <> walk.id and not list_contains(walk.trail, edge.id)
        )
        select min(line), concat(
            if(bool_or(parent = id), 'kedjan går i cirkel: ', 'kedjan är längre än sju steg: '),
            array_to_string(arg_min(trail || [parent], line), ' → ')
        ) from walk where parent = id or len(trail) = 8 group by list_sort(trail)""",
        "{detail}",
        "Rätta raden så att kedjan tar slut.",
        ("id", "parent"),
        "parent",
    ),
    "sums_to_hundred": Check(
        'select min(line), sum("column") from subject group by group_by having abs(sum("column") - 100) > 0.01',
        "andelarna i gruppen som börjar på raden blir {detail} procent, inte 100",
        "Rätta andelarna.",
        ("group_by", "column"),
        "column",
    ),
}
OPTIONAL = {"minimum": "null", "maximum": "null", "quote": "true", "tables": ()}
