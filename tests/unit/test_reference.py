"""The reference tables are stopped at the door, by file, line, column and rule, before anything is built on them."""

from pathlib import Path

import pytest

from orchestration.errors import ContractError, ReferenceTableError
from orchestration.reference import check_reference, reference_errors

CHECKOUT = Path(__file__).parents[2]

PROPERTIES = """
version: 2
seeds:
  - name: unit
    config: {column_types: {unit_id: string, parent_unit_id: string, level: string, valid_from: date, valid_to: date}}
    data_tests:
      - no_overlap: {arguments: {partition_by: [unit_id], from: valid_from, to: valid_to}}
      - no_cycle: {arguments: {id: unit_id, parent: parent_unit_id}}
    columns:
      - {name: unit_id, data_tests: [not_null]}
      - name: parent_unit_id
        data_tests:
          - relationships: {arguments: {to: "ref('unit')", field: unit_id}}
          - not_null: {config: {where: "level <> 'region'"}}
      - {name: level, data_tests: [not_null, {accepted_values: {arguments: {values: [region, board, unit]}}}]}
      - {name: valid_from, data_tests: [not_null]}
      - {name: valid_to}
  - name: account_class
    config: {column_types: {chart: string, account_from: string, account_to: string, valid_from: date, valid_to: date}}
    data_tests:
      - no_range_overlap:
          arguments:
            {partition_by: [chart], range_from: account_from, range_to: account_to, from: valid_from, to: valid_to}
    columns: [{name: chart}, {name: account_from}, {name: account_to}, {name: valid_from}, {name: valid_to}]
  - name: profile
    config: {column_types: {profile_id: string, month: date, month_number: bigint, share_pct: "decimal(9,4)"}}
    data_tests:
      - unique_combination: {arguments: {columns: [profile_id, month]}}
      - sums_to_hundred: {arguments: {group_by: [profile_id], column: share_pct}}
    columns:
      - {name: profile_id}
      - {name: month, data_tests: [is_month]}
      - {name: month_number, data_tests: [accepted_range: {arguments: {minimum: 1, maximum: 12}}]}
      - name: share_pct
        data_tests:
          - row_rule:
              arguments:
                holds: share_pct > 0 or profile_id not like 'R%'
                rule: "andelen är 0: inget händer"
                remedy: Ta bort raden.
  - name: region
    config: {column_types: {region_id: string, is_official: boolean, note: text}}
    columns:
      - {name: region_id, data_tests: [unique]}
      - {name: is_official, data_tests: [accepted_values: {arguments: {values: [true], quote: false}}]}
      - {name: note, data_tests: [not_null: {config: {severity: warn}}]}
"""

GOOD = {
    "unit": """unit_id,parent_unit_id,level,valid_from,valid_to
RD,,region,2022-01-01,
RS,RD,board,2022-01-01,2024-01-01
RS,RD,board,2024-01-01,
HSF,RS,unit,2022-01-01,
""",
    "account_class": """chart,account_from,account_to,valid_from,valid_to
bas,30,38,2022-01-01,
bas,39,39,2022-01-01,2024-01-01
bas,3900,3999,2024-01-01,
other,30,39,2022-01-01,
""",
    "profile": """profile_id,month,month_number,share_pct
even,2024-01-01,1,50
even,2024-02-01,2,50.0000
""",
    "region": """region_id,is_official,note
RD,true,
RJH,,"två
rader, ett värde"
""",
}

BROKEN = {
    # form
    "missing file": ("region", None, "region.csv: filen saknas"),
    "empty file": ("region", "", "region.csv, rad 1: rubrikraden saknas"),
    "semicolons": ("region", "region_id;is_official;note\n", "region.csv, rad 1: kolumnerna skiljs åt med semikolon"),
    "header lacks": ("region", "region_id,note\n", "region.csv, rad 1, kolumn is_official: kolumnen saknas"),
    "header extra": ("region", "region_id,x,is_official,note\n", "region.csv, rad 1, kolumn x: kolumnen är okänd"),
    "header twice": (
        "region",
        "note,region_id,is_official,note\n",
        "region.csv, rad 1, kolumn note: kolumnen står 2 gånger",
    ),
    "not utf-8": (
        "region",
        b"region_id,is_official,note\nRD,true,\nRJH,,J\xe4mtland\n",
        "region.csv, rad 3: raden har tecken som inte är UTF-8",
    ),
    "nul": (
        "region",
        "region_id,is_official,note\nRD,true,a\0b\n",
        "region.csv, rad 2: raden har tecken som inte är UTF-8",
    ),
    "fields": (
        "region",
        "region_id,is_official,note\n\nRD,true,a,b\n",
        "region.csv, rad 3: raden har 4 fält i stället för 3",
    ),
    "open quote": (
        "region",
        'region_id,is_official,note\nRD,true,a\nRJH,,"b\nc,,\n',
        "region.csv, rad 3: raden är inte giltig CSV (unexpected end of data)",
    ),
    "blanks": (
        "region",
        "region_id,is_official,note\nRD,true,\nRJH ,,\n",
        'region.csv, rad 3, kolumn region_id: värdet "RJH " har blanktecken i början eller slutet',
    ),
    # types
    "date": (
        "unit",
        "unit_id,parent_unit_id,level,valid_from,valid_to\nRD,,region,2023-02-29,\n",
        'unit.csv, rad 2, kolumn valid_from: värdet "2023-02-29" är inte ett datum som finns (åååå-mm-dd)',
    ),
    "date form": (
        "unit",
        "unit_id,parent_unit_id,level,valid_from,valid_to\nRD,,region,2023-2-1,\n",
        'unit.csv, rad 2, kolumn valid_from: värdet "2023-2-1" är inte ett datum som finns (åååå-mm-dd)',
    ),
    "boolean": (
        "region",
        "region_id,is_official,note\nRD,yes,\n",
        'region.csv, rad 2, kolumn is_official: värdet "yes" är inte true eller false',
    ),
    "integer": (
        "profile",
        "profile_id,month,month_number,share_pct\neven,2024-01-01,1.0,100\n",
        'profile.csv, rad 2, kolumn month_number: värdet "1.0" är inte ett heltal som ryms',
    ),
    "decimal comma": (
        "profile",
        'profile_id,month,month_number,share_pct\neven,2024-01-01,1,50\neven,2024-02-01,2,"50,0"\n',
        'profile.csv, rad 3, kolumn share_pct: värdet "50,0" är inte ett tal som ryms, med punkt och högst 4 decimaler',
    ),
    "too many decimals": (
        "profile",
        "profile_id,month,month_number,share_pct\neven,2024-01-01,1,100.00000\n",
        'profile.csv, rad 2, kolumn share_pct: värdet "100.00000" är inte ett tal som ryms, '
        "med punkt och högst 4 decimaler",
    ),
    "too large": (
        "profile",
        "profile_id,month,month_number,share_pct\neven,2024-01-01,1,1000000\n",
        'profile.csv, rad 2, kolumn share_pct: värdet "1000000" är inte ett tal som ryms, '
        "med punkt och högst 4 decimaler",
    ),
    # rules
    "not_null": ("unit", GOOD["unit"] + ",RD,unit,2022-01-01,\n", "unit.csv, rad 6, kolumn unit_id: värdet saknas"),
    "not_null where": (
        "unit",
        GOOD["unit"] + "HSN,,board,2022-01-01,\n",
        "unit.csv, rad 6, kolumn parent_unit_id: värdet saknas",
    ),
    "unique": (
        "region",
        GOOD["region"] + "RJH,,\n",
        'region.csv, rad 5, kolumn region_id: "RJH" står redan på rad 3',
    ),
    "accepted_values": (
        "unit",
        GOOD["unit"] + "HSN,RD,bord,2022-01-01,\n",
        'unit.csv, rad 6, kolumn level: värdet "bord" är inte tillåtet',
    ),
    "accepted_values boolean": (
        "region",
        GOOD["region"] + "RX,false,\n",
        'region.csv, rad 5, kolumn is_official: värdet "false" är inte tillåtet',
    ),
    "relationships": (
        "unit",
        GOOD["unit"] + "HSN,RX,board,2022-01-01,\n",
        'unit.csv, rad 6, kolumn parent_unit_id: värdet "RX" finns inte i unit.csv, kolumn unit_id',
    ),
    "accepted_range": (
        "profile",
        GOOD["profile"] + "even,2024-03-01,13,0\n",
        "profile.csv, rad 4, kolumn month_number: värdet 13 ligger utanför det tillåtna",
    ),
    "is_month": (
        "profile",
        GOOD["profile"] + "even,2024-03-31,3,0\n",
        "profile.csv, rad 4, kolumn month: månaden 2024-03-31 är inte dess första dag",
    ),
    "unique_combination": (
        "profile",
        GOOD["profile"] + "bent,,3,100\nbent,,3,\n",
        'profile.csv, rad 5, kolumn profile_id, month: "bent, (tomt)" står redan på rad 4',
    ),
    "sums_to_hundred": (
        "profile",
        GOOD["profile"] + "bent,2024-01-01,1,40\nbent,2024-02-01,2,59.98\n",
        "profile.csv, rad 4, kolumn share_pct: andelarna i gruppen som börjar på raden blir 99.9800 procent, inte 100",
    ),
    "no_overlap": (
        "unit",
        GOOD["unit"] + "RS,RD,board,2023-12-31,2024-01-01\n",
        "unit.csv, rad 6, kolumn valid_from: giltigheten överlappar rad 3",
    ),
    "no_overlap open end": (
        "unit",
        GOOD["unit"] + "RD,,region,2030-01-01,\n",
        "unit.csv, rad 6, kolumn valid_from: giltigheten överlappar rad 2",
    ),
    "no_overlap never in force": (
        "unit",
        GOOD["unit"] + "HSN,RD,board,2024-01-01,2024-01-01\n",
        "unit.csv, rad 6, kolumn valid_from: giltigheten slutar inte efter sin början",
    ),
    "no_range_overlap": (
        "account_class",
        GOOD["account_class"] + "bas,3850,3899,2022-01-01,\n",
        "account_class.csv, rad 6, kolumn account_from: intervallet överlappar rad 2",
    ),
    "no_range_overlap backwards": (
        "account_class",
        GOOD["account_class"] + "bas,52,51,2022-01-01,\n",
        "account_class.csv, rad 6, kolumn account_from: intervallet slutar före sin början",
    ),
    "no_cycle": (
        "unit",
        GOOD["unit"] + "A,C,unit,2022-01-01,\nB,A,unit,2022-01-01,\nC,B,unit,2022-01-01,\nD,A,unit,2022-01-01,\n",
        "unit.csv, rad 6, kolumn parent_unit_id: kedjan går i cirkel: A → C → B → A",
    ),
    "no_cycle to itself": (
        "unit",
        GOOD["unit"] + "A,A,unit,2022-01-01,\n",
        "unit.csv, rad 6, kolumn parent_unit_id: kedjan går i cirkel: A → A",
    ),
    "no_cycle too deep": (
        "unit",
        GOOD["unit"] + "".join(f"U{n},U{n - 1 or 'X'},unit,2022-01-01,\n" for n in range(1, 7)).replace("UX", "HSF"),
        "unit.csv, rad 11, kolumn parent_unit_id: kedjan är längre än sju steg: "
        "U6 → U5 → U4 → U3 → U2 → U1 → HSF → RS → RD",
    ),
}


@pytest.fixture
def region(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of four sound tables, and the properties that declare them."""
    folder = tmp_path / "reference"
    folder.mkdir()
    for name, text in GOOD.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    properties = tmp_path / "_reference.yml"
    properties.write_text(PROPERTIES, encoding="utf-8")
    return folder, properties


def _texts(errors: list[ReferenceTableError]) -> list[str]:
    return [f"{error.place}: {error.rule}" for error in errors]


def _declaration(name: str) -> str:
    """The part of PROPERTIES that declares one table."""
    return next(part for part in PROPERTIES.split("\n  - ") if part.startswith(f"name: {name}")).join(("\n  - ", "\n"))


def test_sound_tables_pass(region: tuple[Path, Path]) -> None:
    check_reference(*region)


@pytest.mark.parametrize(("name", "content", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_told_once_with_file_line_and_column(
    tmp_path: Path, name: str, content: str | bytes | None, expected: str
) -> None:
    properties = tmp_path / "_reference.yml"
    properties.write_text("seeds:" + _declaration(name), encoding="utf-8")
    if content is not None:
        (tmp_path / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert _texts(reference_errors(tmp_path, properties)) == [expected]


def test_what_excel_saves_is_read(region: tuple[Path, Path]) -> None:
    """A byte order mark, CRLF and another order of columns are no errors, and lines are still counted right."""
    text = 'note,region_id,is_official\r\n"en\r\nannan",RD,\r\n\r\n,RD,nej\r\n'
    (region[0] / "region.csv").write_bytes(text.encode("utf-8-sig"))
    assert _texts(reference_errors(*region)) == [
        'region.csv, rad 5, kolumn region_id: "RD" står redan på rad 2',
        'region.csv, rad 5, kolumn is_official: värdet "nej" är inte true eller false',
    ]


@pytest.mark.parametrize("name", ["units.csv", "old/unit.csv", "Unit.CSV", "[u]nit*.csv"])
def test_a_file_that_no_one_declared_is_named(region: tuple[Path, Path], name: str) -> None:
    path = region[0] / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(GOOD["unit"], encoding="utf-8")
    assert _texts(reference_errors(*region)) == [f"{name}: filen är ingen referenstabell"]


def test_a_rows_own_rule_may_look_at_other_columns_and_tables(region: tuple[Path, Path]) -> None:
    text = GOOD["profile"] + "RD,2024-01-01,1,0\nRD,2024-02-01,2,100\nRX,2024-01-01,1,0\nRX,2024-02-01,2,100\n"
    (region[0] / "profile.csv").write_text(text, encoding="utf-8")
    assert [error.place for error in reference_errors(*region)] == [
        "profile.csv, rad 4, kolumn share_pct",
        "profile.csv, rad 6, kolumn share_pct",
    ]
    there = "exists (select 1 from region where region_id = subject.profile_id)"
    known = PROPERTIES.replace("profile_id not like 'R%'", f"{there}\n                tables: [region]")
    region[1].write_text(known, encoding="utf-8")
    assert [str(error) for error in reference_errors(*region)] == [
        "profile.csv, rad 6, kolumn share_pct: andelen är 0: inget händer. Ta bort raden."
    ]
    (region[0] / "region.csv").write_text("region_id,is_official,note\nRD,nej,\n", encoding="utf-8")
    assert [error.place for error in reference_errors(*region)] == ["region.csv, rad 2, kolumn is_official"]


def test_a_missing_folder_is_named(region: tuple[Path, Path]) -> None:
    folder = region[0] / "elsewhere"
    assert _texts(reference_errors(folder, region[1])) == [f"{folder}: mappen finns inte"]


def test_the_first_error_ends_the_run_in_one_line_and_counts_the_rest(region: tuple[Path, Path]) -> None:
    (region[0] / "unit.csv").write_text(GOOD["unit"] + "HSN,RX,bord,2022-01-01,\n", encoding="utf-8")
    (region[0] / "region.csv").write_text('region_id,is_official,note\nRD,"j\na",\n', encoding="utf-8")
    with pytest.raises(ReferenceTableError) as caught:
        check_reference(*region)
    assert str(caught.value) == (
        'region.csv, rad 2, kolumn is_official: värdet "j a" är inte true eller false. Rätta värdet. (och 2 fel till)'
    )


def test_every_error_says_what_to_do(region: tuple[Path, Path]) -> None:
    (region[0] / "unit.csv").write_text(GOOD["unit"] + "HSN,RX,bord,2022-01-01,\n", encoding="utf-8")
    assert [error.remedy for error in reference_errors(*region)] == [
        "Rätta värdet eller lägg till raden i unit.csv.",
        "Skriv ett av: region, board, unit.",
    ]


def test_a_reference_to_an_unreadable_table_is_not_blamed(region: tuple[Path, Path]) -> None:
    text = GOOD["unit"].replace("RS,RD,board,2022-01-01,2024-01-01", "RS,RD").replace("2024-01-01,\n", "2024-01-01\n")
    (region[0] / "unit.csv").write_text(text, encoding="utf-8")
    assert _texts(reference_errors(*region)) == [
        "unit.csv, rad 3: raden har 2 fält i stället för 5",
        "unit.csv, rad 4: raden har 4 fält i stället för 5",
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("[is_month]", "[is_moth]", "profile, column month: data test is_moth is unknown"),
        ("data_tests: [unique]", "tests: [unique]", "region has tests, not data_tests"),
        ("month: date", "month: dte", "type dte is unknown"),
        ("{name: chart}, ", "", "columns and column_types of account_class differ"),
        ("columns: [profile_id, month]", "columns: [profile_id, mont]", "unique_combination names mont"),
        ("field: unit_id", "field: unit", "relationships names unit, which is no column of unit"),
        ("ref('unit')", "ref('units')", "KeyError('units')"),
        ("group_by: [profile_id], ", "", "sums_to_hundred takes the arguments"),
        ("remedy: Ta", "tables: [regions]\n                remedy: Ta", "names regions, which is no reference table"),
        ('rule: "andelen är 0: inget händer"', "", "row_rule takes the arguments"),
        ("level <> 'region'", "lvl <> 'region'", "cannot be evaluated"),
        ("version: 2", "version: [", "ParserError"),
    ],
)
def test_a_declaration_that_cannot_be_checked_is_refused(
    region: tuple[Path, Path], old: str, new: str, reason: str
) -> None:
    assert old in PROPERTIES
    region[1].write_text(PROPERTIES.replace(old, new), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        check_reference(*region)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_tables_of_the_checkout_pass() -> None:
    errors = reference_errors(
        CHECKOUT / "seeds" / "reference", CHECKOUT / "dbt_project" / "models" / "reference" / "_reference.yml"
    )
    assert [str(error) for error in errors] == []
