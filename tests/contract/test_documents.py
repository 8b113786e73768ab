"""Documents say what the code does: verbs, settings, commands, marts, links, dates. And no file says too much."""

import re
import subprocess
from datetime import date
from functools import cache
from pathlib import Path

import click
import pytest
import typer

from orchestration.cli import app
from orchestration.demo import DEMO_AS_OF
from orchestration.intake.privacy import IDENTITY_NUMBER, is_identity_number
from orchestration.settings import CHECKOUT, Settings
from tests.contract import marts_table

README = (CHECKOUT / "README.md").read_text("utf-8")
MAKEFILE = (CHECKOUT / "Makefile").read_text("utf-8")
LARGEST = 1_000_000  # bytes

# Numbers that the Tax Agency has published as tests and examples, without separator and century.
PUBLISHED = frozenset({"9001019802", "7010632391", "6408233234"})

# Where somebody's machine or package index shows, written so that this file does not show one itself.
MACHINE = re.compile(r"(?<![\w.~:/-])/(?:home|root|work|tmp|mnt|Users)/\w|\b[A-Z]:\\Users\b")
INDEX = re.compile(r"(?<!no-emit-)index[-_]url|find-links\s*=|https?://\S*(?:pypi|pythonhosted|/simple\b)", re.I)

# Private keys, tokens of well-known services, and passwords in addresses, but for the word that stands for one.
SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[opsur]_\w{36}\b|\bgithub_pat_\w{20}|\bxox[abprs]-\w{10}"
    r"|\bglpat-[\w-]{20}|[a-z]://[^\s/:@\"'{]+:(?!password@)[^\s/@\"'{]+@"
)

# Tools of the field that a document might speak of, by the name under which each is installed; none that is a word of
# everyday. Spark is not among them: the SQL is held to what it runs.
TOOLS = """
    airflow alembic conda dagster dbt-core dbt-duckdb docker duckdb great-expectations hatchling jsonschema-rs
    kubernetes luigi mypy nox open-data-contract-standard pandas pandera pipenv poetry polars postgres pre-commit
    prefect pydantic pytest ruff snowflake soda-core sqlfluff sqlglot sqlmesh streamlit tox typer uv
"""


@cache
def tracked() -> dict[str, bytes]:
    """Every file that git has or would take, by its path in the checkout."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.split("\0")
    return {name: (CHECKOUT / name).read_bytes() for name in names if name and (CHECKOUT / name).is_file()}


@cache
def texts() -> dict[str, str]:
    """The tracked files that are text."""
    return {name: content.decode("utf-8", "replace") for name, content in tracked().items() if b"\0" not in content}


@cache
def documents() -> dict[str, str]:
    return {name: text for name, text in texts().items() if name.endswith(".md") and "/models/" not in name}


def found(pattern: re.Pattern[str]) -> list[str]:
    """Where in the tracked text files a pattern is found, as file:line text."""
    return [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1} {match[0]}"
        for name, text in texts().items()
        for match in pattern.finditer(text)
    ]


def rows(table_after: str) -> list[list[str]]:
    """The rows of the README's table whose first header is `table_after`, cell by cell."""
    table = README.split(f"\n| {table_after} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def code_lines() -> list[str]:
    """The lines of the README's shell blocks."""
    return [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]


def verbs() -> dict[str, click.Command]:
    return typer.main.get_command(app).commands


# --- verbs, settings, commands -------------------------------------------------------------------------------------


def test_the_verbs_are_those_of_the_program():
    assert sorted(re.findall(r"^\| `nettoeffekt (\w+)` \|", README, re.MULTILINE)) == sorted(verbs())


def test_every_verb_takes_a_data_directory():
    assert [name for name, verb in verbs().items() if not any("--data" in p.opts for p in verb.params)] == []


def test_commands_of_the_documents_use_verbs_and_options_that_are_there():
    spans = [span for text in documents().values() for span in re.findall(r"`(nettoeffekt [^`]+)`", text)]
    commands = [re.search(r"(?:^|/)nettoeffekt (.+)", span) for span in spans + code_lines()]
    used = [command[1].split() for command in commands if command]

    assert ["run", "--as-of", "2024-12-09"] in used
    for verb, *options in used:
        known = {option for parameter in verbs()[verb].params for option in parameter.opts}
        assert {word for word in options if word.startswith("--")} <= known, verb


def test_the_demo_is_run_as_of_the_day_that_is_told():
    assert f"as of {DEMO_AS_OF.isoformat()}" in README.replace("\n", " ")


def test_every_setting_is_in_the_table_with_its_default():
    def default(field: str) -> str:
        value = Settings.model_fields[field].default
        if value is None:
            return "none"
        return value.relative_to(CHECKOUT).as_posix() if isinstance(value, Path) else str(value)

    told = {re.sub(r"[`/]$|`", "", name): cell for name, cell, *_ in rows("setting (environment)")}
    defaults = {name: (re.findall(r"`(.+?)/?`", cell) or [cell])[0] for name, cell in told.items()}

    assert defaults == {f"NETTOEFFEKT_{field.upper()}": default(field) for field in Settings.model_fields}


def test_the_three_lines_do_what_make_does():
    def commands(lines: list[str]) -> list[str]:
        plain = [re.sub(r" (-q|--quiet|--disable-pip-version-check|--clear)\b", "", line) for line in lines]
        plain = [line.replace(" --requirement ", " -r ").replace(" --editable ", " -e ") for line in plain]
        return [line for line in plain if re.search(r" -m (venv|pip) |/nettoeffekt ", line)]

    by_make = re.findall(r"^\t@(.+)", re.search(r"^\$\(READY\):.*?^test:", MAKEFILE, re.DOTALL | re.MULTILINE)[0], re.M)
    values = {"BIN": "$(VENV)/bin", "VENV": ".venv", "PYTHON": "python3"}
    for name, value in values.items():
        by_make = [line.replace(f"$({name})", value) for line in by_make]
    block = next(block for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if "-m venv" in block)

    assert len(block.splitlines()) == 3
    assert commands(re.split(r" && |\n", block.strip())) == commands(by_make)
    assert len(commands(by_make)) == 4


def test_every_make_target_that_is_named_exists_and_says_what_it_does():
    targets = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
    named = re.compile(r"(?:`|^)make ([a-z-]+)(?:`|$)", re.MULTILINE)

    assert {target for text in texts().values() for target in named.findall(text)} <= targets
    assert set(re.search(r"^\.PHONY: (.+)", MAKEFILE, re.MULTILINE)[1].split()) == targets
    assert set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)) == targets


def test_modules_that_a_document_runs_exist():
    named = re.compile(r"python -m ((?:orchestration|expectations|tests)[\w.]*)")
    modules = {module for text in texts().values() for module in named.findall(text)}

    paths = {module: CHECKOUT / module.strip(".").replace(".", "/") for module in modules}

    assert "expectations.suites" in modules
    assert [m for m, p in paths.items() if not (p.with_suffix(".py").is_file() or (p / "__main__.py").is_file())] == []


# --- what documents point at ---------------------------------------------------------------------------------------


def test_links_lead_somewhere():
    links = [(name, link) for name, text in documents().items() for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    inside = [(name, link.partition("#")[0]) for name, link in links if not re.match(r"https?:|mailto:", link)]

    assert inside
    assert [
        (name, link) for name, link in inside if link and not (CHECKOUT / name).parent.joinpath(link).exists()
    ] == []


def test_files_and_folders_that_a_document_names_are_there():
    top = {name.split("/")[0] for name in tracked() if "/" in name}
    named = {(name, path) for name, text in documents().items() for path in re.findall(r"`([\w./-]+)`", text)}
    ours = [(name, path) for name, path in named if "/" in path and path.split("/")[0] in top]

    assert len(ours) > 5
    assert [(name, path) for name, path in ours if not (CHECKOUT / path).exists()] == []


def test_the_query_of_the_readme_reads_columns_that_are_there():
    ((mart, selected, condition),) = re.findall(r"from marts\.(\w+) select (.+?) where (.+?)\\\"", README)
    columns = re.findall(r"^      - name: (\w+)$", (marts_table.MARTS / f"{mart}.yml").read_text("utf-8"), re.MULTILINE)

    assert {*selected.split(", "), *re.findall(r"(\w+) =", condition)} <= set(columns)


def test_the_table_of_marts_is_what_the_models_say():
    table = marts_table.marts_table(marts_table.marts())

    assert marts_table.with_marts_table(README, table) == README, "run python -m tests.contract.marts_table"


def test_a_readme_without_marks_is_refused():
    with pytest.raises(ValueError, match="marts: begin"):
        marts_table.with_marts_table("# no marks", "| table |")
    with pytest.raises(ValueError, match="marts: end"):
        marts_table.with_marts_table(marts_table.BEGIN, "| table |")


def test_decisions_are_dated_and_in_order():
    lines = (CHECKOUT / "docs" / "decisions.md").read_text("utf-8").split("\n\n", 2)[2].splitlines()
    entries = [line for line in lines if line and not line.startswith("  ")]
    dates = [re.match(r"- (\d{4}-\d\d-\d\d) · \S", line) for line in entries]

    assert [line for line, match in zip(entries, dates, strict=True) if match is None] == []
    days = [date.fromisoformat(match[1]) for match in dates]
    assert days == sorted(days)


def test_documents_name_no_tool_that_is_not_here():
    installed = set(re.findall(r"^([a-z0-9-]+)==", texts()["requirements.lock"], re.MULTILINE)) | {"uv"}  # by make lock
    absent = [tool for tool in TOOLS.split() if tool not in installed]
    name = re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(t).replace('-', '[- ]') for t in absent)})(?![\w-])", re.I)

    assert {"duckdb", "dbt-core", "great-expectations"} <= installed
    assert len(absent) > 15
    assert [(file, match[0]) for file, text in documents().items() for match in name.finditer(text)] == []


# --- what no file holds --------------------------------------------------------------------------------------------


def test_no_file_shows_a_machine_or_a_package_index():
    assert found(MACHINE) == []
    assert found(INDEX) == []


def test_no_file_holds_a_secret():
    assert found(SECRET) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE, "see {}home/anna/warehouse.duckdb"),
        (MACHINE, "'{}tmp/x'"),
        (INDEX, "--index{}url=x"),
        (INDEX, "https:{}{}pypi.example.se"),
        (SECRET, "-----BEGIN{}PRIVATE KEY-----"),
        (SECRET, "mailtos:{}{}anna:hemligt@smtp.example.se"),
    ],
)
def test_a_machine_a_package_index_or_a_secret_would_be_seen(pattern: re.Pattern[str], text: str):
    sign = "-" if "index{}" in text else " " if "BEGIN{}" in text else "/"
    assert pattern.search(text.replace("{}", sign))


def test_no_file_holds_the_identity_number_of_a_person():
    """Hashes hold runs of ten digits by chance, and are left out."""
    held = [
        (name, match[0])
        for name, text in texts().items()
        for match in IDENTITY_NUMBER.finditer(re.sub(r"[0-9a-f]{32,}", "", text))
        if is_identity_number(match[0].replace(" ", "-")) and re.sub(r"\D", "", match[0])[-10:] not in PUBLISHED
    ]

    assert held == []


def test_no_file_is_large():
    assert {name: len(content) for name, content in tracked().items() if len(content) > LARGEST} == {}
