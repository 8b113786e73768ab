"""Suites of expectations as plain values, and the table of controls that the README prints.

One YAML per table under `suites/<schema>/<table>.yaml`. Nothing here imports Great Expectations, so that check
specifications and documents can be made in milliseconds; `runner.py` does the judging.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import SuiteError
from orchestration.model import Severity

HERE = Path(__file__).parent
SUITES = HERE / "suites"
README = HERE / "README.md"

# The schema whose models name subjects, one row per finding, and the schema whose suites judge only new slices.
CONTROL_SCHEMA = "controls"
RAW_SCHEMA = "raw"

BY_WEIGHT = (Severity.REFUSE, Severity.STOP, Severity.WARN, Severity.INFO)

_SUITE_KEYS = ("table", "label_sv", "expectations", "follows_from")
_EXPECTATION_KEYS = ("control", "severity", "type", "kwargs", "text_sv")
_TEXT_KEYS = ("what", "means", "do", "by")
_CONTROL_ID = re.compile(r"[A-Z][0-9]+")
_TYPE = re.compile(r"Expect[A-Za-z0-9]+|UnexpectedRowsExpectation")
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")
_TABLE_BEGIN = "<!-- controls: begin, written by python -m expectations.suites -->"
_TABLE_END = "<!-- controls: end -->"


@dataclass(frozen=True)
class ControlText:
    """Swedish words for the controller: what is wrong, what it means in kronor, what to do, by when."""

    what: str
    means: str
    do: str
    by: str


@dataclass(frozen=True)
class Expectation:
    """One demand on one table. `type` is the class name (CamelCase), of Great Expectations or of `runner.OWN_TYPES`."""

    control: str
    severity: Severity
    type: str
    kwargs: Mapping[str, Any]
    text: ControlText


@dataclass(frozen=True)
class Check:
    """What one control demands of one table: the unit of a result, and of an asset check in Dagster."""

    check_id: str
    table_name: str
    severity: Severity
    expectations: tuple[Expectation, ...]

    @property
    def description(self) -> str:
        """The Swedish texts of what is demanded, each once."""
        return " ".join(dict.fromkeys(expectation.text.what for expectation in self.expectations))


@dataclass(frozen=True)
class Suite:
    """All expectations on one table, in the order in which they are judged. `table` is `<schema>.<name>`.

    `follows_from` are the feeds whose absence explains what is found: a delivery that is missing is told of, and not
    what follows from it.
    """

    table: str
    label_sv: str
    expectations: tuple[Expectation, ...]
    follows_from: frozenset[str] = frozenset()

    @property
    def schema(self) -> str:
        return self.table.partition(".")[0]

    @property
    def name(self) -> str:
        return self.table.partition(".")[2]

    @property
    def judges_new_slices_only(self) -> bool:
        return self.schema == RAW_SCHEMA

    @property
    def names_subjects(self) -> bool:
        """True for a control model: each of its rows is a finding."""
        return self.schema == CONTROL_SCHEMA

    @property
    def checks(self) -> tuple[Check, ...]:
        """One per control, in order of first mention, with the most severe of its declared severities."""
        grouped: dict[str, list[Expectation]] = {}
        for expectation in self.expectations:
            grouped.setdefault(expectation.control, []).append(expectation)
        return tuple(
            Check(control, self.table, most_severe(members), tuple(members)) for control, members in grouped.items()
        )


def most_severe(expectations: Sequence[Expectation]) -> Severity:
    """The weightiest severity among at least one expectation: refuse, stop, warn, info."""
    return min((expectation.severity for expectation in expectations), key=BY_WEIGHT.index)


def load_suites(folder: Path) -> tuple[Suite, ...]:
    """Every suite under `folder`, sorted by table. Raises SuiteError naming file and key; never skips a file."""
    if not folder.is_dir():
        raise SuiteError(str(folder), "the folder of suites is missing", "Give the folder that holds <schema>/*.yaml")
    suites = [_read_suite(file, folder) for file in sorted(folder.rglob("*.y*ml"))]
    return tuple(sorted(suites, key=lambda suite: suite.table))


def _read_suite(file: Path, folder: Path) -> Suite:
    place = file.relative_to(folder).as_posix()
    try:
        tree = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SuiteError(place, f"not readable as YAML: {' '.join(str(error).split())}", "Mend the file") from error
    _demand_keys(tree, _SUITE_KEYS, place, optional=("follows_from",))
    table = tree["table"]
    schema, _, name = str(table).partition(".")
    if not (_IDENTIFIER.fullmatch(schema) and _IDENTIFIER.fullmatch(name)):
        raise SuiteError(f"{place}, table", f"{table!r} is not <schema>.<table>", "Write both names in lower case")
    if place != f"{schema}/{name}.yaml":
        raise SuiteError(f"{place}, table", f"{table} does not belong in this file", f"Name it {schema}/{name}.yaml")
    expectations = tree["expectations"]
    if not isinstance(expectations, list) or not expectations:
        raise SuiteError(f"{place}, expectations", "a suite without expectations", "List one, or drop the file")
    follows_from = tree.get("follows_from", [])
    if not isinstance(follows_from, list) or not all(_IDENTIFIER.fullmatch(str(feed)) for feed in follows_from):
        raise SuiteError(f"{place}, follows_from", "not a list of feeds", "Write their names, as [ledger]")
    return Suite(
        table=table,
        label_sv=_demand_text(tree["label_sv"], f"{place}, label_sv"),
        expectations=tuple(
            _read_expectation(item, f"{place}, expectations[{index}]") for index, item in enumerate(expectations)
        ),
        follows_from=frozenset(follows_from),
    )


def _read_expectation(item: Any, place: str) -> Expectation:
    _demand_keys(item, _EXPECTATION_KEYS, place, optional=("kwargs",))
    if not _CONTROL_ID.fullmatch(str(item["control"])):
        raise SuiteError(f"{place}.control", f"{item['control']!r} is no control id", "A letter and a number, as F1")
    if item["severity"] not in list(Severity):
        known = ", ".join(Severity)
        raise SuiteError(f"{place}.severity", f"{item['severity']!r} is no severity", f"Choose among {known}")
    class_name = _camel(str(item["type"]))
    if not _TYPE.fullmatch(class_name):
        raise SuiteError(f"{place}.type", f"{item['type']!r} is no type of expectation", "See expectations/README.md")
    kwargs = item.get("kwargs", {})
    if not isinstance(kwargs, dict):
        raise SuiteError(f"{place}.kwargs", "not a mapping of argument to value", "Write one argument per line")
    _demand_keys(item["text_sv"], _TEXT_KEYS, f"{place}.text_sv")
    text = {key: _demand_text(item["text_sv"][key], f"{place}.text_sv.{key}") for key in _TEXT_KEYS}
    return Expectation(item["control"], Severity(item["severity"]), class_name, kwargs, ControlText(**text))


def _camel(name: str) -> str:
    """`expect_column_to_exist` and `ExpectColumnToExist` both name the class ExpectColumnToExist."""
    return "".join(part.capitalize() for part in name.split("_")) if "_" in name or name.islower() else name


def _demand_keys(tree: Any, keys: Sequence[str], place: str, optional: Sequence[str] = ()) -> None:
    if not isinstance(tree, dict):
        raise SuiteError(place, "not a mapping", f"Write the keys {', '.join(keys)}")
    for key in tree:
        if key not in keys:
            raise SuiteError(f"{place}, {key}", "an unknown key", f"Known keys are {', '.join(keys)}")
    for key in keys:
        if key not in tree and key not in optional:
            raise SuiteError(place, f"the key {key} is missing", "Add it")


def _demand_text(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SuiteError(place, "a text is missing", "Write a Swedish text for the controller")
    return " ".join(value.split())


class _Loader(yaml.SafeLoader):
    """Refuses a key written twice, which YAML would let the last one win without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = [key for key in dict.fromkeys(keys) if keys.count(key) > 1]
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice[0]} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def controls_table(suites: Sequence[Suite]) -> str:
    """Markdown: one row per control, table and text, sorted so that the same suites give the same bytes."""
    rows = {
        (e.control[0], int(e.control[1:]), suite.table, e.severity, e.text.what): (suite, e)
        for suite in suites
        for e in suite.expectations
    }
    lines = [
        "| id | table | severity | vad | vad det betyder | gör | senast |",
        "|---|---|---|---|---|---|---|",
    ]
    for key in sorted(rows):
        suite, e = rows[key]
        cells = (e.control, f"`{suite.table}`", str(e.severity), e.text.what, e.text.means, e.text.do, e.text.by)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def with_controls_table(readme: str, table: str) -> str:
    """The README's text with `table` between its two marks. Raises SuiteError if a mark is missing."""
    before, begin, rest = readme.partition(_TABLE_BEGIN)
    _, end, after = rest.partition(_TABLE_END)
    if not begin or not end:
        raise SuiteError("expectations/README.md", "a mark of the table is missing", f"Put back {_TABLE_BEGIN}")
    return f"{before}{begin}\n\n{table}\n{end}{after}"


def main() -> None:
    """Writes the README's table of controls anew from the suites."""
    try:
        table = controls_table(load_suites(SUITES))
        README.write_text(with_controls_table(README.read_text(encoding="utf-8"), table), encoding="utf-8")
    except SuiteError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
