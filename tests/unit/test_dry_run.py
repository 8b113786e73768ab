"""A dry run shows what a load would make of a file, and leaves nothing behind."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from orchestration import console
from orchestration.errors import UsageError
from orchestration.intake.contract import ControlTotal, Layout
from orchestration.intake.dry_run import DryRun, SliceLine, dry_run
from tests.unit.deliveries import forecast, forecast_row, ledger, ledger_row, sie_ledger

TODAY = date(2025, 1, 31)
Try = Callable[..., DryRun]

PORTAL = "ledningsportalen"


@pytest.fixture
def attempt(contracts, tmp_path: Path) -> Try:
    """Tries a file's content by the project's contracts, or by others: attempt("ledger", "text", "ekonomisystem")."""

    def run(feed: str, content: str, source: str | None = None, contract=None, key=None) -> DryRun:
        file = tmp_path / "leverans.txt"
        file.write_bytes(content.encode("utf-8" if feed == "forecast" else "cp1252"))
        known = {**contracts, feed: contract} if contract else contracts
        return dry_run(known, file, feed, source, key, TODAY, TODAY)

    return run


def test_rows_sums_and_slices_are_those_of_the_load(attempt, intake, deliver, load_inbox, query):
    rows = [ledger_row("2024-01", "100,00"), ledger_row("2024-03", "-40,50", line=2, text="ring 070-123 45 67")]
    contract = replace(intake.contracts["ledger"], max_quarantined_share_pct=Decimal(50))
    content = ledger(*rows, ledger_row("2024-02", "fel", line=3, text="070-123 45 67"))
    tried = attempt("ledger", content, "ekonomisystem", contract)
    deliver("ledger/ekonomisystem/a.csv", content, "cp1252")
    load_inbox(replace(intake, contracts={**intake.contracts, "ledger": contract}))

    ((*counted, known_from),) = query(
        "select rows_in, rows_accepted, rows_quarantined, sum_in, sum_accepted, known_from from raw.delivery"
    )
    counts = tried.counts
    assert [counts.rows_in, counts.rows_accepted, counts.rows_quarantined, counts.sum_in, counts.sum_accepted] == [
        *(3, 2, 1, Decimal("59.50"), Decimal("59.50"))
    ]
    assert (tried.status, tried.known_from, tried.is_own_extract_date) == ("loaded", date(2025, 1, 10), True)
    assert (counted, known_from) == ([3, 2, 1, Decimal("59.50"), Decimal("59.50")], date(2025, 1, 10))
    slices = query("select slice_key, month, row_count, amount_sum from raw.delivery_slice order by 1")
    assert list(tried.slices) == [SliceLine(*line) for line in slices]
    assert [(line.month.month, line.row_count) for line in tried.slices] == [(1, 1), (3, 1)]  # February is quarantined
    kept = query("select row_number, column_name, rule, reason, text from raw.quarantine")
    assert [(3, line.column, line.rule, line.reason, line.text) for line in tried.quarantined] == kept
    assert tried.quarantined[0].place == "datarad 3"
    assert "text=[telefon]" in tried.quarantined[0].text
    assert tried.places == ("datarad 1", "datarad 2")
    assert tried.accepted["amount_sek"] == ("100.00", "-40.50")
    assert tried.accepted["text"] == (None, "ring [telefon]")
    assert {"project", "quantity"} <= set(tried.columns_without_value)
    assert not set(tried.columns_without_value) & set(tried.accepted)


def test_a_refused_file_shows_why_and_the_rows_behind_it(attempt):
    tried = attempt("forecast", forecast(forecast_row("A1"), forecast_row("A2", "x"), forecast_row("A3", "")), PORTAL)

    assert (tried.status, tried.rule, tried.counts, tried.slices) == ("refused", "quarantine_limit", None, ())
    assert [(line.place, line.column, line.rule) for line in tried.quarantined] == [
        ("datarad 2", "forecast_sek", "number"),
        ("datarad 3", "forecast_sek", "required"),
    ]


def test_a_date_that_has_not_come_refuses_as_in_a_load(attempt):
    assert attempt("ledger", ledger(ledger_row(known="2025-02-01")), "ekonomisystem").rule == "extract_date"


def test_rows_that_are_left_out_are_shown(attempt, contracts):
    contract = contracts["ledger"]
    source = replace(contract.sources["ekonomisystem"], left_out_rows={"konto": ("Summa",)})
    row = ledger_row(line=2).replace(";4010;", ";Summa;")
    changed = replace(contract, sources={"ekonomisystem": source})

    tried = attempt("ledger", ledger(ledger_row(), row), None, changed)

    assert (tried.counts.rows_left_out, tried.counts.sum_left_out) == (1, 100)
    assert [(line.place, line.rule) for line in tried.left_out] == [("datarad 2", None)]
    assert "konto=Summa" in tried.left_out[0].text


@pytest.mark.parametrize(
    "rules", [{"left_out_rows": {"konto": ("Summa",)}}, {"control_total": ControlTotal("antal", "Summa", "konto")}]
)
def test_a_file_without_the_headers_that_the_rules_of_its_rows_name_is_refused(attempt, contracts, rules):
    contract = contracts["ledger"]
    source = contract.sources["ekonomisystem"]
    headers = {column: header for column, header in source.headers.items() if header not in ("konto", "antal")}
    changed = replace(source, headers=headers, ignored_headers=("konto", "antal"), constants={"account": "1"}, **rules)
    content = ledger(ledger_row()).replace(";konto;", ";").replace(";4010;", ";")

    tried = attempt("ledger", content, None, replace(contract, sources={"ekonomisystem": changed}))

    assert (tried.rule, "saknar 'konto'" in tried.reason) == ("header", True)


def test_persons_are_hidden_under_a_key_that_is_thrown_away(attempt, contracts):
    contract = contracts["ledger"]
    columns = [replace(c, classification="personal") if c.name == "project" else c for c in contract.columns]
    row = ledger_row().replace(";4010;1110;;;;", ";4010;1110;;;anstalld1;")
    personal = replace(contract, columns=tuple(columns))

    first, second = (attempt("ledger", ledger(row), "ekonomisystem", personal) for _ in range(2))

    assert (first.status, first.uses_throw_away_key) == ("loaded", True)
    assert first.accepted["project"] != second.accepted["project"]
    assert "anstalld1" not in repr(first)


@pytest.fixture
def fixed(contracts):
    """The ledger contract with one source of fixed width: date, month, account, öre, sign."""
    contract = contracts["ledger"]
    source = replace(
        contract.sources["ekonomisystem"],
        file_format="fixed",
        headers={"month": "period", "account": "konto", "amount_sek": "belopp"},
        constants=MappingProxyType({"company": "1000", "chart": "bas"}),
        values={},
        extract_date_header="uttag",
        date_format="%Y%m%d",
        month_format="%Y%m",
        layout=Layout(
            *(27, {"uttag": (1, 8), "period": (9, 6), "konto": (15, 4), "belopp": (19, 8), "tecken": (27, 1)}),
            *({"belopp": "tecken"}, {"belopp": 2}),
        ),
    )
    return replace(contract, sources={"ekonomisystem": source}, max_quarantined_share_pct=Decimal(40))


def test_rows_of_fixed_width_are_lines_and_their_extract_date_is_read(attempt, fixed):
    rows = ["20241209202411401000012345-", "202412092024114010x0012345 ", "20241209202411301000000005 "]
    lines = [row[:18] + row[18:26].zfill(8) + row[-1] for row in rows]

    tried = attempt("ledger", "\r\n".join(lines) + "\r\n", None, fixed)

    assert (tried.status, tried.known_from) == ("loaded", date(2024, 12, 9))
    assert tried.places == ("rad 1", "rad 3")
    assert tried.accepted["amount_sek"] == ("-123.45", "0.05")
    assert [(line.place, line.rule) for line in tried.quarantined] == [("rad 2", "number")]


def test_a_refusal_names_lines_where_rows_are_lines(attempt, contracts, fixed):
    strict = replace(fixed, max_quarantined_share_pct=Decimal(0))
    tried = attempt("ledger", "20241209202411401000012345x\n", None, strict)
    assert "Första felet: rad 1, amount_sek" in tried.reason

    vouchers = '#FLAGGA 0\n#SIETYP 4\n#VER A 1 20240105 "t"\n{\n#TRANS 4010 {} 1.00\n}\n'
    tried = attempt("ledger", vouchers, None, sie_ledger(contracts["ledger"]))
    assert "Första felet: rad 5, verifikationen" in tried.reason


def test_nothing_is_left_behind(attempt, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert attempt("forecast", forecast(), PORTAL).status == "loaded"
    assert attempt("forecast", "fel", PORTAL).status == "refused"
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("feed", "source", "told"),
    [
        ("huvudbok", None, "board_report, budget"),
        ("ledger", None, "Say --source, one of ekonomisystem, serviceekonomi"),
        ("ledger", "raindance", "Use one of ekonomisystem, serviceekonomi"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(attempt, feed, source, told):
    with pytest.raises(UsageError, match=told):
        attempt(feed, "", source)


def test_a_file_that_is_not_there_is_no_refusal(contracts, tmp_path):
    with pytest.raises(UsageError, match="there is no such file"):
        dry_run(contracts, tmp_path / "borta.csv", "forecast", PORTAL, None, TODAY, TODAY)


def test_it_prints_what_it_found(attempt, contracts, capsys):
    lenient = replace(contracts["ledger"], max_quarantined_share_pct=Decimal(50))
    content = ledger(ledger_row(), ledger_row(amount="x", line=2))
    console.show_dry_run(attempt("ledger", content, "ekonomisystem", lenient), as_json=False)
    out = capsys.readouterr().out

    assert "ledger/ekonomisystem: leverans.txt would be loaded\n" in out
    assert [line.split() for line in out.splitlines() if line.startswith(("rows", "sum of"))] == [
        ["rows", "2", "1", "1", "0"],
        ["sum", "of", "amount_sek", "100.00", "100.00", "-", "-"],
    ]
    assert "Slices: 1\n  ledger|1000|2024-01-01 (2024-01): 1 rows, sum 100.00\n" in out
    assert "  datarad 2 [number] amount_sek: är inte ett tal enligt kontraktet\n      manad=2024-01" in out
    assert "Without any value: voucher_series, voucher_number, function_code" in out
