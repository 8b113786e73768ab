"""Control L4: a unit or sign that is wrong keeps a file out; a person may accept it, and that is remembered."""

from dataclasses import replace

import pytest

from orchestration.intake.door import digest
from tests.unit.deliveries import ledger, ledger_row

HISTORY = [ledger_row(f"2024-0{month}", amount=f"{1000 + month},00") for month in range(1, 5)]


@pytest.fixture
def history(deliver, load_inbox):
    """Four months of about a thousand kronor each."""
    deliver("ledger/ekonomisystem/history.csv", ledger(*HISTORY))
    load_inbox()


@pytest.mark.parametrize(
    ("amount", "rule"),
    [
        ("1002000,00", "magnitude"),
        ("0,99", "magnitude"),
        ("998000000,00", "magnitude"),
        ("-1005,00", "sign"),
        ("5000,00", None),
        ("-90000,00", None),
        ("100000,00", None),
    ],
)
def test_amounts_that_cannot_be_meant_keep_the_file_out(deliver, load_inbox, query, history, amount, rule):
    deliver("ledger/ekonomisystem/may.csv", ledger(ledger_row("2024-05", amount=amount)))
    (delivery,) = load_inbox().deliveries
    assert (delivery.status, delivery.rule) == (("refused", rule) if rule else ("loaded", None))
    assert query("select count(*) from raw.ledger") == [(4 if rule else 5,)]
    if rule:
        assert "--accept" in delivery.reason


def test_a_correction_is_held_against_history_too(deliver, load_inbox, query, history):
    deliver("ledger/ekonomisystem/again.csv", ledger(*(row.replace("100", "-100") for row in HISTORY)))
    (delivery,) = load_inbox().deliveries
    assert (delivery.status, delivery.rule) == ("refused", "sign")
    assert query("select count(*) from raw.delivery_slice where superseded_by is not null") == [(0,)]


def test_without_history_nothing_can_be_said(deliver, load_inbox):
    deliver("ledger/ekonomisystem/a.csv", ledger(*HISTORY[:2]))
    load_inbox()
    deliver("ledger/ekonomisystem/b.csv", ledger(ledger_row("2024-05", amount="1002000,00")))
    assert [delivery.status for delivery in load_inbox().deliveries] == ["loaded"]


def test_an_accepted_file_is_loaded_with_its_reason_and_stays_so(
    deliver, load_inbox, intake, directory, query, history
):
    file = deliver("ledger/ekonomisystem/may.csv", ledger(ledger_row("2024-05", amount="1002000,00")))
    identity = digest(file)
    load_inbox()
    (delivery,) = load_inbox(replace(intake, accepted={identity: "Engångsköp av mark, ring 070-123 45 67"})).deliveries
    told = ("loaded", "accepted", "Godtagen trots belopp som avviker: Engångsköp av mark, ring [telefon]")
    assert (delivery.status, delivery.rule, delivery.reason) == told
    directory.main.warehouse.unlink()
    load_inbox()
    assert (
        query("select status, rule, reason from raw.delivery where delivery_id = ? order by sequence", identity)[-1]
        == told
    )
    assert query("select count(*) from raw.ledger") == [(5,)]


def test_what_was_replaced_and_comes_again_is_named(deliver, load_inbox, query, history):
    deliver("ledger/ekonomisystem/new.csv", ledger(*(row.replace(",00", ",50") for row in HISTORY)))
    load_inbox()
    deliver("ledger/ekonomisystem/old-again.csv", ledger(*HISTORY))
    (delivery,) = load_inbox().deliveries
    assert (delivery.status, delivery.rule) == ("duplicate", "superseded_again")
    assert "den nyare versionen gäller" in delivery.reason


def test_the_same_bytes_that_still_count_are_a_plain_duplicate(deliver, load_inbox, history):
    deliver("ledger/ekonomisystem/copy.csv", ledger(*HISTORY))
    assert [d.rule for d in load_inbox().deliveries] == ["same_bytes"]
