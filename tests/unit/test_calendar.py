"""Due dates follow the contracts and Swedish working days, and the committed calendar is what they give."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from orchestration.intake.calendar import (
    FILE_NAME,
    CalendarRow,
    calendar_rows,
    calendar_text,
    due_date,
    is_working_day,
    main,
    months_spanned,
)
from orchestration.intake.contract import Contract, DueRule
from orchestration.intake.contracts import load_contracts
from orchestration.settings import CHECKOUT

COMMITTED = CHECKOUT / "seeds" / "reference" / FILE_NAME


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return load_contracts(CHECKOUT / "expectations" / "contracts")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 5, 20), True),  # a Monday
        (date(2024, 4, 20), False),  # a Saturday
        (date(2024, 10, 20), False),  # a Sunday
        (date(2025, 4, 21), False),  # Easter Monday
        (date(2024, 6, 6), False),  # the national day
        (date(2025, 6, 20), False),  # midsummer eve
        (date(2024, 6, 21), False),  # midsummer eve
        (date(2025, 6, 27), True),  # the Friday after midsummer
        (date(2024, 12, 24), False),  # Christmas eve
        (date(2024, 12, 31), False),  # New Year's eve
        (date(2024, 12, 30), True),
    ],
)
def test_swedish_working_days(day: date, expected: bool) -> None:
    assert is_working_day(day) is expected


@pytest.mark.parametrize(
    ("month", "rule", "expected"),
    [
        (date(2024, 4, 1), DueRule(20, 1), date(2024, 5, 20)),
        (date(2024, 3, 1), DueRule(20, 1), date(2024, 4, 22)),  # from a Saturday over the week-end
        (date(2025, 3, 1), DueRule(20, 1), date(2025, 4, 22)),  # from Easter Sunday over Easter Monday
        (date(2025, 5, 1), DueRule(20, 1), date(2025, 6, 23)),  # from midsummer eve over the week-end
        (date(2024, 12, 1), DueRule(20, 1), date(2025, 1, 20)),  # into the next year
        (date(2024, 11, 1), DueRule(24, 1), date(2024, 12, 27)),  # from Christmas eve over Boxing Day
        (date(2024, 1, 1), DueRule(31, 1), date(2024, 2, 29)),  # a day that February lacks
        (date(2024, 1, 1), DueRule(15, 0), date(2024, 1, 15)),
    ],
)
def test_a_due_date_moves_to_the_next_working_day(month: date, rule: DueRule, expected: date) -> None:
    assert due_date(month, rule) == expected


def test_the_committed_calendar_is_what_the_contracts_give(contracts: dict[str, Contract]) -> None:
    rows = calendar_rows(contracts, *months_spanned(COMMITTED))
    assert calendar_text(rows) == COMMITTED.read_text(encoding="utf-8")


def test_feeds_without_a_due_rule_are_not_in_the_calendar(contracts: dict[str, Contract]) -> None:
    rows = calendar_rows(contracts, date(2024, 12, 1), date(2024, 12, 1))
    assert rows == [
        CalendarRow("forecast", date(2024, 12, 1), date(2025, 1, 20)),
        CalendarRow("hired_staff", date(2024, 12, 1), date(2025, 1, 20)),
        CalendarRow("ledger", date(2024, 12, 1), date(2025, 1, 15)),
        CalendarRow("staffing", date(2024, 12, 1), date(2025, 1, 20)),
    ]


def test_nothing_is_due_before_the_first_month_of_its_rule(contracts: dict[str, Contract]) -> None:
    rows = calendar_rows(contracts, *months_spanned(COMMITTED))
    firsts = {row.scope: row.month for row in reversed(rows)}
    assert firsts == {
        "forecast": date(2024, 1, 1),
        "hired_staff": date(2023, 1, 1),
        "ledger": date(2022, 1, 1),
        "staffing": date(2022, 12, 1),
    }


def test_of_two_sources_only_those_whose_first_month_has_come_count(contracts: dict[str, Contract]) -> None:
    source = contracts["forecast"].sources["ledningsportalen"]
    later = replace(source, name="sen", due_rule=DueRule(25, 1, date(2024, 2, 1)))
    contract = replace(contracts["forecast"], sources={source.name: source, later.name: later})
    rows = calendar_rows({"forecast": contract}, date(2024, 1, 1), date(2024, 2, 1))
    assert [row.due_date for row in rows] == [date(2024, 2, 20), date(2024, 3, 25)]


def test_of_two_sources_the_later_due_date_counts(contracts: dict[str, Contract]) -> None:
    source = contracts["forecast"].sources["ledningsportalen"]
    late = replace(source, name="sen", due_rule=DueRule(25, 1))
    contract = replace(contracts["forecast"], sources={source.name: source, late.name: late})
    rows = calendar_rows({"forecast": contract}, date(2024, 1, 1), date(2024, 1, 1))
    assert [row.due_date for row in rows] == [date(2024, 2, 26)]


def test_the_calendar_can_be_extended_and_keeps_what_it_spans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contracts: dict[str, Contract]
) -> None:
    monkeypatch.setenv("NETTOEFFEKT_REFERENCE", str(tmp_path))
    monkeypatch.setattr("orchestration.intake.calendar.load_contracts", lambda folder: contracts)
    file = tmp_path / FILE_NAME
    file.write_bytes(COMMITTED.read_bytes())
    assert main([]) == 0
    assert file.read_bytes() == COMMITTED.read_bytes()
    first, last = months_spanned(COMMITTED)
    extended = date(last.year + 1, 1, 1)
    assert main(["--to", f"{extended:%Y-%m}"]) == 0
    assert months_spanned(file) == (first, extended)
    assert set(COMMITTED.read_text().splitlines()) < set(file.read_text().splitlines())


def test_a_calendar_that_cannot_be_read_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NETTOEFFEKT_REFERENCE", str(tmp_path))
    file = tmp_path / FILE_NAME
    file.write_text("scope,month,due_date\nforecast,okt,2024-11-20\n", encoding="utf-8")
    assert main([]) == 2
    assert capsys.readouterr().err.startswith(f"{FILE_NAME}: ")
    assert "okt" in file.read_text(encoding="utf-8")
    assert main(["--from", "2024-02", "--to", "2024-01"]) == 2
    assert capsys.readouterr().err.startswith("--from: ")
