"""A contract is used only if it is valid ODCS and agrees with itself; else one line tells file, place and rule."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.errors import ContractError
from orchestration.intake.contract import Contract, DueRule, Source
from orchestration.intake.contracts import load_contract, load_contracts
from orchestration.settings import CHECKOUT

CONTRACTS = CHECKOUT / "expectations" / "contracts"
SERVER = "servers[ledningsportalen].customProperties"
COLUMNS = "schema[forecast].properties"


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return load_contracts(CONTRACTS)


def broken(folder: Path, old: str, new: str, feed: str = "forecast") -> str:
    """The line with which a committed contract is refused once `old`, which it holds, reads `new`."""
    text = (CONTRACTS / f"{feed}.yaml").read_text(encoding="utf-8")
    assert old in text
    file = folder / f"{feed}.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contract(file)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_every_file_of_the_folder_is_a_feed(contracts: dict[str, Contract]) -> None:
    assert list(contracts) == sorted(file.stem for file in CONTRACTS.iterdir())
    assert all(contract.feed == feed for feed, contract in contracts.items())


def test_money_is_decimal_sek_and_months_are_dates(contracts: dict[str, Contract]) -> None:
    columns = [column for contract in contracts.values() for column in contract.columns]
    assert {c.data_type for c in columns if c.name.endswith("_sek")} == {"DECIMAL(18,2)"}
    assert {c.unit for c in columns if c.name.endswith("_sek")} == {"SEK"}
    assert {c.name for c in columns if c.is_month} == {c.name for c in columns if c.name.split("_")[-1] == "month"}


def test_persons_and_free_texts_are_declared(contracts: dict[str, Contract]) -> None:
    declared = {
        f"{feed}.{column.name}": column.classification
        for feed, contract in contracts.items()
        for column in contract.columns
        if column.classification != "internal"
    }
    assert declared == {
        "forecast.comment": "free_text",
        "forecast.deviation_cause": "free_text",
        "forecast.evidence": "free_text",
        "hired_staff.agency": "personal_name",
        "identity_change.earlier_key": "personal",
        "identity_change.person_key": "personal",
        "hired_staff.agency_number": "personal_if_identity_number",
        "ledger.text": "free_text",
        "staffing.employment_id": "personal",
        "staffing.person_key": "personal",
    }
    assert {feed for feed, contract in contracts.items() if contract.has_personal_data} == {
        *("hired_staff", "identity_change", "staffing")
    }


def test_a_contract_is_read_as_it_is_written(contracts: dict[str, Contract]) -> None:
    forecast = contracts["forecast"]
    assert forecast.slice_key == ("delivery",)
    assert forecast.control_column == "forecast_sek"
    assert forecast.max_quarantined_share_pct == Decimal(20)
    assert [c.name for c in forecast.columns if c.is_key] == ["action_id", "year", "as_of_month", "submitted_at"]
    assert forecast.column("forecast_sek").is_required
    assert not forecast.column("outcome_ytd_sek").is_required
    source = forecast.sources["ledningsportalen"]
    assert (source.delimiter, source.encoding, source.decimal_mark) == (";", "utf-8", ",")
    assert source.amount_factor == 1_000_000
    assert source.headers["as_of_month"] == "Avser månad"
    assert source.values["is_confirmation"] == {"Ja": "true", "Nej": "false"}
    assert source.due_rule == DueRule(day=20, months_after=1, first_month=date(2024, 1, 1))
    assert source.extract_date_header == "Uttagsdatum"
    assert contracts["result_forecast"].sources["jamtland"].negated == ("forecast_sek", "budget_sek")
    assert contracts["staffing"].column("contracted_hours").lag_months == 0
    assert contracts["staffing"].column("worked_hours").lag_months == 1
    with pytest.raises(KeyError):
        forecast.column("prognos")


def test_a_changed_byte_changes_the_digest(tmp_path: Path, contracts: dict[str, Contract]) -> None:
    file = tmp_path / "forecast.yaml"
    file.write_bytes((CONTRACTS / "forecast.yaml").read_bytes() + b"\n")
    assert load_contract(file).digest != contracts["forecast"].digest


@pytest.mark.parametrize(
    ("old", "new", "place", "rule"),
    [
        ("required: true", "requried: true", f"{COLUMNS}[action_id]", "requried"),
        ("required: true", 'required: "ja"', f"{COLUMNS}[action_id].required", "ja"),
        ("property: decimalMark", "property: decimalMrk", f"{SERVER}.decimalMrk", "not known"),
        ("property: unit", "property: units", f"{COLUMNS}[forecast_sek].customProperties.units", "not known"),
        ("property: sliceKey", "property: sliceKeys", "schema[forecast].customProperties.sliceKeys", "not known"),
        ("year: År", "yaer: År", f"{SERVER}.headers", "'yaer' is no column"),
        ("          year: År\n", "", f"{SERVER}.headers", "required column 'year' is not mapped"),
        ("comment: Kommentar", "comment: Underlag", f"{SERVER}.headers", "feeds two columns"),
        ("value: utf-8", "value: latin-1", f"{SERVER}.encoding", "'latin-1' is not known"),
        ("amountUnit, value: mnkr", "amountUnit, value: Mkr", f"{SERVER}.amountUnit", "'Mkr' is not known"),
        ('"%Y-%m"', '"YYYY-MM"', f"{SERVER}.monthFormat", "does not say year and month"),
        ("Europe/Stockholm", "Europe/Falun", f"{SERVER}.timezone", "no such time zone"),
        ('Nej: "false"', 'Nej: "no"', f"{SERVER}.values.is_confirmation", "'no' is not known"),
        ('Nej: "false"', "Nej: false", f"{SERVER}.values", "quote"),
        ("monthsAfter: 1", "months: 1", f"{SERVER}.dueRule", "no rule of day (1-31)"),
        ('dueFrom: "2024-01"', 'dueFrom: "2024-13"', f"{SERVER}.dueRule", "no rule of day (1-31)"),
        ("value: [delivery]", "value: [company]", "schema[forecast].customProperties.sliceKey", "'company'"),
        ("value: [delivery]", "value: [evidence]", "schema[forecast].customProperties.sliceKey", "may be blank"),
        (
            "{property: owner, value: Regionens budgetchef}",
            "{property: controlTotal, value: {header: Summarad, text: Summa}}",
            f"{SERVER}.controlTotal.header",
            "no such header",
        ),
        ("controlColumn, value: forecast_sek", "controlColumn, value: year", "controlColumn", "no sum"),
        ("DECIMAL(18,2)", "DOUBLE", f"{COLUMNS}[forecast_sek].physicalType", "'DOUBLE' is not known"),
        ("logicalType: number", "logicalType: string", f"{COLUMNS}[forecast_sek].logicalType", "physical type"),
        ("classification: free_text", "classification: fritext", f"{COLUMNS}[evidence].classification", "fritext"),
        ("classification: free_text", "classification: personal_name", "properties", "whose name it is"),
        ("property: decimalMark", "property: sheet", f"{SERVER}", "decimalMark is missing"),
        ("{property: owner, value", "{property: sheet, value", f"{SERVER}.sheet", "format csv has no sheet"),
        ("{property: delimiter,", "{property: headerRow,", f"{SERVER}.headerRow", "no whole number from 1"),
        ("format: csv", "format: xlsx", f"{SERVER}.delimiter", "format xlsx has no delimiter"),
        ("format: csv", "format: xls", "servers[ledningsportalen].format", "'xls' is not known"),
        ("primaryKeyPosition: 2", "primaryKeyPosition: 5", COLUMNS, "primaryKeyPosition"),
        ("path: inbox/forecast/", "path: inbox/", "servers[ledningsportalen].path", "inbox/ledningsportalen"),
        ("format: csv", "format: parquet", "servers[ledningsportalen].format", "parquet"),
        ("- name: comment", "- name: evidence", COLUMNS, "stands twice"),
        ("- name: comment", '- name: "comment; --"', COLUMNS, "plain name"),
        ("id: nettoeffekt-forecast\n", "", "", '"id" is a required property'),
        ("name: forecast\n", "name: forecast\nname: forecast\n", "line 5", "'name' stands twice"),
        ("status: active", "status: [active", "line", "expected"),
    ],
)
def test_a_broken_contract_is_refused_with_file_place_and_rule(
    tmp_path: Path, old: str, new: str, place: str, rule: str
) -> None:
    line = broken(tmp_path, old, new)
    assert line.startswith("forecast.yaml")
    assert place in line
    assert rule in line


def test_a_contract_says_how_its_source_writes_numbers_and_dates(tmp_path: Path) -> None:
    text = (CONTRACTS / "forecast.yaml").read_text(encoding="utf-8")
    keys = """
      - {property: thousandsMark, value: " "}
      - {property: negativeForms, value: [trailing, parentheses]}
      - {property: unitSuffixes, value: {mkr: mnkr, "mkr/år": mnkr, tkr: tkr, kr: kr, "%": pct}}
      - {property: sentinelDates, value: ["1799-12-31", "2999-12-31"]}
      - {property: maxPeriod, value: 13}
      - {property: excelErrors, value: true}
      - {property: dateFormat, value: excel_serial}"""
    old = '\n      - {property: dateFormat, value: "%Y-%m-%d"}'
    assert old in text
    file = tmp_path / "forecast.yaml"
    file.write_text(text.replace(old, keys), encoding="utf-8")
    source = load_contract(file).sources["ledningsportalen"]
    assert (source.thousands_mark, source.negative_forms) == (" ", ("trailing", "parentheses"))
    assert source.unit_suffixes == {"mkr": "mnkr", "mkr/år": "mnkr", "tkr": "tkr", "kr": "kr", "%": "pct"}
    assert source.sentinel_dates == (date(1799, 12, 31), date(2999, 12, 31))
    assert (source.max_period, source.has_excel_errors, source.date_format) == (13, True, "excel_serial")


def test_a_contract_that_asks_for_nothing_takes_plain_numbers_and_dates(contracts: dict[str, Contract]) -> None:
    source = contracts["forecast"].sources["ledningsportalen"]
    assert (source.thousands_mark, source.negative_forms, source.unit_suffixes) == (None, (), {})
    assert (source.sentinel_dates, source.max_period, source.has_excel_errors) == ((), 12, False)


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("thousandsMark", '"  "', "not one character"),
        ("thousandsMark", '","', "the decimal mark too"),
        ("thousandsMark", '"-"', "'-' is not known"),
        ("negativeForms", "[leading]", "'leading' is not known"),
        ("negativeForms", "trailing", "no list of texts"),
        ("unitSuffixes", "{mkr: 1000000}", "no mapping of text to text"),
        ("unitSuffixes", "{mkr: Mkr}", "'Mkr' is not known"),
        ("unitSuffixes", '{"0 kr": kr}', "no suffix"),
        ("unitSuffixes", '{"-": kr}', "no suffix"),
        ("unitSuffixes", '{",-": kr}', "no suffix"),
        ("unitSuffixes", '{"kr ": kr}', "no suffix"),
        ("sentinelDates", "[1799]", "no list of texts"),
        ("sentinelDates", '["31/12/99"]', "'31/12/99' is no date"),
        ("maxPeriod", "12", "12 is no closing period"),
        ("maxPeriod", "17", "17 is no closing period"),
        ("excelErrors", '"ja"', "no true or false"),
        ("dateFormat", '"%Y-%j"', "'%j' cannot be read"),
        ("dateFormat", '"%d/%m"', "does not say year and month"),
        ("dateFormat", '"%Y%-m%d"', "can be read in two ways"),
        ("dateFormat", '"%d%m%Y%y"', "does not say year and month"),
        ("monthFormat", '"den %b %Y"', "letters beside the month's name"),
        ("monthFormat", '"%B"', "does not say year and month"),
        ("timestampFormat", "excel_serial", "has no time"),
    ],
)
def test_a_dialect_that_cannot_be_read_is_refused(tmp_path: Path, key: str, value: str, rule: str) -> None:
    line = broken(tmp_path, *of_the_key(key, value))
    assert f"{SERVER}.{key}: " in line
    assert rule in line


def of_the_key(key: str, value: str) -> tuple[str, str]:
    """The line of a key in the contract, or of the amount unit if it does not stand there; and what it shall read."""
    text = (CONTRACTS / "forecast.yaml").read_text(encoding="utf-8")
    lines = {name: line for line in text.splitlines() for name in (key, "amountUnit") if f"{{property: {name}," in line}
    return lines.get(key, lines["amountUnit"]), f"      - {{property: {key}, value: {value}}}"


def test_a_sentinel_that_two_digits_of_a_year_cannot_tell_is_refused(tmp_path: Path) -> None:
    old, _ = of_the_key("dateFormat", "")
    new = """      - {property: dateFormat, value: "%d/%m/%y"}
      - {property: sentinelDates, value: ["1899-12-31"]}"""
    line = broken(tmp_path, old, new)
    assert f"{SERVER}.sentinelDates: '31/12/99' of dateFormat may be a true date" in line


def test_a_column_cannot_have_both_a_header_and_a_constant(tmp_path: Path) -> None:
    line = broken(tmp_path, "          company: ", "          month: ", feed="budget")
    assert "budget.yaml, servers[ekonomisystem].customProperties.constants: 'month' has a header too" in line


def test_numbers_among_constants_must_be_quoted(tmp_path: Path) -> None:
    line = broken(tmp_path, 'company: "1000"', "company: 1000", feed="budget")
    assert "budget.yaml, servers[ekonomisystem].customProperties.constants" in line
    assert "quote" in line


def test_translations_must_lead_to_the_closed_list(tmp_path: Path) -> None:
    line = broken(tmp_path, "Pågår: running", "Pågår: ongoing", feed="plan")
    assert "plan.yaml, servers[ledningsportalen].customProperties.values.status: 'ongoing' is not known" in line


def test_only_amounts_can_be_negated(tmp_path: Path) -> None:
    line = broken(tmp_path, "[forecast_sek, budget_sek]", "[forecast_sek, region]", feed="result_forecast")
    assert "result_forecast.yaml, servers[jamtland].customProperties.negatedColumns: 'region'" in line


def test_one_header_may_be_read_as_two_types(tmp_path: Path) -> None:
    text = (CONTRACTS / "ledger.yaml").read_text(encoding="utf-8")
    file = tmp_path / "ledger.yaml"
    file.write_text(text.replace("month: manad", "month: period"), encoding="utf-8")
    headers = load_contract(file).sources["ekonomisystem"].headers
    assert headers["month"] == headers["period"] == "period"


def test_the_file_must_bear_the_name_of_the_feed(tmp_path: Path) -> None:
    file = tmp_path / "prognos.yaml"
    file.write_bytes((CONTRACTS / "forecast.yaml").read_bytes())
    with pytest.raises(ContractError, match=r"^prognos\.yaml, name: the contract is named 'forecast'"):
        load_contracts(tmp_path)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "forecast.yaml: the file holds no contract"),
        (b"name: f\xf6rval", "forecast.yaml, byte 7: the file is not UTF-8"),
        (b"name: a\x00b", "forecast.yaml"),
    ],
)
def test_what_is_no_yaml_is_refused_in_one_line(tmp_path: Path, content: bytes, line: str) -> None:
    file = tmp_path / "forecast.yaml"
    file.write_bytes(content)
    with pytest.raises(ContractError) as caught:
        load_contract(file)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_a_folder_without_contracts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no contract here"):
        load_contracts(tmp_path)


def test_a_contract_that_would_be_overlooked_is_refused(tmp_path: Path) -> None:
    (tmp_path / "forecast.yml").touch()
    with pytest.raises(ContractError, match=r"^forecast\.yml: contracts end in \.yaml"):
        load_contracts(tmp_path)


def test_a_workbook_needs_no_delimiter_and_tells_its_sheet_header_row_and_left_out_rows(tmp_path: Path) -> None:
    text, _, _ = (CONTRACTS / "forecast.yaml").read_text(encoding="utf-8").partition("\n  - server: blankett")
    text = re.sub(r"- \{property: (delimiter|encoding), .*\n *", "", text).replace("format: csv", "format: xlsx")
    keys = "{property: sheet, value: Data}", "{property: headerRow, value: 3}", "{property: leftOutRows, value: %s}"
    file = tmp_path / "forecast.yaml"

    def written(left_out: str) -> Source:
        added = "".join(f"- {key}\n      " for key in keys) % left_out
        file.write_text(text.replace("- {property: decimalMark", added + "- {property: decimalMark"), encoding="utf-8")
        return load_contract(file).sources["ledningsportalen"]

    source = written('{ÅtgärdsID: [Summa, "Totalt*"], Kommentar: ["-"]}')
    assert (source.file_format, source.sheet, source.header_row) == ("xlsx", "Data", 3)
    assert source.left_out_rows == {"ÅtgärdsID": ("Summa", "Totalt*"), "Kommentar": ("-",)}
    for fault, rule in (
        ("{Konto: [Summa]}", "has no such header"),
        ('{ÅtgärdsID: ["*"]}', "no text, nor a beginning"),
        ('{ÅtgärdsID: ["*umma"]}', "no text, nor a beginning"),
        ('{ÅtgärdsID: [" Summa"]}', "no text, nor a beginning"),
        ("{ÅtgärdsID: Summa}", "no mapping of headers to lists"),
        ("{ÅtgärdsID: []}", "no mapping of headers to lists"),
    ):
        with pytest.raises(ContractError, match=re.escape(rule)):
            written(fault)
