"""Deliveries with persons leave landing when their time in clear is over; their rows stay, keyed, in every build."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from orchestration.errors import NettoeffektError
from orchestration.intake.load import Intake, keep_expired, load
from orchestration.settings import DataDirectory
from orchestration.warehouse import connect, quoted
from tests.conftest import NOW
from tests.unit.deliveries import ledger, ledger_row
from tests.unit.test_privacy import staffing

TABLES = ("staffing", "ledger", "delivery", "delivery_slice", "quarantine")


def rows(query: Callable) -> dict[str, list[tuple]]:
    return {table: query(f"from raw.{table} order by all") for table in TABLES}


@pytest.fixture
def later(intake: Intake) -> Intake:
    """A load fourteen months later, of a region that keeps persons in clear for a year."""
    return replace(intake, now=NOW.replace(year=2026, month=3), as_of=date(2026, 3, 31), clear_months=12)


@pytest.fixture
def expired(deliver, load_inbox, later: Intake, directory: DataDirectory) -> DataDirectory:
    """A staffing month and its correction, and a ledger, all landed long ago; then a load that finds nothing new."""
    deliver("staffing/lonesystem/a.csv", staffing())
    load_inbox()
    deliver("staffing/lonesystem/b.csv", staffing(employment="7002").replace("2024-02-15", "2024-03-15"))
    deliver("ledger/ekonomisystem/a.csv", ledger(ledger_row()), "cp1252")
    load_inbox()
    load_inbox(later)
    return directory


def bytes_of(directory: DataDirectory, feed: str) -> list[str]:
    return [path.name for path in (directory.landing / feed).iterdir() if not path.suffix]


def test_persons_leave_landing_and_nothing_else_does(expired: DataDirectory, query):
    assert (len(bytes_of(expired, "staffing")), len(bytes_of(expired, "ledger"))) == (0, 1)
    assert len(list((expired.landing / "staffing").glob("*.json"))) == 2
    assert query("select count(*) from raw.staffing") == [(2,)]


@pytest.mark.parametrize("months", [None, 15])
def test_before_their_time_they_stay(deliver, load_inbox, later: Intake, directory: DataDirectory, months):
    deliver("staffing/lonesystem/a.csv", staffing())
    load_inbox()
    load_inbox(replace(later, clear_months=months))
    assert len(bytes_of(directory, "staffing")) == 1


def test_the_same_bytes_are_known_again(expired: DataDirectory, deliver, load_inbox, later: Intake):
    deliver("staffing/lonesystem/c.csv", staffing())
    (delivery,) = load_inbox(later).deliveries
    assert (delivery.status, bytes_of(expired, "staffing")) == ("duplicate", [])


def test_a_build_made_anew_takes_their_rows_from_the_one_before(expired: DataDirectory, query, later: Intake):
    before = rows(query)
    old = expired.build / "old.duckdb"
    expired.main.warehouse.replace(old)
    with connect(expired.main.warehouse) as connection:
        connection.execute(f"attach {quoted(old)} as old_build (read_only)")
        keep_expired(connection, later, "old_build")
        load(connection, later)
    assert rows(query) == before
    assert {row[-2] for row in before["delivery_slice"]} != {None}  # who replaced whom has been found out anew


def test_a_past_date_takes_what_was_known_then(expired: DataDirectory, later: Intake, tmp_path):
    with connect(tmp_path / "past.duckdb") as connection:
        connection.execute(f"attach {quoted(expired.main.warehouse)} as main_build (read_only)")
        keep_expired(connection, later, "main_build", known_by=date(2024, 2, 28))
        found = connection.execute(
            "select count(*), count(superseded_by) from raw.staffing join raw.delivery_slice on slice_id = _slice_id"
        ).fetchall()
    assert found == [(1, 0)]


def test_without_any_build_that_holds_them_the_load_says_so(expired: DataDirectory, load_inbox, later: Intake):
    expired.main.warehouse.unlink()
    with pytest.raises(NettoeffektError, match=r"time in clear of a\.csv is over.*Restore the build"):
        load_inbox(later)


def test_a_load_that_was_killed_at_it_ends_it_next_time(expired: DataDirectory, load_inbox, later: Intake):
    (marked, *_) = sorted((expired.landing / "staffing").glob("*.expired"))
    marked.with_suffix("").write_bytes(b"still there")
    load_inbox(later)
    assert bytes_of(expired, "staffing") == []
