"""docs/contracts.md does what it says: its examples are loaded as they stand, and its table has every key."""

import re
from functools import cache

import pytest

from orchestration.intake import contract_rules
from tests.contract import contract_examples

TEXT = contract_examples.DOCUMENT.read_text("utf-8")

# What a controller finds by hand: rows in the file, accepted, quarantined, left out; the sum of what is accepted.
BY_HAND = {
    "huvudbok.csv": ("loaded", 5, 4, 0, 1, "0.00"),  # 1 250,50 − 1 250,50 + 300 − 300, and the row of the sum
    "huvudbok_fel.csv": ("refused", None, None, None, None, None),
    "prognos.xlsx": ("loaded", 6, 4, 1, 1, "19850000.00"),  # 15,6 + 1,5 − 0,25 + 3 mnkr
    "raindance.txt": ("loaded", 4, 4, 0, 0, "0.00"),
    "bolag.se": ("loaded", 4, 4, 0, 0, "0.00"),
}


@cache
def runs() -> dict[str, contract_examples.Run]:
    """The document's commands by the file that each tries."""
    return {run.command.split()[2]: run for run in contract_examples.runs(TEXT)}


def test_there_is_an_example_for_each_format():
    assert list(runs()) == list(BY_HAND)
    assert set(re.findall(r"^    format: (\w+)$", TEXT, re.MULTILINE)) == set(contract_rules.FORMATS)


@pytest.mark.parametrize("file", BY_HAND)
def test_an_example_prints_what_the_document_says(file: str):
    assert runs()[file].printed == runs()[file].told, "run python -m tests.contract.contract_examples"


@pytest.mark.parametrize("file", BY_HAND)
def test_an_example_comes_to_what_is_reckoned_by_hand(file: str):
    status, *rows, accepted = BY_HAND[file]
    run = runs()[file]
    counts = re.search(r"^rows +(\d+) +(\d+) +(\d+) +(\d+)$", run.printed, re.MULTILINE)
    sums = re.search(r"^sum of \w+ +\S+ +(\S+) ", run.printed, re.MULTILINE)

    assert (run.exit_code, f"{file} would be {status}\n" in run.printed) == (1 if status == "refused" else 0, True)
    assert [int(count) for count in counts.groups()] == rows if counts else set(rows) == {None}
    assert (sums[1] if sums else None) == accepted


def test_the_table_has_every_key_and_no_other():
    keys = re.findall(r"^\| `(\w+)` \| ([^|]+) \| \S", TEXT.split("## All keys of a server")[1], re.MULTILINE)
    formats = {key: {name.strip("* "): "**" in name for name in told.split(",")} for key, told in keys}

    assert sorted(key for key, _ in keys) == sorted(contract_rules.SERVER_KEYS)
    for key, told in formats.items():
        own = {name: keys[key] for name, keys in contract_rules.KEYS_OF_FORMAT.items() if key in keys}
        must = key in contract_rules.REQUIRED_SERVER_KEYS
        assert told == (own or dict.fromkeys(contract_rules.FORMATS, must)), key
