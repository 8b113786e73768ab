"""Small counts: whoever has all that is published, and knows where nobody works, finds no count below the limit.

What is published of one month are sums over the same few cells, staff by place and category. A series can be derived
when it is a combination of published ones: when adding it to them as one more row does not raise the rank.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import duckdb
import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pipeline.conftest import Morning

pytestmark = pytest.mark.pipeline

LIMIT = 5
CATEGORIES = "abcd"
RESTATED, AS_WAS = 0, 1


@dataclass(frozen=True)
class Organisation:
    """Each unit's parent (a region has none) and the persons by unit they stand on, category and month number.

    `moved` are those of them who stood on another unit: by that unit too, before category and month.
    """

    parents: Mapping[str, str | None]
    persons: Mapping[tuple[str, str, int], int]
    moved: Mapping[tuple[str, str, str, int], int] = field(default_factory=dict)

    def above(self, unit: str) -> list[str]:
        """The unit and all above it, itself first."""
        parent = self.parents[unit]
        return [unit] if parent is None else [unit, *self.above(parent)]

    @property
    def pieces(self) -> dict[tuple[str, str, str, int], int]:
        """Persons by the unit they stand on, the unit they stood on, category and month number."""
        pieces = {(place, place, category, month): n for (place, category, month), n in self.persons.items()}
        for (place, was, category, month), persons in self.moved.items():
            pieces[place, was, category, month] = persons
            pieces[place, place, category, month] -= persons
        return {piece: persons for piece, persons in pieces.items() if persons}

    def counts(self) -> dict[tuple[str, str, str, int], tuple[int, int, int]]:
        """Persons with all below, those on the unit itself, and those who are in it in one of the organisations only;
        by organisation, unit, category (with ALL) and month number."""
        counted: dict[tuple[str, str, str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        for (place, was, category, month), persons in self.pieces.items():
            for member in (category, "ALL"):
                for organisation, stands in (("restated", place), ("as_was", was)):
                    for unit in self.above(stands):
                        counted[organisation, unit, member, month][0] += persons
                        counted[organisation, unit, member, month][1] += persons if unit == stands else 0
                for unit in set(self.above(place)) ^ set(self.above(was)):
                    counted["restated", unit, member, month][2] += persons
        return {key: (below, own, moved) for key, (below, own, moved) in counted.items()}


@st.composite
def organisations(draw: st.DrawFn) -> Organisation:
    """A region of up to four levels, with many small counts, staff on every level and one or two months."""
    parents: dict[str, str | None] = {"R": None}
    for first in range(draw(st.integers(1, 3))):
        parents[f"R{first}"] = "R"
        for second in range(draw(st.integers(0, 4))):
            parents[f"R{first}{second}"] = f"R{first}"
            for third in range(draw(st.sampled_from([0, 0, 0, 1, 2, 3]))):
                parents[f"R{first}{second}{third}"] = f"R{first}{second}"
    sizes = draw(st.sampled_from([(0, 0, 1, 2, 3, 5, 8, 20), (0, 1, 3, 6, 9, 30), (0, 0, 0, 2, 7, 40), (3, 6, 9, 12)]))
    categories = CATEGORIES[: draw(st.integers(2, len(CATEGORIES)))]
    months = draw(st.integers(1, 2))
    persons = {}
    for unit in parents:
        for category in categories:
            if unit in parents.values() and draw(st.integers(0, 9)) < 7:
                continue
            size = draw(st.sampled_from(sizes))
            for month in range(months):
                persons[unit, category, month] = max(0, size + draw(st.sampled_from([0, 0, 0, 1, -1]))) if size else 0
    return Organisation(parents, {key: count for key, count in persons.items() if count})


@st.composite
def reorganised(draw: st.DrawFn) -> Organisation:
    """An organisation in which some units' staff, or a part of it, stood elsewhere, in the first month or in both."""
    organisation = draw(organisations())
    moved = {}
    for unit in draw(st.lists(st.sampled_from(sorted(organisation.parents)), max_size=4, unique=True)):
        was = draw(st.sampled_from(sorted(organisation.parents)))
        months = draw(st.sampled_from([(0,), (0, 1)]))
        share = draw(st.sampled_from([1, 1, 0.5, 0.2]))
        for (place, category, month), persons in organisation.persons.items():
            if place == unit != was and month in months and int(persons * share):
                moved[unit, was, category, month] = int(persons * share)
    return replace(organisation, moved=moved)


@dataclass(frozen=True)
class Published:
    """What decides what the marts show: the merged series, by unit and category, ALL for a unit that is not published;
    and the units that are shown as they were without categories, or not at all."""

    merged: set[tuple[str, str]]
    moves_any: set[str] = field(default_factory=set)
    moves_few: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Merging:
    """The SQL of the models that decide what is merged, on a database that holds nothing but what they read."""

    connection: duckdb.DuckDBPyConnection
    published_unit: str = field(repr=False)
    merged_series: str = field(repr=False)

    def of(self, organisation: Organisation) -> "Published":
        """What the marts show of an organisation."""
        run = self.connection.execute
        units = [(unit, parent) for unit, parent in organisation.parents.items()]
        ancestors = [
            (unit, above, depth)
            for unit in organisation.parents
            for depth, above in enumerate(organisation.above(unit))
        ]
        counts = [(*key, *persons) for key, persons in organisation.counts().items()]
        for table in ("int_unit__unit", "int_unit__ancestor", "int_fte__person_count"):
            run(f"delete from intermediate.{table}")
        self.connection.executemany("insert into intermediate.int_unit__unit values (?, ?, false)", units)
        self.connection.executemany("insert into intermediate.int_unit__ancestor values (?, ?, ?)", ancestors)
        if counts:
            self.connection.executemany(
                "insert into intermediate.int_fte__person_count"
                " select ?, ?, ?, date '2024-01-01' + to_months(?), ?, ?, ?",
                counts,
            )
        run(f"create or replace table intermediate.int_fte__published_unit as {self.published_unit}")
        moves = self.connection.execute(
            "select unit_id, moves_any, moves_few from intermediate.int_fte__published_unit"
        )
        rows = moves.fetchall()
        return Published(
            set(self.connection.execute(self.merged_series).fetchall()),
            {unit for unit, moves_any, _ in rows if moves_any},
            {unit for unit, _, moves_few in rows if moves_few},
        )


@pytest.fixture(scope="module")
def merging(compiled: Mapping[str, str]) -> Iterable[Merging]:
    def plain(model: str) -> str:
        return re.sub(r'"\w+"\."intermediate"', "intermediate", compiled[f"intermediate/fte/{model}.sql"])

    with duckdb.connect() as connection:
        connection.execute(
            "create schema intermediate;"
            "create table intermediate.int_reference__parameter as"
            f" select 'small_count_limit' as parameter_name, '{LIMIT}' as parameter_value;"
            "create table intermediate.int_unit__unit (unit_id text, parent_unit_id text, is_unmapped boolean);"
            "create table intermediate.int_unit__ancestor (unit_id text, ancestor_unit_id text, depth bigint);"
            "create table intermediate.int_fte__person_count (organisation text, unit_id text, personnel_category text,"
            " month date, persons bigint, own_persons bigint, moved_persons bigint)"
        )
        yield Merging(connection, plain("int_fte__published_unit"), plain("int_fte__merged_series"))


def derivable(published: list[numpy.ndarray], secrets: Mapping[object, numpy.ndarray]) -> list[object]:
    """The names of the secrets that are combinations of what is published."""
    rank = numpy.linalg.matrix_rank(numpy.array(published))
    return [name for name, row in secrets.items() if numpy.linalg.matrix_rank(numpy.array([*published, row])) == rank]


def attack(organisation: Organisation, published: Published, month: int) -> list[object]:
    """Every series of 1 to 4 persons in the month that can be derived from what the marts show of it."""
    cells = [key[:3] for key in organisation.pieces if key[3] == month]
    above = {unit: set(organisation.above(unit)) for unit in organisation.parents}

    def series(unit: str, categories: Iterable[str], side: int) -> numpy.ndarray:
        chosen = set(categories)
        return numpy.array([float(unit in above[cell[side]] and cell[2] in chosen) for cell in cells])

    shown = []
    for unit in organisation.parents:
        if (unit, "ALL") in published.merged:
            continue
        alone = [category for category in CATEGORIES if (unit, category) not in published.merged]
        for side in (RESTATED, AS_WAS):
            if side == AS_WAS and unit in published.moves_few:
                continue
            shown.append(series(unit, CATEGORIES, side))
            if side == RESTATED or unit not in published.moves_any:
                shown.append(series(unit, set(CATEGORIES) - set(alone), side))
                shown += [series(unit, category, side) for category in alone]
    secrets = {
        (side, unit, category, persons): series(unit, CATEGORIES if category == "ALL" else category, side)
        for (side, unit, category, counted), (persons, *_) in organisation.counts().items()
        for side in [RESTATED if side == "restated" else AS_WAS]
        if counted == month and 0 < persons < LIMIT
    }
    return derivable(shown or [numpy.zeros(len(cells))], secrets) if cells else []


@given(organisation=organisations())
@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_small_count_can_be_derived_whatever_the_organisation(merging: Merging, organisation: Organisation):
    published = merging.of(organisation)

    assert [attack(organisation, published, month) for month in (0, 1)] == [[], []]


@given(organisation=reorganised())
@settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nor_by_the_two_organisations_whatever_was_reorganised(merging: Merging, organisation: Organisation):
    published = merging.of(organisation)

    assert [attack(organisation, published, month) for month in (0, 1)] == [[], []]


def test_nothing_is_merged_where_no_count_is_small(merging: Merging):
    large = Organisation(
        {"R": None, "A": "R", "B": "R"}, {(unit, category, 0): 5 for unit in "AB" for category in "ab"}
    )

    assert merging.of(large) == Published(set())


def test_the_attack_finds_what_merging_a_small_series_alone_gives_away():
    sizes = {("A", "a", 0): 2, ("A", "b", 0): 9, ("B", "a", 0): 7, ("B", "b", 0): 8}
    region = Organisation({"R": None, "A": "R", "B": "R"}, sizes)

    found = [(side, "A", "a", 2) for side in (RESTATED, AS_WAS)]

    assert attack(region, Published({("A", "a")}), 0) == found
    assert attack(region, Published({("A", "a"), ("A", "b")}), 0) == found
    assert attack(region, Published({(unit, category) for unit in "AB" for category in "ab"}), 0) == []


def test_the_demo_gives_away_no_small_count_by_totals_windows_or_the_two_organisations(demo: Morning):
    """Around each small series of the demo: everything that the two marts publish of the units below its grandparent,
    in all months, with the windows and their changes, and in both organisations, by place and category."""
    with duckdb.connect(str(demo.directory.main.warehouse), read_only=True) as connection:
        small = connection.execute(
            "select distinct unit_id, personnel_category from intermediate.int_fte__person_count"
            " join intermediate.int_unit__unit using (unit_id)"
            f" where persons between 1 and {LIMIT - 1} and not is_unmapped"
        ).fetchall()
        assert small
        for unit, category in small:
            (top,) = connection.execute(
                "select parent_unit_id from intermediate.int_unit__unit where unit_id = ?", [unit]
            ).fetchone()
            assert _derived_in_demo(connection, top, unit, category) == []


def _derived_in_demo(connection: duckdb.DuckDBPyConnection, top: str, unit: str, category: str) -> list[object]:
    below: dict[str, set[str]] = defaultdict(set)
    for descendant, ancestor in connection.execute(
        "select unit_id, ancestor_unit_id from intermediate.int_unit__ancestor"
    ).fetchall():
        below[ancestor].add(descendant)
    places = {place: number for number, place in enumerate(sorted(below[top]))}
    pieces = [
        piece
        for piece in connection.execute(
            "select distinct unit_id, unit_id_as_was, personnel_category, month"
            " from intermediate.int_fte__employment_month join intermediate.int_staffing__cost_centre_unit"
            " using (company, cost_centre, month)"
        ).fetchall()
        if piece[0] in places or piece[1] in places
    ]
    merged = set(connection.execute("select * from intermediate.int_fte__merged_series").fetchall())

    def series(side: int, of_unit: str, categories: set[str], months: set[date], sign: float = 1) -> numpy.ndarray:
        return numpy.array(
            [
                sign * (piece[side] in below[of_unit] and piece[2] in categories and piece[3] in months)
                for piece in pieces
            ],
            dtype=float,
        )

    everything = {piece[2] for piece in pieces}
    shown = []
    for table, side in (("fct_fte", 0), ("fct_fte_as_was", 1)):
        for of_unit, member, month, has_window, has_change in connection.execute(
            "select unit_id, personnel_category, month, fte_r12 is not null, fte_r12_change_12m is not null"
            f" from marts.{table} where fte_definition = 'contract' and fte is not null"
        ).fetchall():
            if of_unit not in places:
                continue
            held = {"ALL": everything, "MERGED": {c for u, c in merged if u == of_unit}}.get(member, {member})
            year = {_earlier(month, number) for number in range(12)}
            before = {_earlier(month, number) for number in range(12, 24)}
            shown.append(series(side, of_unit, held, {month}))
            if has_window:
                shown.append(series(side, of_unit, held, year))
            if has_change:
                shown.append(series(side, of_unit, held, year) + series(side, of_unit, held, before, -1))
    secrets = {
        (unit, category, month): series(side, unit, {category}, {month})
        for side in (0, 1)
        for month in {piece[3] for piece in pieces}
    }
    return derivable(shown, {name: row for name, row in secrets.items() if row.any()})


def _earlier(month: date, months: int) -> date:
    number = month.year * 12 + month.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
