"""The door: what is let in, what is kept out, and what the one who delivered it is told."""

import gzip

import pytest

from tests.unit.deliveries import FORECAST_HEADER, forecast, ledger, ledger_row


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
    assert (directory.refused / name).read_bytes() == content
    assert told in (directory.refused / f"{name}.txt").read_text(encoding="utf-8")


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
