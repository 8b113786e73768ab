"""Are the reference tables fit to run on? Says file, line, column, rule and what to do, before anything else starts.

dbt's tests tell that a rule is broken but not on which line of which file, and these files are edited by hand. The
rules are declared once, in dbt's property file of the seeds; here they are read from it and held against the files.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml
from duckdb import DuckDBPyConnection as Connection

from orchestration.errors import ContractError, ReferenceTableError
from orchestration.reference_checks import COLUMN_CHECKS, OPTIONAL, TABLE_CHECKS, TYPES

WHOLE_FILE = 0  # the line of an error that has none


@dataclass(frozen=True)
class Rule:
    """One dbt data test. `column` is None where the test is the table's; `where` limits the rows it is about."""

    kind: str
    column: str | None
    arguments: dict[str, Any]
    where: str | None


@dataclass(frozen=True, order=True)
class Breach:
    """One broken rule. Sorts as a reader meets it: file, line, position of the column."""

    file: str
    line: int
    position: int
    column: str
    rule: str
    remedy: str

    def error(self) -> ReferenceTableError:
        line = f", rad {self.line}" if self.line != WHOLE_FILE else ""
        column = f", kolumn {self.column}" if self.column else ""
        rule = " ".join(self.rule.split())  # a value may hold line breaks; the error is one line
        return ReferenceTableError(self.file + line + column, rule, self.remedy)


@dataclass(frozen=True)
class Seed:
    """What is declared of one table: type by column, and the rules."""

    name: str
    types: dict[str, str]
    rules: list[Rule]

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    def breach(self, line: int, column: str, rule: str, remedy: str) -> Breach:
        """`column` may be empty, or several names joined by a comma."""
        names, first = list(self.types), column.split(",")[0]
        return Breach(self.file, line, names.index(first) if first in names else -1, column, rule, remedy)


Rows = dict[int, dict[str, str | None]]  # by physical line the values by column, empty ones None


def check_reference(folder: Path, properties: Path) -> None:
    """Raise ReferenceTableError for the first error in order of file and line, with the number of further ones.

    ContractError, in English, if the property file cannot be read or holds a test that is unknown here.
    """
    errors = reference_errors(folder, properties)
    if errors:
        first, further = errors[0], f" (och {len(errors) - 1} fel till)" if len(errors) > 1 else ""
        raise ReferenceTableError(first.place, first.rule, first.remedy + further)


def reference_errors(folder: Path, properties: Path) -> list[ReferenceTableError]:
    """All errors of the reference tables in `folder`, in order of file, line and column."""
    seeds = declared_seeds(properties)
    if not folder.is_dir():
        return [ReferenceTableError(str(folder), "mappen finns inte", "Rätta sökvägen i NETTOEFFEKT_REFERENCE.")]
    tables: dict[str, Rows] = {name: {} for name in seeds}
    breaches = [*_stray_files(folder, {seed.file for seed in seeds.values()})]
    for seed in seeds.values():
        breaches += _read(folder / seed.file, seed, tables[seed.name])
    with duckdb.connect(config={"threads": 1}) as connection:  # tiny queries: threads would only wait
        breaches += _broken_rules(connection, seeds, tables, {breach.file for breach in breaches})
    return [breach.error() for breach in sorted(set(breaches))]


def load_tables(connection: Connection, folder: Path, properties: Path, *names: str) -> dict[str, Seed]:
    """Tables that have passed check_reference, into `connection`: typed, with the line of each row as _line."""
    seeds = declared_seeds(properties)
    for name in names:
        rows: Rows = {}
        for breach in _read(folder / seeds[name].file, seeds[name], rows):
            raise breach.error()
        _create_table(connection, seeds[name], rows)
    return {name: seeds[name] for name in names}


def declared_seeds(properties: Path) -> dict[str, Seed]:
    """The seeds of a dbt property file by name. Raises ContractError for what cannot be checked here."""
    try:
        document = yaml.load(properties.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        seeds = {node["name"]: _seed(node) for node in document["seeds"]}
        for seed in seeds.values():
            for rule in seed.rules:
                _require_known(rule, seed, seeds)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        reason = " ".join(f"cannot be used as the properties of seeds: {error!r}".split())
        raise ContractError(
            properties.name, reason, "Mend it, or teach orchestration/reference.py the test."
        ) from error
    return seeds


def _seed(node: dict[str, Any]) -> Seed:
    types = {column: kind.lower() for column, kind in node["config"]["column_types"].items()}
    for kind in types.values():
        _shape(kind)
    if [column["name"] for column in node["columns"]] != list(types):
        raise ValueError(f"columns and column_types of {node['name']} differ")
    if any("tests" in part for part in (node, *node["columns"])):
        raise ValueError(f"{node['name']} has tests, not data_tests")
    tests = [(None, test) for test in node.get("data_tests", [])]
    tests += [(column["name"], test) for column in node["columns"] for test in column.get("data_tests", [])]
    return Seed(node["name"], types, [rule for column, test in tests for rule in _rules(column, test)])


def _rules(column: str | None, test: str | dict[str, Any]) -> Iterator[Rule]:
    """Nothing for a test that is switched off or only warns: such a test must not end a run."""
    ((kind, body),) = [(test, None)] if isinstance(test, str) else test.items()
    body = body or {}
    config = body.get("config", {})
    if config.get("enabled", True) and config.get("severity", "error").lower() != "warn":
        yield Rule(kind, column, body.get("arguments", {}), config.get("where"))


def _require_known(rule: Rule, seed: Seed, seeds: dict[str, Seed]) -> None:
    place = f"{seed.name}, column {rule.column}" if rule.column else seed.name
    check = (COLUMN_CHECKS if rule.column else TABLE_CHECKS).get(rule.kind)
    if check is None:
        raise ValueError(f"{place}: data test {rule.kind} is unknown to the check of reference tables")
    if set(rule.arguments) - set(OPTIONAL) != set(check.arguments):
        raise ValueError(f"{place}: {rule.kind} takes the arguments {check.arguments}, not {tuple(rule.arguments)}")
    holder, named = seed, [] if rule.column else [*rule.arguments.values()]
    if rule.kind == "relationships":
        holder, named = seeds[_referred(rule)], [rule.arguments["field"]]
    if strangers := set(rule.arguments.get("tables", ())) - set(seeds):
        raise ValueError(f"{place}: {rule.kind} names {sorted(strangers)[0]}, which is no reference table")
    for column in (name for value in named for name in ([value] if isinstance(value, str) else value)):
        if column not in holder.types:
            raise ValueError(f"{place}: {rule.kind} names {column}, which is no column of {holder.name}")


def _referred(rule: Rule) -> str:
    """The seed that relationships points at: ref('unit') → unit."""
    return re.sub(r"^ref\(['\"](\w+)['\"]\)$", r"\1", rule.arguments["to"])


def _shape(kind: str) -> tuple[str, str]:
    """The pattern of a type's values, and its name in Swedish."""
    for name, (pattern, label) in TYPES.items():
        if match := re.fullmatch(name, kind):
            scale = (match.groups() or ("",))[0]
            return pattern.replace("SCALE", scale), label.replace("SCALE", scale)
    raise ValueError(f"type {kind} is unknown to the check of reference tables")


def _stray_files(folder: Path, expected: set[str]) -> Iterator[Breach]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() == ".csv" and name not in expected:
            yield Breach(name, WHOLE_FILE, -1, "", "filen är ingen referenstabell", "Rätta namnet eller ta bort filen.")


def _read(path: Path, seed: Seed, rows: Rows) -> Iterator[Breach]:
    """Fill `rows` and say what is wrong with the file's form. Blanks around a value are reported once, then dropped."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = "filen saknas" if isinstance(error, FileNotFoundError) else f"filen kan inte läsas ({error.strerror})"
        yield seed.breach(WHOLE_FILE, "", reason, "Lägg en läsbar fil i mappen, om så med bara rubrikraden.")
        return
    text = data.decode("utf-8-sig", errors="replace")
    if (unread := re.search("[\0\ufffd]", text)) is not None:
        line = text.count("\n", 0, unread.start()) + 1
        yield seed.breach(line, "", "raden har tecken som inte är UTF-8", "Spara filen som CSV UTF-8.")
        return
    reader, line = csv.reader(io.StringIO(text, newline=""), strict=True), 1
    try:
        header = next(reader, [])
        yield from (problems := [seed.breach(1, *problem) for problem in _header_problems(header, list(seed.types))])
        if problems:
            return
        line = reader.line_num + 1
        for values in reader:
            if values and len(values) != len(header):
                rule = f"raden har {len(values)} fält i stället för {len(header)}"
                yield seed.breach(line, "", rule, "Rätta kommatecknen; text med kommatecken skrivs inom citattecken.")
            elif values:
                rows[line] = {column: value.strip() or None for column, value in zip(header, values, strict=True)}
                for column, value in zip(header, values, strict=True):
                    if value != value.strip():
                        rule = f'värdet "{value}" har blanktecken i början eller slutet'
                        yield seed.breach(line, column, rule, "Ta bort blanktecknen.")
            line = reader.line_num + 1  # a value may hold line breaks: a row's line is where it starts
    except csv.Error as error:
        yield seed.breach(line, "", f"raden är inte giltig CSV ({error})", "Se över citattecknen på raden.")


def _header_problems(header: list[str], columns: list[str]) -> Iterator[tuple[str, str, str]]:
    if not header:
        yield "", "rubrikraden saknas", f"Skriv den som första rad: {','.join(columns)}."
    elif len(header) == 1 and ";" in header[0]:
        yield "", "kolumnerna skiljs åt med semikolon", "Spara filen med kommatecken mellan kolumnerna."
    else:
        yield from ((name, "kolumnen saknas", "Lägg till den.") for name in columns if name not in header)
        for name, times in Counter(header).items():
            if name not in columns:
                yield name, "kolumnen är okänd", "Rätta rubriken eller ta bort kolumnen."
            elif times > 1:
                yield name, f"kolumnen står {times} gånger", "Behåll en av dem."


def _broken_rules(
    connection: Connection, seeds: dict[str, Seed], tables: dict[str, Rows], unfit: set[str]
) -> Iterator[Breach]:
    """Types first, then rules. What a file with errors of form or type (`unfit`) lacks is no broken reference to it."""
    mistyped: set[tuple[str, int, str]] = set()
    for name, seed in seeds.items():
        rows = tables[name]
        _create_table(connection, seed, rows)
        cast = connection.execute(f'from "{name}" order by _line').fetchall()
        for (line, texts), (_, *typed_values) in zip(rows.items(), cast, strict=True):
            for column, value in zip(seed.types, typed_values, strict=True):
                if value is None and texts[column] is not None:
                    mistyped.add((name, line, column))
                    rule = f'värdet "{texts[column]}" är inte {_shape(seed.types[column])[1]}'
                    yield seed.breach(line, column, rule, "Rätta värdet.")
    unfit |= {seeds[name].file for name, _, _ in mistyped}
    for name, seed in seeds.items():
        for rule in seed.rules:
            if not _leans_on(rule, seed, seeds) & unfit:
                for breach in _held_against(connection, rule, seed):
                    if (name, breach.line, breach.column) not in mistyped:
                        yield breach


def _create_table(connection: Connection, seed: Seed, rows: Rows) -> None:
    """The seed as a table of typed columns, with the physical line of each row as _line."""
    texts = ", ".join(["unnest(?::bigint[]) as _line", *(f'unnest(?::varchar[]) as "{c}"' for c in seed.types)])
    casts = ", ".join(["_line", *(f'{_cast(c, kind)} as "{c}"' for c, kind in seed.types.items())])
    values = [[row[column] for row in rows.values()] for column in seed.types]
    connection.execute(f'create table "{seed.name}" as from (select {texts}) select {casts}', [[*rows], *values])


def _leans_on(rule: Rule, seed: Seed, seeds: dict[str, Seed]) -> set[str]:
    """The files that must be whole for a rule to be judged, if any: a sum lacks a share that could not be read."""
    if rule.kind == "relationships":
        return {seeds[_referred(rule)].file}
    whole = [seed.name] if rule.kind == "sums_to_hundred" else rule.arguments.get("tables", ())
    return {seeds[name].file for name in whole}


def _held_against(connection: Connection, rule: Rule, seed: Seed) -> Iterator[Breach]:
    check, arguments = (COLUMN_CHECKS if rule.column else TABLE_CHECKS)[rule.kind], OPTIONAL | rule.arguments
    values = [str(v).lower() if isinstance(v, bool) else str(v) for v in arguments.get("values", [])]
    known, parameters = "select unnest(?::varchar[]) as value", [values]
    if rule.kind == "relationships":
        known, parameters = f'from "{_referred(rule)}" select {_text(arguments["field"])} as value', []
        arguments["to"] = _referred(rule)
    arguments["values"] = ", ".join(values)
    fields = ["_line as line"]
    if rule.column:
        judged = f"({arguments['holds']})" if rule.kind == "row_rule" else f'"{rule.column}"'
        fields += [f"{judged} as value", *(f"{arguments[bound]} as {bound}" for bound in ("minimum", "maximum"))]
    for name, columns in rule.arguments.items() if not rule.column else ():
        field = f'"{columns}"' if isinstance(columns, str) else f"[{', '.join(map(_text, columns))}]::varchar[]"
        fields.append(f'{field} as "{name}"')
    place = rule.column or arguments[check.place]
    subject = f'from "{seed.name}" as subject select {", ".join(fields)} where {rule.where or "true"}'
    try:
        common = f"with recursive known as ({known}), subject as ({subject})"
        found = connection.execute(f"{common} {check.statement}", parameters).fetchall()
    except duckdb.Error as error:
        reason = f"cannot be evaluated: {str(error).splitlines()[0]}"
        raise ContractError(f"seed {seed.name}, data test {rule.kind}", reason, "Mend the declaration.") from error
    for line, detail in found:
        texts = [text.format_map(arguments | {"detail": detail}) for text in (check.rule, check.remedy)]
        yield seed.breach(line, place if isinstance(place, str) else ", ".join(place), *texts)


def _cast(column: str, kind: str) -> str:
    """SQL for the typed value; NULL where the text does not look like its type."""
    return f"""case when regexp_full_match("{column}", '{_shape(kind)[0]}') then try_cast("{column}" as {kind}) end"""


def _text(column: str) -> str:
    return f'cast("{column}" as varchar)'
