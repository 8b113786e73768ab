"""The door: what is let in, what is kept out, and what the one who delivered it is told."""

import gzip
import os

import pytest

from tests.unit.deliveries import FORECAST_HEADER, forecast, forecast_row, ledger, ledger_row


def refusal(report):
    """The one refused delivery of a load."""
    (delivery,) = report.refused
    return delivery


@pytest.mark.parametrize(
    ("name", "content", "rule", "told"),
    [
        ("forecast/ledningsportalen/a.csv", b"", "empty_file", "tom"),
        ("forecast/ledningsportalen/a.csv", forecast().replace("Prognos", "Belopp").encode(), "header", "'Prognos'"),
        ("forecast/ledningsportalen/a.csv", forecast().replace("År;", "År;År;").encode(), "header", "flera gånger"),
        ("forecast/ledningsportalen/a.csv", forecast().encode("cp1252"), "encoding", "utf-8 (vid byte 13)"),
        ("forecast/ledningsportalen/a.csv", forecast().encode() + b"\0", "nul_characters", "NUL"),
        ("forecast/ledningsportalen/a.csv", (FORECAST_HEADER + "\n").encode(), "no_rows", "inga rader"),
        ("forecast/ledningsportalen/a.csv.gz", gzip.compress(forecast().encode())[:-20], "broken_gzip", "tar slut"),
        ("forecast/okänd/a.csv", forecast().encode(), "no_source", "ledningsportalen"),
        ("prognoser/a.csv", forecast().encode(), "no_feed", "forecast"),
        ("a.csv", forecast().encode(), "no_feed", "forecast"),
        ("plan/a.csv", b"x", "no_source", "jamtland"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_by_name_and_rule(
    deliver, load_inbox, query, directory, name, content, rule, told
):
    deliver(name, content)

    delivery = refusal(load_inbox())

    assert (delivery.rule, told in delivery.reason) == (rule, True), delivery.reason
    assert query("select status, rule, rows_in from raw.delivery") == [("refused", rule, 0)]
    assert not list(directory.inbox.rglob("*.csv*"))
    kept = directory.refused / (name if "/" in name else f"_unknown/{name}")
    assert kept.read_bytes() == content
    assert told in kept.with_name(f"{kept.name}.txt").read_text(encoding="utf-8")


def test_a_refused_file_does_not_keep_the_others_out(deliver, load_inbox, query):
    deliver("forecast/ledningsportalen/a.csv", b"")
    deliver("forecast/ledningsportalen/b.csv", forecast())

    report = load_inbox()

    assert [delivery.status for delivery in report.deliveries] == ["refused", "loaded"]
    assert query("select count(*) from raw.forecast") == [(1,)]


def test_a_refused_file_is_tried_again_when_its_contract_has_changed(deliver, load_inbox, intake, query, directory):
    from dataclasses import replace

    deliver("forecast/ledningsportalen/a.csv", forecast().replace("Kommentar", "Notering"))
    load_inbox()
    assert not load_inbox().deliveries, "the same contract refuses once"
    contract = intake.contracts["forecast"]
    source = contract.sources["ledningsportalen"]
    mended = replace(source, headers={**source.headers, "comment": "Notering"})
    changed = replace(contract, sources={source.name: mended}, digest="another")

    report = load_inbox(replace(intake, contracts={**intake.contracts, "forecast": changed}))

    assert [delivery.status for delivery in report.deliveries] == ["loaded"]
    assert query("select status from raw.delivery order by sequence") == [("refused",), ("loaded",)]
    assert not [path for path in directory.refused.rglob("*") if path.is_file()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_with_and_without_a_byte_order_mark(deliver, load_inbox, query, encoding):
    deliver("forecast/ledningsportalen/a.csv", forecast(), encoding)
    load_inbox()
    assert query("select action_id, forecast_sek from raw.forecast") == [("RD-A01", 15_600_000)]


@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-1", "utf-16", "utf-8"])
def test_text_is_read_in_the_encoding_of_the_contract(deliver, load_inbox, intake, query, encoding):
    from dataclasses import replace

    contract = intake.contracts["ledger"]
    source = replace(contract.sources["ekonomisystem"], encoding=encoding)
    changed = replace(contract, sources={source.name: source})
    deliver("ledger/ekonomisystem/a.csv", ledger(ledger_row(text="Kaffe på överläkarmöte")), encoding)

    load_inbox(replace(intake, contracts={**intake.contracts, "ledger": changed}))

    assert query("select text, company, chart from raw.ledger") == [("Kaffe på överläkarmöte", "1000", "region_bas")]


def test_a_packed_file_is_known_by_its_bytes_not_its_name(deliver, load_inbox, query):
    deliver("forecast/ledningsportalen/packad.csv", gzip.compress(forecast().encode()))
    load_inbox()
    assert query("select count(*) from raw.forecast") == [(1,)]


def test_a_file_name_is_never_a_pattern(deliver, load_inbox, query):
    deliver("ledger/ekonomisystem/ledger[1]*.csv", ledger(ledger_row(amount="1,00")), "cp1252")
    deliver("ledger/ekonomisystem/ledger1.csv", ledger(ledger_row(amount="2,00")), "cp1252")
    load_inbox()
    assert query("select file_name, sum_accepted from raw.delivery order by 2") == [
        ("ledger[1]*.csv", 1),
        ("ledger1.csv", 2),
    ]


def test_hidden_files_wait(deliver, load_inbox, directory):
    hidden = deliver("forecast/ledningsportalen/.a.csv.part", "halv")
    assert not load_inbox().deliveries
    assert hidden.exists()


def test_what_stands_where_headers_should_be_is_not_repeated(deliver, load_inbox):
    deliver("forecast/ledningsportalen/a.csv", "Anna Andersson;anna@example.org\n")
    delivery = refusal(load_inbox())
    assert (delivery.rule, "saknar rubrikrad" in delivery.reason, "Anna" in delivery.reason) == ("header", True, False)


def test_links_and_pipes_are_refused_and_keep_nobody_out(deliver, load_inbox, directory):
    deliver("forecast/ledningsportalen/z.csv", forecast())
    folder = directory.inbox / "forecast" / "ledningsportalen"
    (folder / "a.csv").symlink_to(folder / "nowhere.csv")
    os.mkfifo(folder / "b.csv")

    report = load_inbox()

    assert [(d.file_name, d.status, d.rule) for d in report.deliveries] == [
        ("a.csv", "refused", "not_a_file"),
        ("b.csv", "refused", "not_a_file"),
        ("z.csv", "loaded", None),
    ]
    assert not load_inbox().deliveries


def test_an_unclosed_quote_that_swallows_a_file_refuses_it_with_its_line(deliver, load_inbox, query):
    rows = [ledger_row(line=line) for line in range(20_000)]
    rows[10_000] = rows[10_000].replace(";1110;", ';"1110;')
    deliver("ledger/ekonomisystem/a.csv", ledger(*rows), "cp1252")

    delivery = refusal(load_inbox())

    assert (delivery.rule, "raden är 10002" in delivery.reason) == ("quotes", True), delivery.reason
    assert query("select count(*) from raw.ledger") == [(0,)]


def test_a_line_break_within_quotes_and_blank_lines_lose_no_row(deliver, load_inbox, query):
    content = forecast(forecast_row("A1", comment='"två\nrader"'), "", forecast_row("A2"), "", "")
    deliver("forecast/ledningsportalen/a.csv", content)
    load_inbox()
    assert query("select action_id, comment from raw.forecast order by 1") == [("A1", "två\nrader"), ("A2", None)]


def test_a_refused_file_never_takes_the_place_of_another(deliver, load_inbox, directory):
    deliver("forecast/ledningsportalen/x.csv.txt", b"one")
    load_inbox()
    deliver("forecast/ledningsportalen/x.csv", b"two")
    load_inbox()
    deliver("forecast/ledningsportalen/x.csv", b"three")
    load_inbox()
    kept = {path.read_bytes() for path in directory.refused.rglob("*") if path.is_file()}
    assert {b"one", b"two", b"three"} <= kept
    assert not load_inbox().deliveries


def test_the_same_bytes_for_two_sources_are_refused_not_dropped(deliver, load_inbox):
    deliver("plan/jamtland/a.csv", b"")
    deliver("forecast/ledningsportalen/a.csv", b"")
    assert len(load_inbox().refused) == 2
    assert not load_inbox().deliveries, "each is judged once"


def test_a_packed_bomb_is_refused_while_it_is_unpacked(deliver, load_inbox, directory):
    deliver("forecast/ledningsportalen/bomb.csv.gz", gzip.compress(b"a;b\n" * (20 << 20), mtime=0))
    (delivery,) = load_inbox().deliveries
    assert (delivery.status, delivery.rule) == ("refused", "unpacks_too_large")
    assert not list(directory.build.glob("intake-*")), "nothing that was unpacked is left"
