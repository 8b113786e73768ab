"""The load: rows, sums, slices and history. Nothing lost, nothing twice."""

from dataclasses import replace
from datetime import date

import duckdb
import pytest

from orchestration.errors import ContractError, NettoeffektError
from tests.unit.deliveries import forecast, forecast_row, ledger, ledger_row, with_contract


def test_rows_in_are_accepted_or_quarantined_and_so_are_their_sums(deliver, load_inbox, intake, query):
    contract = replace(intake.contracts["forecast"], max_quarantined_share_pct=100)
    rows = [
        forecast_row("A1", "1,5"),
        forecast_row("A2", "två"),
        forecast_row("", "4"),
        "bara;tre;kolumner",
        '2024-09-16;A5;2024;2024-07;2024-09-16 08:00;5;;Nej;;;"öppet citat;Controller',
        forecast_row("A6", "7,25"),
    ]
    deliver("forecast/ledningsportalen/a.csv", forecast(*rows))

    load_inbox(replace(intake, contracts={**intake.contracts, "forecast": contract}))

    assert query(
        "select rows_in, rows_accepted, rows_quarantined, rows_left_out, sum_in, sum_accepted, sum_quarantined,"
        " rows_without_sum from raw.delivery"
    ) == [(6, 1, 5, 0, 5_500_000, 1_500_000, 4_000_000, 4)]
    assert query("select row_number, column_name, rule from raw.quarantine order by 1") == [
        (2, "forecast_sek", "number"),
        (3, "action_id", "required"),
        (4, None, "columns"),
        (5, None, "columns"),
        (6, None, "columns"),
    ]


def test_a_quarantined_row_keeps_its_text_place_and_amount(deliver, load_inbox, query):
    rows = [forecast_row(f"A{n}", "1") for n in range(30)]
    deliver("forecast/ledningsportalen/a.csv", forecast(*rows, forecast_row("", "2,5", "ring 070-123 45 67")))
    load_inbox()
    ((row, reason, text, amount),) = query("select row_number, reason, text, amount_sek from raw.quarantine")
    assert (row, reason, amount) == (31, "action_id: värde saknas", 2_500_000)
    assert "Kommentar=ring [telefon]" in text


def test_row_numbers_are_those_of_the_file_with_broken_lines_between(deliver, load_inbox, intake, query):
    contract = replace(intake.contracts["forecast"], max_quarantined_share_pct=100)
    rows = [forecast_row("A1"), "fel", forecast_row("A3"), "fel", "fel", forecast_row("A6")]
    deliver("forecast/ledningsportalen/a.csv", forecast(*rows))
    load_inbox(replace(intake, contracts={**intake.contracts, "forecast": contract}))
    assert query("select action_id, _row_number from raw.forecast order by 2") == [("A1", 1), ("A3", 3), ("A6", 6)]
    assert query("select row_number from raw.quarantine order by 1") == [(2,), (4,), (5,)]


def test_above_the_contracts_share_of_quarantined_rows_the_whole_file_is_refused(deliver, load_inbox, query):
    deliver("forecast/ledningsportalen/a.csv", forecast(forecast_row("A1"), forecast_row("A2", "x")))

    (delivery,) = load_inbox().refused

    assert delivery.rule == "quarantine_limit"
    assert "1 av 2 rader" in delivery.reason
    assert "datarad 2, forecast_sek" in delivery.reason
    assert query("select count(*) from raw.forecast union all select count(*) from raw.quarantine") == [(0,), (0,)]


def test_the_same_bytes_under_another_name_load_nothing(deliver, load_inbox, query, directory):
    deliver("forecast/ledningsportalen/a.csv", forecast())
    load_inbox()
    deliver("forecast/ledningsportalen/b.csv", forecast())

    load_inbox()

    assert query("select file_name, status from raw.delivery order by sequence") == [
        ("a.csv", "loaded"),
        ("b.csv", "duplicate"),
    ]
    assert query("select count(*) from raw.forecast") == [(1,)]
    assert not list(directory.inbox.rglob("*.csv"))


def test_a_correction_empties_the_months_it_leaves_out(deliver, load_inbox, query):
    first = [ledger_row("2024-01"), ledger_row("2024-02", line=2), ledger_row("2024-03", line=3)]
    deliver("ledger/ekonomisystem/a.csv", ledger(*first), "cp1252")
    load_inbox()
    deliver(
        "ledger/ekonomisystem/b.csv", ledger(ledger_row("2024-01", "90,00"), ledger_row("2024-03", line=3)), "cp1252"
    )

    load_inbox()

    current = "select month, row_count, amount_sum from raw.delivery_slice where superseded_by is null order by 1"
    assert query(current) == [(date(2024, 1, 1), 1, 90), (date(2024, 2, 1), 0, None), (date(2024, 3, 1), 1, 100)]
    assert query("select count(*), sum(amount_sek) from raw.ledger") == [(5, 490)], "what was replaced stays queryable"
    assert query("select count(*) from raw.delivery_slice where superseded_at is not null") == [(3,)]


def test_the_version_known_last_counts_whatever_the_order_of_arrival(deliver, load_inbox, query):
    deliver("ledger/ekonomisystem/new.csv", ledger(ledger_row(amount="90,00", known="2024-06-12")), "cp1252")
    load_inbox()
    deliver("ledger/ekonomisystem/old.csv", ledger(ledger_row(amount="100,00", known="2024-02-12")), "cp1252")

    load_inbox()

    current = "select known_from, amount_sum from raw.delivery_slice where superseded_by is null"
    assert query(current) == [(date(2024, 6, 12), 90)]


def test_append_only_feeds_keep_every_delivery(deliver, load_inbox, query):
    deliver("forecast/ledningsportalen/new.csv", forecast(forecast_row(known="2024-09-16")))
    deliver("forecast/ledningsportalen/old.csv", forecast(forecast_row(known="2024-05-20")))
    load_inbox()
    assert query("select known_from, superseded_by is null from raw.delivery_slice order by 1") == [
        (date(2024, 5, 20), True),
        (date(2024, 9, 16), True),
    ]


def test_known_from_is_the_extract_date_of_the_file_else_the_date_of_the_run(deliver, load_inbox, intake, query):
    contract = intake.contracts["ledger"]
    source = replace(
        contract.sources["ekonomisystem"], extract_date_header=None, ignored_headers=("uttagsdatum",), name="utan_datum"
    )
    changed = replace(contract, sources={source.name: source})
    deliver("forecast/ledningsportalen/a.csv", forecast(forecast_row(known="2024-05-20")))
    deliver("ledger/utan_datum/a.csv", ledger(ledger_row()), "cp1252")
    load_inbox(replace(intake, contracts={**intake.contracts, "ledger": changed}))
    assert query("select feed, known_from from raw.delivery order by 1") == [
        ("forecast", date(2024, 5, 20)),
        ("ledger", date(2025, 1, 31)),
    ]


def test_two_extract_dates_in_one_file_are_refused(deliver, load_inbox):
    rows = [forecast_row("A1", known="2024-05-20"), forecast_row("A2", known="2024-05-21")]
    deliver("forecast/ledningsportalen/a.csv", forecast(*rows))
    (delivery,) = load_inbox().refused
    assert (delivery.rule, "2024-12-31" in delivery.reason) == ("extract_date", True)


@pytest.mark.parametrize(
    ("date_format", "told", "example"),
    [
        ("excel_serial", "45551", "45657"),
        ("%-d %b %Y", "16 sep 2024", "31 dec 2024"),
        ("%d %B %Y", "16 september 2024", "31 december 2024"),
    ],
)
def test_the_extract_date_is_read_in_every_format_of_dates(
    deliver, load_inbox, intake, query, date_format, told, example
):
    contract = intake.contracts["forecast"]
    source = replace(contract.sources["ledningsportalen"], date_format=date_format)
    changed = with_contract(intake, replace(contract, sources={"ledningsportalen": source}))
    deliver("forecast/ledningsportalen/a.csv", forecast(forecast_row(known=told)))
    deliver("forecast/ledningsportalen/b.csv", forecast(forecast_row(known="2024-09-16")))

    (refused,) = load_inbox(changed).refused

    assert query("select known_from from raw.delivery where status = 'loaded'") == [(date(2024, 9, 16),)]
    assert (refused.rule, f"som {example}." in refused.reason) == ("extract_date", True)


def test_landing_keeps_the_bytes_and_a_receipt_that_cannot_be_changed(deliver, load_inbox, directory):
    content = forecast().encode()
    deliver("forecast/ledningsportalen/a.csv", content)
    load_inbox()
    receipt, kept = sorted(directory.landing.glob("forecast/*"), key=lambda path: path.suffix, reverse=True)
    assert kept.read_bytes() == content
    assert receipt.suffix == ".json"
    assert [path.stat().st_mode & 0o777 for path in (kept, receipt)] == [0o400, 0o400]
    assert directory.landing.stat().st_mode & 0o777 == 0o700


def test_a_build_that_is_lost_comes_back_equal_from_landing(deliver, load_inbox, query, directory):
    deliver("ledger/ekonomisystem/a.csv", ledger(ledger_row("2024-01"), ledger_row("2024-02", line=2)), "cp1252")
    deliver("forecast/ledningsportalen/a.csv", b"")
    load_inbox()
    deliver("ledger/ekonomisystem/b.csv", ledger(ledger_row("2024-01", "1,00")), "cp1252")
    deliver("ledger/ekonomisystem/c.csv", ledger(ledger_row("2024-01", "1,00")), "cp1252")
    load_inbox()
    tables = ["raw.ledger", "raw.delivery_slice", "raw.quarantine", "raw.feed_column"]
    tables.append("(select * exclude (rows_in) from raw.delivery)")
    before = [query(f"select * from {table} order by all") for table in tables]
    directory.main.warehouse.unlink()

    load_inbox()

    assert [query(f"select * from {table} order by all") for table in tables] == before


@pytest.mark.parametrize(
    ("amount", "sek"),
    [
        ("15,6", 15_600_000),
        ("-0,5", -500_000),
        ("\N{MINUS SIGN}2", -2_000_000),
        ("0", 0),
        ("0,000000001", None),
        ("1.5", None),
        ("15,6¹", None),
        ("1,5 mkr", None),
    ],
)
def test_amounts_are_read_by_the_contracts_marks_and_unit_or_not_at_all(deliver, load_inbox, query, amount, sek):
    filler = [forecast_row(f"A{n}", "1") for n in range(30)]
    deliver("forecast/ledningsportalen/a.csv", forecast(*filler, forecast_row("B", amount)))
    load_inbox()
    assert query("select forecast_sek from raw.forecast where action_id = 'B'") == ([] if sek is None else [(sek,)])
    assert query("select count(*) from raw.quarantine") == [(0 if sek is not None else 1,)]


def test_a_date_must_be_written_as_the_contract_says(deliver, load_inbox, query):
    filler = [ledger_row(line=n) for n in range(100)]
    deliver("ledger/ekonomisystem/a.csv", ledger(*filler, ledger_row("2024-1", line=101)), "cp1252")
    load_inbox()
    ((rule, reason),) = query("select rule, reason from raw.quarantine")
    assert (rule, "month: är inte en månad" in reason) == ("month", True)


def test_a_month_whose_rows_are_all_quarantined_keeps_its_earlier_version(deliver, load_inbox, intake, query):
    contract = replace(intake.contracts["ledger"], max_quarantined_share_pct=100)
    lenient = replace(intake, contracts={**intake.contracts, "ledger": contract})
    first = [ledger_row(f"2024-0{month}", line=month) for month in (1, 2, 3)]
    deliver("ledger/ekonomisystem/a.csv", ledger(*first), "cp1252")
    load_inbox(lenient)
    second = [ledger_row("2024-01", "1,00"), ledger_row("2024-02", "fel"), ledger_row("2024-03", "3,00")]
    deliver("ledger/ekonomisystem/b.csv", ledger(*second), "cp1252")

    load_inbox(lenient)

    current = "select month, amount_sum from raw.delivery_slice where superseded_by is null order by 1"
    assert query(current) == [(date(2024, 1, 1), 1), (date(2024, 2, 1), 100), (date(2024, 3, 1), 3)]


@pytest.mark.parametrize(
    ("row", "rule", "told"),
    [(ledger_row(known="2205-12-01"), "extract_date", "2205-12-01"), (ledger_row("2204-01"), "month_span", "2204-01")],
)
def test_dates_that_cannot_be_meant_are_refused(deliver, load_inbox, row, rule, told):
    deliver("ledger/ekonomisystem/a.csv", ledger(row), "cp1252")
    (delivery,) = load_inbox().refused
    assert (delivery.rule, told in delivery.reason) == (rule, True)


def test_a_replay_that_cannot_read_what_was_loaded_ends_the_run(deliver, load_inbox, intake, directory):
    deliver("forecast/ledningsportalen/a.csv", forecast())
    load_inbox()
    directory.main.warehouse.unlink()
    contract = intake.contracts["forecast"]
    source = contract.sources["ledningsportalen"]
    broken = replace(source, headers={**source.headers, "comment": "Notering"})
    changed = replace(contract, sources={source.name: broken})

    with pytest.raises(ContractError, match=r"a\.csv in landing.*It has been loaded before"):
        load_inbox(replace(intake, contracts={**intake.contracts, "forecast": changed}))
    assert not load_inbox().deliveries
    with duckdb.connect(str(directory.main.warehouse)) as build:
        assert build.execute("select count(*) from raw.forecast").fetchall() == [(1,)]


def test_bytes_altered_in_landing_are_not_replayed(deliver, load_inbox, directory):
    deliver("forecast/ledningsportalen/a.csv", forecast())
    load_inbox()
    directory.main.warehouse.unlink()
    (kept,) = [path for path in directory.landing.rglob("*") if path.is_file() and path.suffix != ".json"]
    kept.chmod(0o600)
    kept.write_text(forecast(forecast_row(amount="99")))
    with pytest.raises(NettoeffektError, match="lost or altered"):
        load_inbox()
