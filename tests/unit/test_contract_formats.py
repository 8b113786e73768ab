"""Contracts of formats that know their fields by names of their own: fixed width and SIE."""

from pathlib import Path

import pytest
import yaml

from orchestration.errors import ContractError
from orchestration.intake.contract import Source
from orchestration.intake.contracts import load_contract
from orchestration.intake.sie import SieFile
from orchestration.intake.sie_grammar import FIELDS, Head
from orchestration.settings import CHECKOUT

LEDGER = CHECKOUT / "expectations" / "contracts" / "ledger.yaml"

SIE = {
    "encoding": "pc8",
    "decimalMark": ".",
    "dateFormat": "%Y%m%d",
    "monthFormat": "%Y%m%d",
    "headers": {"month": "month", "account": "account", "amount_sek": "amount", "cost_centre": "dim 1"},
    "constants": {"company": "5000", "chart": "bas"},
    "extractDateHeader": "generated",
    "acceptsImported": True,
}
FIXED = {
    "encoding": "iso-8859-1",
    "decimalMark": ",",
    "monthFormat": "%Y%m",
    "recordLength": 25,
    "fields": {"KONTO": [1, 6], "PERIOD": [7, 6], "TECKEN": [13, 1], "BELOPP": [14, 12]},
    "signFields": {"BELOPP": "TECKEN"},
    "impliedDecimals": {"BELOPP": 2},
    "headers": {"account": "KONTO", "month": "PERIOD", "amount_sek": "BELOPP"},
    "constants": {"company": "5000", "chart": "bas"},
}


def contract_with(folder: Path, file_format: str, keys: dict) -> Source:
    """The source of a ledger contract that has a server of that format beside its own."""
    document = yaml.safe_load(LEDGER.read_text(encoding="utf-8"))
    server = {"server": "extra", "type": "local", "path": "inbox/ledger/extra", "description": "Another system."}
    listed = [{"property": key, "value": value} for key, value in keys.items()]
    document["servers"].append({**server, "format": file_format, "customProperties": listed})
    file = folder / "ledger.yaml"
    file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return load_contract(file).sources["extra"]


def test_a_sie_source_maps_fields_and_dimensions(tmp_path):
    source = contract_with(tmp_path, "sie", SIE)
    assert (source.headers["cost_centre"], source.accepts_imported, source.delimiter) == ("dim 1", True, "")


def test_a_fixed_width_source_says_where_its_fields_stand(tmp_path):
    layout = contract_with(tmp_path, "fixed", FIXED).layout
    assert (layout.record_length, layout.fields["BELOPP"], layout.implied_decimals["BELOPP"]) == (25, (14, 12), 2)


def test_the_fields_of_sie_are_those_of_its_reader():
    columns = SieFile(Head(), ("dim 1",), Path("regular"), Path("exact")).exact_rows.columns
    assert set(columns) == {*FIELDS, "dim 1"}


@pytest.mark.parametrize(
    ("file_format", "keys", "told"),
    [
        ("sie", SIE | {"headers": {**SIE["headers"], "text": "transtext"}}, "SIE has no 'transtext'"),
        ("sie", SIE | {"headers": {**SIE["headers"], "project": "dim 7"}}, "'dim 7' are persons"),
        ("sie", SIE | {"extractDateHeader": "GEN"}, "SIE has one such date"),
        ("sie", SIE | {"delimiter": ";"}, "a source of format sie has no delimiter"),
        ("fixed", FIXED | {"headers": {**FIXED["headers"], "text": "TEXT"}}, "'TEXT' is cut nowhere"),
        ("fixed", FIXED | {"extractDateHeader": "UTTAG"}, "'UTTAG' is cut nowhere"),
        ("sie", SIE | {"ignoredHeaders": ["sign"]}, "SIE has no 'sign'"),
        ("fixed", FIXED | {"signFields": {"BELOPP": "MINUS"}}, "'MINUS' is cut nowhere"),
        ("fixed", FIXED | {"recordLength": 20}, "'BELOPP' ends beyond the line"),
        ("fixed", FIXED | {"fields": {"KONTO": [0, 6]}}, "it is no mapping of fields to"),
        ("fixed", {k: v for k, v in FIXED.items() if k != "recordLength"}, "recordLength is missing"),
        (
            "csv",
            SIE | {"delimiter": ";", "headers": {"account": "a", "month": "m", "amount_sek": "b"}},
            "no acceptsImported",
        ),
        ("sie", SIE | {"controlTotal": {"header": "account"}}, "it is not header, text and countHeader"),
    ],
)
def test_what_the_format_cannot_mean_is_refused(tmp_path, file_format, keys, told):
    with pytest.raises(ContractError) as error:
        contract_with(tmp_path, file_format, keys)
    assert told in str(error.value)
    assert str(error.value).startswith("ledger.yaml, servers[extra]")
