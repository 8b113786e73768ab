"""The README's table of marts, made from the YAML beside the models and from the tables of schema ops.

`python -m tests.contract.marts_table` writes it anew, between its two marks; a test holds the README to it.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.ops_tables import OpsTable, published_tables
from orchestration.settings import CHECKOUT

README = CHECKOUT / "README.md"
MARTS = CHECKOUT / "dbt_project" / "models" / "marts"
BEGIN = "<!-- marts: begin, written by python -m tests.contract.marts_table -->"
END = "<!-- marts: end -->"
HEAD = """\
Each table answers a question, in the controllers' own words.

| table | grain | answers |
|---|---|---|
"""


@dataclass(frozen=True)
class Mart:
    """One published table. `grain` is the columns of its key, none for a table of one row; `question` is Swedish."""

    name: str
    grain: tuple[str, ...]
    question: str

    @property
    def line(self) -> str:
        question = self.question.replace("|", "\\|")
        grain = " × ".join(self.grain) or "one row"
        return f"| `{self.name}` | {grain} | {question} |\n"


def marts() -> list[Mart]:
    """The marts of dbt by name, then those that the pipeline writes, in the order of their DDL.

    Raises ValueError naming every table whose question or key is not told.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = (yaml.load(file.read_text("utf-8"), loader) for file in sorted(MARTS.rglob("*.yml")))
    models = sorted((model for file in files for model in file.get("models", [])), key=lambda model: model["name"])
    found = [*map(_of_model, models), *map(_of_ops, published_tables())]
    untold = [mart.name for mart in found if not mart.question]
    untold += [model["name"] for model in models if not _key(model)]
    if untold:
        raise ValueError(f"no question_sv or key: {', '.join(dict.fromkeys(untold))}")
    return found


def _of_model(model: dict[str, Any]) -> Mart:
    meta = model.get("config", {}).get("meta", {})
    return Mart(model["name"], _key(model), meta.get("question_sv", ""))


def _key(model: dict[str, Any]) -> tuple[str, ...]:
    """The columns that a dbt test holds to be the table's key."""
    for test in model.get("data_tests", []):
        if "unique_combination" in test:
            return tuple(test["unique_combination"]["arguments"]["columns"])
    return tuple(column["name"] for column in model["columns"] if "unique" in column.get("data_tests", []))[:1]


def _of_ops(table: OpsTable) -> Mart:
    grain = re.search(r"Grain: ([a-z_, ]+)\.", table.description)
    return Mart(table.name, tuple(grain[1].split(", ")) if grain else (), table.question_sv)


def marts_table(found: Sequence[Mart]) -> str:
    """Markdown: what stands between the two marks."""
    return HEAD + "".join(mart.line for mart in found)


def with_marts_table(readme: str, table: str) -> str:
    """The README's text with `table` between its two marks. Raises ValueError if a mark is missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md lacks a mark of the table: {END if begin else BEGIN}")
    return f"{before}{begin}\n\n{table}\n{end}{after}"


def main(readme: Path = README) -> None:
    """Writes the README's table of marts anew."""
    try:
        text = with_marts_table(readme.read_text("utf-8"), marts_table(marts()))
    except ValueError as error:
        sys.exit(str(error))
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
