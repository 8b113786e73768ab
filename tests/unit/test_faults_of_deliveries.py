"""What files do on bad days: names, shapes, clocks. Each is taken whole, or kept out by name and rule."""

import unicodedata
from dataclasses import replace
from datetime import date, datetime

import pytest

from orchestration.errors import NettoeffektError
from tests.unit.deliveries import FORECAST_HEADER, forecast, forecast_row, ledger, ledger_row

FORECASTS = "forecast/ledningsportalen/"


@pytest.mark.parametrize(
    "name",
    [
        "ledger[1].csv",
        "a'; drop table raw.forecast;--.csv",
        '"quoted".csv',
        unicodedata.normalize("NFD", "prognos för mållinjen å.csv"),
        "-rf.csv",
        "$(touch owned).csv",
        "x" * 251 + ".csv",  # 255 characters, the most a file system takes
        "två rader\ni ett namn.csv",
        "..csv..csv"[1:],
    ],
)
def test_a_name_is_only_a_name(deliver, load_inbox, query, directory, name):
    if name.startswith("."):
        name = f"a{name}"
    deliver(FORECASTS + name, forecast())
    (delivery,) = load_inbox().deliveries
    assert (delivery.status, delivery.file_name) == ("loaded", name)
    assert query("select file_name from raw.delivery") == [(name,)]
    assert query("select count(*) from raw.forecast") == [(1,)]
    assert not list(directory.inbox.rglob("*.csv"))


def test_a_person_in_the_name_of_a_file_is_masked(deliver, load_inbox, query):
    deliver(f"{FORECASTS}avser 701063-2391.csv", forecast())
    (delivery,) = load_inbox().deliveries
    assert (delivery.status, delivery.file_name) == ("loaded", "avser [personnummer].csv")
    assert query("select file_name from raw.delivery") == [("avser [personnummer].csv",)]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (forecast().replace(";", ","), "header"),  # another delimiter
        (forecast().replace(";Kommentar", ""), "header"),  # a column missing
        (forecast().replace("Kommentar", "Komentar"), "header"),  # a column renamed
        (forecast().replace(FORECAST_HEADER, FORECAST_HEADER + ";Ny kolumn"), "header"),  # a column added
        (forecast().encode("utf-8").decode("cp1252"), "header"),  # mojibake
        (FORECAST_HEADER, "no_rows"),
        ("\n\n\n", "header"),
    ],
)
def test_a_file_of_another_shape_is_refused_by_rule(deliver, load_inbox, query, content, rule):
    deliver(FORECASTS + "a.csv", content)
    (delivery,) = load_inbox().refused
    assert delivery.rule == rule
    assert query("select count(*) from raw.forecast") == [(0,)]


def test_columns_in_another_order_are_the_same_file(deliver, load_inbox, query):
    rows = [line.split(";") for line in forecast().splitlines()]
    deliver(FORECASTS + "a.csv", "\n".join(";".join(reversed(row)) for row in rows) + "\n")
    load_inbox()
    assert query("select action_id, forecast_sek, submitted_by_role from raw.forecast") == [
        ("RD-A01", 15_600_000, "Controller")
    ]


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x.example";"klicka")', "+46+1", "@SUM(A1)", "-1+1|cmd"])
def test_text_that_looks_like_a_formula_is_kept_as_text(deliver, load_inbox, query, text):
    quoted = '"' + text.replace('"', '""') + '"'
    deliver(FORECASTS + "a.csv", forecast(forecast_row(comment=quoted)))
    load_inbox()
    assert query("select comment from raw.forecast") == [(text,)]


def test_codes_keep_their_zeros_and_lost_ones_stay_lost(deliver, load_inbox, query):
    """What Excel has made of 0110 is another code, and falls on UNMAPPED: nothing guesses it back."""
    rows = [ledger_row(line=1), ledger_row(line=2)]
    deliver(
        "ledger/ekonomisystem/a.csv", ledger(rows[0].replace(";1110;", ";0110;"), rows[1].replace(";1110;", ";110;"))
    )
    load_inbox()
    assert query("select cost_centre from raw.ledger order by _row_number") == [("0110",), ("110",)]


@pytest.mark.parametrize("written", ["45306", "31/01/24", "2024-02-30", "2023-02-29", "20240131"])
def test_a_date_of_another_form_is_quarantined_and_not_guessed(deliver, load_inbox, intake, query, written):
    contract = replace(intake.contracts["ledger"], max_quarantined_share_pct=100)
    row = ledger_row().replace("2024-01-15", written)
    deliver("ledger/ekonomisystem/a.csv", ledger(ledger_row(line=2), row))
    load_inbox(replace(intake, contracts={**intake.contracts, "ledger": contract}))
    assert query("select column_name, rule from raw.quarantine") == [("posting_date", "date")]
    assert query("select count(*) from raw.ledger") == [(1,)]


def test_a_leap_day_and_a_year_end_are_days(deliver, load_inbox, query):
    rows = [
        ledger_row("2024-02").replace("2024-02-15", "2024-02-29"),
        ledger_row("2024-12", line=2).replace("2024-12-15", "2024-12-31"),
    ]
    deliver("ledger/ekonomisystem/a.csv", ledger(*rows))
    load_inbox()
    assert query("select posting_date from raw.ledger order by 1") == [(date(2024, 2, 29),), (date(2024, 12, 31),)]


@pytest.mark.parametrize(
    ("submitted", "utc"),
    [
        ("2024-03-31 01:30", datetime(2024, 3, 31, 0, 30)),
        ("2024-03-31 03:30", datetime(2024, 3, 31, 1, 30)),
        ("2024-10-27 03:30", datetime(2024, 10, 27, 2, 30)),
    ],
)
def test_local_times_of_the_nights_when_clocks_change_are_read(deliver, load_inbox, query, submitted, utc):
    row = forecast_row(known="2025-01-10").replace("2024-09-16 08:00", submitted)
    deliver(FORECASTS + "a.csv", forecast(row))
    load_inbox()
    assert query("select submitted_at from raw.forecast") == [(utc,)]


def test_a_month_that_has_not_come_is_loaded_and_counts_when_it_has(deliver, load_inbox, query):
    deliver("ledger/ekonomisystem/a.csv", ledger(ledger_row("2025-03")))
    (delivery,) = load_inbox().deliveries
    assert delivery.status == "loaded"
    assert query("select month from raw.delivery_slice") == [(date(2025, 3, 1),)]


def test_a_month_a_century_away_is_taken_for_a_mistake(deliver, load_inbox):
    """Every month between would be emptied."""
    deliver("ledger/ekonomisystem/a.csv", ledger(ledger_row(), ledger_row("2124-01", line=2)))
    (delivery,) = load_inbox().deliveries
    assert (delivery.status, delivery.rule) == ("refused", "month_span")


def test_a_clock_that_jumps_back_changes_no_order(deliver, load_inbox, intake, query):
    """Which of two versions counts follows from what the files say and their sequence, not from the machine's clock."""
    undated = replace(intake, as_of=date(2025, 1, 31), now=datetime(2025, 1, 31, 5, 30))
    deliver("ledger/ekonomisystem/a.csv", ledger(ledger_row(amount="1,00")))
    load_inbox(undated)
    deliver("ledger/ekonomisystem/b.csv", ledger(ledger_row(amount="2,00")))
    load_inbox(replace(undated, now=datetime(2025, 1, 30, 23, 0)))
    ((amount,),) = query("select amount_sum from raw.delivery_slice where superseded_by is null")
    assert amount == 2


def test_a_landing_file_that_is_gone_ends_the_rebuild_with_its_name(deliver, load_inbox, directory):
    deliver(FORECASTS + "a.csv", forecast())
    load_inbox()
    (landed,) = [path for path in (directory.landing / "forecast").iterdir() if path.suffix != ".json"]
    landed.unlink()
    directory.main.warehouse.unlink()
    with pytest.raises(NettoeffektError, match=r"a\.csv are lost or altered"):
        load_inbox()


def test_an_identity_number_in_free_text_is_masked_and_counted(deliver, load_inbox, query):
    deliver(FORECASTS + "a.csv", forecast(forecast_row(comment="ring 19900101-9802 om detta")))
    load_inbox()
    assert query("select comment from raw.forecast") == [("ring [personnummer] om detta",)]
    assert query("select masked_values from raw.delivery") == [(1,)]


def test_landing_is_for_nobody_else(deliver, load_inbox, directory):
    deliver(FORECASTS + "a.csv", forecast())
    load_inbox()
    assert directory.landing.stat().st_mode & 0o777 == 0o700
    for path in directory.landing.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o400), path
