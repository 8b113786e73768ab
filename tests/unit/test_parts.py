"""A large text is read in parts, side by side: the same rows, with the same numbers, as in one."""

import pytest

from orchestration.intake import decode
from tests.unit.deliveries import ledger, ledger_row

ROWS = [ledger_row(line=number, text=f"rad {number}") for number in range(1, 401)]


@pytest.fixture(params=[None, 2_000, 10_000])
def _part_size(request, monkeypatch):
    """One part, parts of some thirty rows, and parts of more than a hundred."""
    whole = decode.write_text
    monkeypatch.setattr(decode, "CHUNK", 256)
    monkeypatch.setattr(
        *(decode, "write_text"),
        lambda path, source, folder, part_size=request.param: whole(path, source, folder, part_size),
    )


@pytest.mark.parametrize(
    ("changes", "quarantined"),
    [
        ({}, []),
        ({50: ledger_row(line=50, amount="x"), 350: ledger_row(line=350, amount="")}, [50, 350]),
        ({50: "bara;tre;kolumner", 320: ledger_row("2024-13", line=320)}, [50, 320]),
        ({80: ledger_row(line=80, text='"två\nrader"'), 300: ledger_row(line=300, amount="x")}, [300]),
        ({400: ledger_row(line=400) + "\r\n\r\n\r\n"}, []),
    ],
    ids=["regular", "faulty", "columns", "line break in quotes", "blank end"],
)
@pytest.mark.usefixtures("_part_size")
def test_rows_and_their_numbers_do_not_depend_on_the_parts(deliver, load_inbox, query, changes, quarantined):
    rows = [changes.get(number, row) for number, row in enumerate(ROWS, 1)]
    deliver("ledger/ekonomisystem/a.csv", ledger(*rows), "cp1252")

    load_inbox()

    assert query("select rows_in, rows_quarantined from raw.delivery") == [(400, len(quarantined))]
    assert query("select row_number from raw.quarantine order by 1") == [(number,) for number in quarantined]
    accepted = [number for number in range(1, 401) if number not in quarantined]
    assert query("select _row_number, cast(voucher_line as int) from raw.ledger order by 1") == [
        (number, number) for number in accepted
    ]


@pytest.mark.usefixtures("_part_size")
def test_blank_lines_between_are_no_rows(deliver, load_inbox, query):
    rows = [*ROWS[:80], "", "", *ROWS[80:]]
    deliver("ledger/ekonomisystem/a.csv", ledger(*rows), "cp1252")
    load_inbox()
    assert query("select count(*), max(_row_number) from raw.ledger") == [(400, 400)]
