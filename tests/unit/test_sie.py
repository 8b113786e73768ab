"""SIE 4: vouchers exactly, whatever the program that wrote them, or a refusal that says why."""

import zlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.intake import sie, sie_regular
from orchestration.intake.contract import Source
from orchestration.settings import CHECKOUT
from tests.unit.deliveries import sie_ledger, with_contract

SAMPLES = CHECKOUT.parent / "shared" / "sie_samples"  # real files of many programs, where they lie beside the checkout

HEAD = "#FLAGGA 0\n#FORMAT PC8\n#GEN 20250110\n#SIETYP 4\n#RAR 0 20240101 20241231\n#DIM 1 Kostnadsställe\n"
VOUCHER = (
    '#VER A 1 20240315 "Faktura 7" 20240316\n{\n'
    '#TRANS 4010 {1 "1110" 6 "P1"} 1500.50 20240314 "Kaffe" 3\n'
    "#TRANS 2440 {} -1500.50\n"
    "}\n"
)


@pytest.fixture
def sie_intake(intake):
    """A load whose ledger has the source `sie`."""
    return with_contract(intake, sie_ledger(intake.contracts["ledger"]))


def refused(load_inbox, intake) -> str:
    (delivery,) = load_inbox(intake).refused
    return f"{delivery.rule}: {delivery.reason}"


def test_a_voucher_becomes_its_rows(deliver, load_inbox, sie_intake, query):
    deliver("ledger/sie/a.se", HEAD + VOUCHER, "cp437")
    load_inbox(sie_intake)
    columns = "month, voucher_series, voucher_number, voucher_line, posting_date, account, cost_centre, project,"
    assert query(f"select {columns} amount_sek, quantity, text, _row_number from raw.ledger order by _row_number") == [
        (date(2024, 3, 1), "A", "1", "1", date(2024, 3, 15), "4010", "1110", "P1", Decimal("1500.5"), 3, "Kaffe", 9),
        (
            date(2024, 3, 1),
            "A",
            "1",
            "2",
            date(2024, 3, 15),
            "2440",
            None,
            None,
            Decimal("-1500.5"),
            None,
            "Faktura 7",
            10,
        ),
    ]


def test_the_file_replaces_from_the_years_start_to_the_date_it_goes_to(deliver, load_inbox, sie_intake, query):
    deliver("ledger/sie/a.se", HEAD + "#OMFATTN 20240531\n" + VOUCHER, "cp437")
    load_inbox(sie_intake)
    assert query("select month, row_count from raw.delivery_slice order by 1") == [
        (date(2024, month, 1), 2 if month == 3 else 0) for month in range(1, 6)
    ]


def test_without_that_date_it_replaces_to_its_last_voucher(deliver, load_inbox, sie_intake, query):
    deliver("ledger/sie/a.se", HEAD + VOUCHER, "cp437")
    load_inbox(sie_intake)
    assert query("select min(month), max(month) from raw.delivery_slice") == [(date(2024, 1, 1), date(2024, 3, 1))]


def test_the_date_of_export_is_when_the_file_was_known(deliver, load_inbox, sie_intake, query):
    contract = sie_intake.contracts["ledger"]
    source = replace(contract.sources["sie"], extract_date_header="generated")
    changed = replace(contract, sources=MappingProxyType({"sie": source}))
    deliver("ledger/sie/a.se", HEAD + VOUCHER, "cp437")
    load_inbox(with_contract(sie_intake, changed))
    assert query("select known_from from raw.delivery") == [(date(2025, 1, 10),)]


BALANCE = "#TRANS 2440 {} -1.00"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("#TRANS 4010 {6 P1 1 1110} 1.00", ("4010", "1110", "P1", None, "vt")),
        ('#TRANS 4010 {"6" "1" "1" "5"} 1.00', ("4010", "5", "1", None, "vt")),
        ('#TRANS\t4010\t{ 1  1110 }\t1.00\t20240301\t"med\ttabb"', ("4010", "1110", None, None, "med\ttabb")),
        ('#TRANS "4010" {} 1.00 "" "" 2.5', ("4010", None, None, Decimal("2.5"), "vt")),
        ('#TRANS 4010 {} 1 20240301 "sa \\"hej\\" {1}" 0 "sign" extra fält', ("4010", None, None, 0, 'sa "hej" {1}')),
        ('#TRANS 4010 {1 "a} b"} 1.00 20240301 text', ("4010", "a} b", None, None, "text")),
        ('#TRANS 4010 {} 1.00 20240301 "aldrig stängt   ', ("4010", None, None, None, "aldrig stängt")),
        ('#TRANS DIFF {} 1.00 20240301 "C:\\temp"', ("DIFF", None, None, None, "C:\\temp")),
        ("  #TRANS   4010   {}      1.00", ("4010", None, None, None, "vt")),
        ('#RTRANS 4010 {} 1.00\n#TRANS 4010 {} 1.00 20240301 "ny"', ("4010", None, None, None, "ny")),
        ("#BTRANS 4010 {} 500.00\n#OKÄND 1 2 3\n\n#TRANS 4010 {} 1.00", ("4010", None, None, None, "vt")),
    ],
)
def test_a_row_is_read_by_the_grammar(deliver, load_inbox, sie_intake, query, line, found):
    deliver("ledger/sie/a.se", f"{HEAD}#VER A 1 20240315 vt\n{{\n{line}\n{BALANCE}\n}}\n", "cp437")
    load_inbox(sie_intake)
    columns = "account, cost_centre, project, quantity, text"
    assert query(f"select {columns} from raw.ledger where amount_sek > 0") == [found]
    assert query("select rows_in, rows_quarantined from raw.delivery") == [(2, 0)]


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        (["#TRANS 4010 {} 3.00", "#TRANS 2440 {} -1.00"], {"verifikationen går inte jämnt upp"}),
        (["#TRANS 4010 {} 1,00", "#TRANS 2440 {} -1.00"], {"amount_sek: är inte ett tal", "går inte jämnt upp"}),
        (["#TRANS 4010 1.00", "#TRANS 2440 {} -1.00"], {"följer inte formatet SIE 4", "går inte jämnt upp"}),
        (["#TRANS 4010 {1 1110 1.00", "#TRANS 2440 {} -1.00"], {"följer inte formatet SIE 4", "går inte jämnt upp"}),
    ],
)
def test_a_voucher_that_does_not_balance_is_quarantined_whole(deliver, load_inbox, sie_intake, query, lines, reasons):
    bad = "#VER B 1 20240315\n{\n" + "\n".join(lines) + "\n}\n"
    deliver("ledger/sie/a.se", HEAD + bad + VOUCHER * 100, "cp437")
    load_inbox(sie_intake)
    assert query("select count(*), sum(amount_sek) from raw.ledger") == [(200, 0)]
    found = query("select row_number, reason from raw.quarantine order by 1")
    assert [number for number, _ in found] == [9, 10]
    assert all(any(reason in told for _, told in found) for reason in reasons), found


def test_braces_that_lack_are_forgiven_where_the_labels_tell(deliver, load_inbox, sie_intake, query):
    content = HEAD + VOUCHER.replace("{\n", "\n", 1) + VOUCHER.replace("}\n", "", 2) + VOUCHER
    deliver("ledger/sie/a.se", content, "cp437")
    load_inbox(sie_intake)
    assert query("select count(*), sum(amount_sek) from raw.ledger") == [(6, 0)]


def test_an_empty_voucher_is_told_and_stops_nothing(deliver, load_inbox, sie_intake, query):
    deliver("ledger/sie/a.se", HEAD + "#VER A 9 20240301\n{\n}\n" + VOUCHER, "cp437")
    load_inbox(sie_intake)
    ((status, rule, reason),) = query("select status, rule, reason from raw.delivery")
    assert (status, rule, "rad 7" in reason) == ("loaded", "empty_voucher", True)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<!DOCTYPE HTML><html><body>404</body></html>", "wrong_format: Filen är inte SIE 4 utan en webbsida"),
        ("konto;belopp\n1;2\n", "wrong_format: Filen är inte SIE 4 utan något annat"),
        (HEAD.replace("SIETYP 4", "SIETYP 3") + "#PSALDO 0 202401 4010 {} 5.00\n", "sie_type: Filen är SIE typ 3"),
        (HEAD.replace("#FLAGGA 0", "#FLAGGA 1") + VOUCHER, "already_imported"),
        (HEAD + VOUCHER[:-2], "truncated: Filen tar slut mitt i den sista verifikationen"),
        ("#FLAGGA 0\n#KSUMMA\n#SIETYP 4\n" + VOUCHER, "truncated: Filen börjar en kontrollsumma"),
        ("#FLAGGA 0\n#KSUMMA\n#SIETYP 4\n" + VOUCHER + "#KSUMMA 5\n", "checksum: Kontrollsumman (#KSUMMA) är 5"),
        (HEAD, "no_rows"),
        (HEAD + VOUCHER.replace("Kaffe", "Ka\x1fffe"), "control_characters"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_rule(deliver, load_inbox, sie_intake, content, told):
    deliver("ledger/sie/a.se", content, "cp437")
    assert refused(load_inbox, sie_intake).startswith(told)


def test_a_file_marked_as_imported_is_taken_where_the_contract_says_so(deliver, load_inbox, sie_intake, query):
    contract = sie_intake.contracts["ledger"]
    source = replace(contract.sources["sie"], accepts_imported=True)
    deliver("ledger/sie/a.se", HEAD.replace("#FLAGGA 0", "#FLAGGA 1") + VOUCHER, "cp437")
    load_inbox(with_contract(sie_intake, replace(contract, sources=MappingProxyType({"sie": source}))))
    assert query("select count(*) from raw.ledger") == [(2,)]


def test_a_checksum_that_holds_is_taken(deliver, load_inbox, sie_intake, query):
    fields = "#SIETYP4" + "#VERA120240315Faktura 720240316#TRANS4010111106P11500.5020240314Kaffe3#TRANS2440-1500.50"
    content = f"#FLAGGA 0\n#KSUMMA\n#SIETYP 4\n{VOUCHER}#KSUMMA {zlib.crc32(fields.encode())}\n"
    deliver("ledger/sie/a.se", content, "cp437")
    load_inbox(sie_intake)
    assert query("select count(*) from raw.ledger") == [(2,)]


@pytest.mark.parametrize("encoding", ["cp437", "utf-8", "utf-8-sig"])
def test_pc8_may_be_utf_8_in_truth(deliver, load_inbox, sie_intake, query, encoding):
    deliver("ledger/sie/a.se", HEAD + VOUCHER.replace("Kaffe", "Smörgås"), encoding)
    load_inbox(sie_intake)
    assert query("select text from raw.ledger where amount_sek > 0") == [("Smörgås",)]


# From here on: the fast way and the exact grammar give the same, for endless inputs.

# A backslash before a quote is the format's only escape: it can write no text that ends in one.
_TEXT = st.text(st.characters(codec="cp437", exclude_categories=["Cc"]), max_size=12).filter(
    lambda text: '\\"' not in text and not text.rstrip().endswith("\\")
)
_CODE = st.from_regex(r"[A-Za-z0-9]{1,6}", fullmatch=True)
_GAP = st.sampled_from([" ", "  ", "\t", " \t "])


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def _written(draw, text: str) -> str:
    """A field quoted or plain, where it can be plain."""
    is_plain = bool(text) and not set(text) & set(' \t"{}\\#\xa0')
    return text if is_plain and draw(st.booleans()) else _quoted(text)


@st.composite
def _sie_files(draw) -> tuple[str, list[tuple]]:
    """A file in a dialect of its own, and the rows that it says."""
    gap, indent = draw(_GAP), draw(st.sampled_from(["", "  ", "\t"]))
    content, rows = HEAD, []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        text = draw(_TEXT.map(str.strip))
        series = draw(_CODE)
        content += (
            gap.join(["#VER", _written(draw, series), str(number), "20240315", _quoted(text)]) + f"\n{indent}{{\n"
        )
        amounts = draw(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=3))
        for line, amount in enumerate([*amounts, -sum(amounts)], 1):
            account, centre, project = draw(_CODE), draw(_CODE | st.none()), draw(_CODE | st.none())
            pairs = [("1", centre), ("6", project), ("20", draw(_CODE | st.none()))]
            listed = [part for pair in draw(st.permutations(pairs)) if pair[1] for part in pair]
            objects = gap.join(_written(draw, part) for part in listed)
            fields = ["#TRANS", account, f"{{{objects}}}", f"{Decimal(amount) / 100:.2f}"]
            own = None
            if draw(st.booleans()):
                own = draw(_TEXT.map(str.strip))
                fields += ["20240314", _quoted(own)]
                if draw(st.booleans()):
                    fields += ["2.50", "x"][: draw(st.integers(1, 2))]
            quantity = Decimal("2.5") if "2.50" in fields else None
            content += indent + gap.join(fields) + "\n"
            sums = Decimal(amount) / 100
            rows.append((series, str(number), str(line), account, centre, project, sums, own or text or None, quantity))
        content += f"{indent}}}\n"
    return content, rows


def _rows(folder: Path, source: Source, content: str) -> list[tuple]:
    path = folder / "a.se"
    path.write_bytes(content.encode("cp437"))
    file = sie.write_rows(path, source, folder)
    names = ["series", "number", "line", "account", "dim 1", "dim 6", "amount", "any_text", "quantity"]
    found: list[tuple] = []
    with duckdb.connect() as connection:
        for delivered in (file.regular_rows, file.exact_rows):
            for table in ("delimited_rejects", "delimited_rejects_scan"):
                connection.execute(f"drop table if exists {table}")
            columns = ", ".join(f"trim({delivered.columns[name]})" for name in names)
            query = f"select {columns}, fault from ({delivered.relation}) order by row_number"
            found += connection.execute(query, list(delivered.parameters)).fetchall()
    assert all(row[-1] is None for row in found), found
    return [(*row[:6], Decimal(row[6]), row[7] or None, Decimal(row[8]) if row[8] else None) for row in found]


@pytest.fixture(scope="module")
def sie_source(contracts) -> Source:
    return sie_ledger(contracts["ledger"]).sources["sie"]


@given(made=_sie_files())
@settings(max_examples=60, deadline=None)
def test_what_a_program_writes_is_what_is_read(sie_source, tmp_path_factory, made):
    content, rows = made
    found = _rows(tmp_path_factory.mktemp("sie"), sie_source, content)
    assert sorted(found, key=str) == sorted(rows, key=str)


@given(made=_sie_files())
@settings(max_examples=60, deadline=None)
def test_the_fast_way_and_the_grammar_give_the_same(sie_source, tmp_path_factory, made):
    content, _ = made
    fast = _rows(tmp_path_factory.mktemp("sie"), sie_source, content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sie_regular.RegularRows, "_of_voucher", lambda *_: None)
        exact = _rows(tmp_path_factory.mktemp("sie"), sie_source, content)
    assert sorted(fast, key=str) == sorted(exact, key=str)


# Real files, where they are at hand. Rows, the sum of debits, rows quarantined; or the rule that refuses.

_REAL: dict[str, tuple[int, str, int] | str] = {
    "44_sie4.se": (949, "6032397.01", 0),
    "9_sie-gruppen-e-conomic.se": (160, "2306417.76", 0),
    "BL0001_typ2.SE": "sie_type",
    "BL0001_typ3.SE": "sie_type",
    "BL0001_typ4.SE": (405, "1014803.21", 0),
    "HAS4E_1412.Se": "wrong_format",
    "LON_Lonekorning.SI": (25, "216398.03", 0),
    "MAMUT_SIE4_EXPORT.SE": (458, "25208291.19", 0),
    "SIE4_Exempelfil_med_underdim.SE": "already_imported",
    "SampleEntry.sie": "wrong_format",
    "Sie4.se": (260, "2718108.04", 0),
    "XE_SIE_4_20151125095119.SE": (246, "497248.73", 2),
}


@pytest.mark.skipif(not SAMPLES.exists(), reason="the public sample files are not beside this checkout")
@pytest.mark.parametrize("name", _REAL)
def test_real_files_come_to_their_rows_and_sums(deliver, load_inbox, sie_intake, query, name):
    verdict = _REAL[name]
    deliver(f"ledger/sie/{name}", (SAMPLES / name).read_bytes())
    (delivery,) = load_inbox(sie_intake).deliveries
    if isinstance(verdict, str):
        assert (delivery.status, delivery.rule) == ("refused", verdict)
        return
    rows, debits, quarantined = verdict
    found = query("select count(*), sum(amount_sek) filter (amount_sek > 0), sum(amount_sek) from raw.ledger")
    assert found == [(rows, Decimal(debits), 0)]
    assert query("select rows_in, rows_quarantined from raw.delivery") == [(rows + quarantined, quarantined)]


def test_a_large_file_is_shared_between_processes_with_the_same_outcome(tmp_path, sie_source, monkeypatch):
    odd = VOUCHER.replace('"Kaffe"', '"Ka \\"ff\\" e"')
    content = HEAD + (VOUCHER * 50 + odd) * 5
    alone = _rows(tmp_path, sie_source, content)
    monkeypatch.setattr(sie_regular, "WORTH_SHARING", 0)
    monkeypatch.setattr(sie_regular, "_BATCH", 20)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert _rows(tmp_path, sie_source, content) == alone
    assert len(alone) == 510
