"""The README's questions, each asked of the demo's release as it stands in the document."""

import re
from functools import cache

import duckdb
import pytest

from orchestration.settings import CHECKOUT
from tests.contract.marts_table import marts
from tests.pipeline.conftest import Morning


@cache
def questions() -> dict[str, str]:
    """Table -> query, from the README's block of SQL: `-- table: question?` and a statement."""
    (block,) = re.findall(r"```sql\n(.*?)```", (CHECKOUT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    parts = re.split(r"^-- (\w+): .*\?\n", block, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_published_table_has_a_question():
    assert set(questions()) == {mart.name for mart in marts()}


@pytest.mark.parametrize("table", questions())
def test_the_question_is_answered_by_the_demo(demo: Morning, table: str):
    with duckdb.connect(str(demo.directory.main.published_warehouse), read_only=True) as reader:
        rows = reader.execute(questions()[table]).fetchall()
    assert rows
    assert f"marts.{table}" in questions()[table]


def test_the_demo_ends_as_the_readme_says(demo: Morning):
    (block,) = re.findall(r"```text\n(.*?)```", (CHECKOUT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    wanted = ".*".join(map(re.escape, block.split("…")))
    assert re.search(wanted, demo.ended.out, re.DOTALL), demo.ended.out
