"""What docs/bi.md says, tried on the demo's release: its code, its questions, reflection, dbt's documentation."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from orchestration.settings import CHECKOUT, DataDirectory
from tests.pipeline.conftest import Morning

pytestmark = pytest.mark.pipeline

GUIDE = (CHECKOUT / "docs" / "bi.md").read_text("utf-8")
QUESTIONS = sorted((CHECKOUT / "docs" / "dashboards").glob("*.sql"))


def blocks(language: str) -> list[str]:
    """The guide's blocks of code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(scope="module")
def beside_the_data(demo: Morning, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which data/ is the demo's."""
    folder = tmp_path_factory.mktemp("bi")
    (folder / "data").symlink_to(demo.directory.root)
    return folder


@pytest.mark.parametrize("place", range(len(blocks("python"))))
def test_the_python_of_the_guide_runs(beside_the_data: Path, place: int):
    ended = subprocess.run(
        [sys.executable, "-c", blocks("python")[place]], cwd=beside_the_data, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip()


def test_the_release_can_be_shown(demo: Morning):
    (query,) = blocks("sql")
    with duckdb.connect(str(demo.directory.main.published_warehouse), read_only=True) as reader:
        assert reader.execute(query).fetchone()[2] == demo.release.release_id


def test_there_are_ten_questions():
    assert len(QUESTIONS) == 10


@pytest.mark.parametrize("file", QUESTIONS, ids=lambda file: file.stem)
def test_a_question_has_an_answer(demo: Morning, file: Path):
    text = file.read_text("utf-8")
    assert re.match(r"-- .+\?\n-- Diagram: .+\n", text), "its question and its chart stand first"
    with duckdb.connect(str(demo.directory.main.published_warehouse), read_only=True) as reader:
        assert reader.execute(text).fetchall()


def test_reflection_finds_every_table_with_its_comments(demo: Morning):
    engine = create_engine(
        f"duckdb:///{demo.directory.main.published_warehouse}",
        poolclass=NullPool,
        connect_args={"read_only": True, "config": {"enable_external_access": "false", "lock_configuration": "true"}},
    )
    try:
        seen = inspect(engine)
        tables = seen.get_table_names(schema="marts")
        assert {"fct_net_effect", "fct_fte", "publication"} <= set(tables)
        for table in tables:
            comment = seen.get_table_comment(table, schema="marts")["text"]
            assert re.match(r"[A-ZÅÄÖ][^?]+\? [A-Z]", comment), (table, comment)
            for column in seen.get_columns(table, schema="marts"):
                assert ". " in (column["comment"] or ""), (table, column)
    finally:
        engine.dispose()


def test_dbt_documents_the_project(region: DataDirectory, tmp_path: Path):
    command = [str(Path(sys.executable).with_name("dbt")), "docs", "generate", "--target-path", str(tmp_path)]
    ended = subprocess.run(
        [*command, "--project-dir", ".", "--profiles-dir", ".", "--log-path", str(tmp_path)],
        cwd=CHECKOUT / "dbt_project",
        env={**os.environ, "NETTOEFFEKT_WAREHOUSE": str(region.main.warehouse), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout
    catalog = json.loads((tmp_path / "catalog.json").read_text("utf-8"))
    assert "model.nettoeffekt.fct_net_effect" in catalog["nodes"]
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert {"monthly_report", "alerts", "dashboards"} <= {node["name"] for node in manifest["exposures"].values()}
    assert {"net_effect", "fte_rolling_12", "forecast_deviation"} <= {m["name"] for m in manifest["metrics"].values()}
