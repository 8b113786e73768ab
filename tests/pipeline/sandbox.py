"""A part of the graph on tables that a test has made up: the compiled models as dbt would run them, without dbt.

A morning takes half a minute and its deliveries are files. Here the tables that the part reads are copied from a built
warehouse into memory, a test changes their rows, and the models are made anew, in their order, within a second.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

CATALOG = "warehouse"  # the stem of the file that the models were compiled for
_RELATION = re.compile(rf'"{CATALOG}"\."(\w+)"\."(\w+)"')


class Sandbox:
    """Makes the `wanted` models and all that they rest on, as far as the follow-up goes.

    `compiled` is the SQL of all models by path below models/. What else the models read is copied from `built`, a
    warehouse file, with its rows.
    """

    def __init__(self, compiled: Mapping[str, str], wanted: Sequence[str], built: Path):
        sql = {Path(path).stem: text for path, text in compiled.items()}
        ordered = _in_order(sql, wanted, _follow_up(compiled))
        read = {relation for name in ordered for relation in _RELATION.findall(sql[name])}
        self.models = {name: sql[name].replace(f'"{CATALOG}".', "") for name in ordered}
        self._schema = {Path(path).stem: Path(path).parts[0] for path in compiled}
        self.inputs = sorted(f"{schema}.{name}" for schema, name in read if name not in self.models)
        self.connection = duckdb.connect()
        self.connection.execute("set threads = 1")
        for schema in {schema for schema, _ in read} | {self._schema[name] for name in self.models}:
            self.connection.execute(f"create schema {schema}")
        # Under its own name: the views in the file carry it.
        self.connection.execute(f"attach '{built}' as {CATALOG} (read_only)")
        for table in self.inputs:
            self.connection.execute(f"create table {table} as from {CATALOG}.{table}")
        self.connection.execute(f"detach {CATALOG}")

    def fill(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Replaces the rows of an input; columns that a row does not name are NULL."""
        self.connection.execute(f"delete from {table}")
        self.add(table, rows)

    def add(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            places = ", ".join("?" for _ in row)
            self.connection.execute(f"insert into {table} ({', '.join(row)}) values ({places})", list(row.values()))

    def make(self, *names: str) -> None:
        """Makes the models anew, or only those named, where a test knows that the others stay as they are."""
        for name in names or self.models:
            sql = self.models[name]
            self.connection.execute(f"create or replace table {self._schema[name]}.{name} as {sql}")

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        return self.connection.execute(query, list(parameters)).fetchall()


def _in_order(sql: Mapping[str, str], wanted: Sequence[str], part: frozenset[str]) -> list[str]:
    """The wanted models and those of the part that they read, each after what it reads."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        for _, read in _RELATION.findall(sql[name]):
            if read in part and read not in ordered:
                visit(read)
        ordered.append(name)

    for name in wanted:
        if name not in ordered:
            visit(name)
    return ordered


def _follow_up(compiled: Mapping[str, str]) -> frozenset[str]:
    """The models from plan, forecasts and board reports to the follow-up's marts."""
    subjects = ("unit", "plan", "forecast", "follow_up")
    folders = ("marts/", *(f"intermediate/{subject}/" for subject in subjects))
    single = {"int_reference__parameter", "int_period__final_year"}
    return frozenset(Path(path).stem for path in compiled if path.startswith(folders) or Path(path).stem in single)
