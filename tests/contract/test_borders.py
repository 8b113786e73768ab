"""The borders between the folders: who may import what, read the environment or the clock, and name the feeds.

Read from the source text. Nothing of the product is imported here, but in one process of its own.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PRODUCT = ("orchestration", "expectations")

# The files whose business a tool is. No other names it in an import, lazy or not.
OWNERS = {
    "dagster": ("orchestration/defs/", "orchestration/definitions.py"),
    "dagster_dbt": ("orchestration/defs/", "orchestration/definitions.py"),
    "dbt": ("orchestration/transform.py",),
    "great_expectations": ("expectations/runner.py",),
}
# Imports that cost. Only where Dagster's definitions stand may one be made before a function is called.
LIBRARIES = (
    "altair apprise babel jinja2 jsonschema_rs open_data_contract_standard pandas rich sqlalchemy sqlglot vl_convert"
    " xlsxwriter"
)
HEAVY = frozenset({*LIBRARIES.split(), *OWNERS})
EAGER = OWNERS["dagster"]

# What all may import. Publishing, reporting and alerting meet in the tables of ops.
COMMON = frozenset({"settings", "warehouse", "errors", "model", "swedish", "workers"})
FOLDERS = {
    "intake": COMMON,
    "publishing": COMMON | {"ops", "ops_tables"},
    "reporting": COMMON | {"ops"},
    "alerting": COMMON | {"ops"},
}

SETTINGS = "orchestration/settings.py"
# They hand an environment on to dbt and to Dagster's process. They may copy and write it, and read no name in it.
HAND_ON = ("orchestration/workers.py", "orchestration/cli.py")
# Where a run begins and ends. A stopwatch (monotonic) is no clock.
EDGE = (SETTINGS, *(f"orchestration/{name}.py" for name in ("cli", "pipeline", "run", "telling", "warehouse")))
CLOCKS = frozenset({("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}) | {
    ("time", name) for name in ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime")
}
SQL_CLOCK = re.compile(
    r"\b(?:current_(?:date|time|timestamp)\b|localtime(?:stamp)?\b|getdate\b|run_started_at\b|(?:now|today)\(\))", re.I
)
FEW = 2  # two feeds may be meant; from three on it is a list


@cache
def product() -> Mapping[str, ast.Module]:
    """Every Python file of the product, parsed, by its path in the checkout."""
    files = (file for folder in PRODUCT for file in sorted((CHECKOUT / folder).rglob("*.py")))
    return {file.relative_to(CHECKOUT).as_posix(): ast.parse(file.read_text("utf-8")) for file in files}


@cache
def sql() -> Mapping[str, str]:
    """Every SQL file of the dbt project without its comments, by its path in the checkout."""
    files = sorted((CHECKOUT / "dbt_project").rglob("*.sql"))
    comment = re.compile(r"--[^\n]*|{#.*?#}", re.DOTALL)
    return {file.relative_to(CHECKOUT).as_posix(): comment.sub("", file.read_text("utf-8")) for file in files}


def imports(tree: ast.AST, is_lazy: bool = False) -> Iterator[tuple[str, bool]]:
    """Each imported name in full, and whether it waits until a function is called. Imports for types do not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, is_lazy) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{'.' * node.level}{node.module or ''}.{alias.name}", is_lazy) for alias in node.names)
        elif not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield from imports(node, is_lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def environment_reads(tree: ast.AST, hands_on: bool = False) -> list[str]:
    """What in a module reads the environment. One that hands it on may touch os.environ, but not read a given name."""
    found = [name for name, _ in imports(tree) if re.match(r"os\.(getenv|environ)|pydantic_settings\b", name)]
    for node in ast.walk(tree):
        text = ast.unparse(node) if isinstance(node, ast.expr) else ""
        if isinstance(node, ast.keyword) and node.arg == "envvar":  # a verb's option can be read from the environment
            found.append("envvar")
        elif text in ("os.getenv", "os.environb") or (text == "os.environ" and not hands_on):
            found.append(text)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            found += [text] if re.match(r"os\.environ\[['\"]", text) else []
        elif re.fullmatch(r"os\.environ\.(get|setdefault)\(['\"].*|['\"]\w+['\"] (not )?in os\.environ", text):
            found.append(text)
    return found


def clock_reads(tree: ast.AST) -> list[str]:
    """What in a module asks what time it is."""
    found = [name for name, _ in imports(tree) if tuple(name.split(".")) in CLOCKS and name.startswith("time.")]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (ast.unparse(node.value).split(".")[-1], node.attr) in CLOCKS:
            found.append(ast.unparse(node))
    return found


def texts(tree: ast.AST) -> Iterator[str]:
    """Every string of a module, those in f-strings too, docstrings excepted."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and docstring(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def docstring(node: ast.AST) -> str | None:
    return ast.get_docstring(node, clean=False) if node.body else None


def everywhere(faults: Callable[[str, ast.Module], Iterable[str]]) -> list[str]:
    """What is wrong in the product, each with its file."""
    return [f"{path}: {fault}" for path, tree in product().items() for fault in faults(path, tree)]


@pytest.mark.parametrize("tool", OWNERS)
def test_a_tool_is_imported_only_where_it_is_wired(tool: str):
    def faults(path: str, tree: ast.Module) -> list[str]:
        return [name for name, _ in imports(tree) if name.split(".")[0] == tool and not path.startswith(OWNERS[tool])]

    assert everywhere(faults) == []


def test_heavy_imports_wait_until_a_function_is_called():
    def faults(path: str, tree: ast.Module) -> list[str]:
        names = [name for name, is_lazy in imports(tree) if not is_lazy and name.split(".")[0] in HEAVY]
        return [name for name in names if not path.startswith(EAGER)]

    assert everywhere(faults) == []


def test_importing_all_but_dagsters_definitions_loads_nothing_heavy():
    modules = [path.removesuffix(".py").replace("/", ".") for path in product() if not path.startswith(EAGER)]
    loaded = "\n".join([f"import {name.removesuffix('.__init__')}" for name in modules] + ["import sys"])
    answer = f"{loaded}\nprint(*sorted({set(HEAVY)!r} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", answer], cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert "orchestration.cli" in modules
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_imports_say_in_full_what_they_import():
    """What the other tests here see by: no relative import, and none by a name put together at run time."""

    def faults(path: str, tree: ast.Module) -> list[str]:
        called = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        return [
            *(name for name, _ in imports(tree) if name.startswith(".") or name.endswith(".*")),
            *(name for name in called if name.endswith(("import_module", "__import__"))),
        ]

    assert everywhere(faults) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_itself_and_what_is_common(folder: str):
    """intake, publishing, reporting and alerting meet in tables, never in Python."""

    def faults(path: str, tree: ast.Module) -> list[str]:
        if not path.startswith(f"orchestration/{folder}/"):
            return []
        names = [name for name, _ in imports(tree) if name.split(".")[0] in PRODUCT]
        return [name for name in names if name.split(".")[1] not in FOLDERS[folder] | {folder}]

    assert everywhere(faults) == []


def test_what_is_common_imports_only_what_is_common():
    def faults(path: str, tree: ast.Module) -> list[str]:
        if path not in {f"orchestration/{name}.py" for name in COMMON}:
            return []
        return [n for n, _ in imports(tree) if n.split(".")[0] in PRODUCT and n.split(".")[1] not in COMMON]

    assert everywhere(faults) == []


def test_expectations_know_of_orchestration_only_its_errors_and_values():
    def faults(path: str, tree: ast.Module) -> list[str]:
        names = [name for name, _ in imports(tree) if name.startswith("orchestration")]
        known = ("orchestration.errors.", "orchestration.model.")
        return [name for name in names if path.startswith("expectations/") and not name.startswith(known)]

    assert everywhere(faults) == []


def test_only_settings_reads_the_environment():
    def faults(path: str, tree: ast.Module) -> list[str]:
        return [] if path == SETTINGS else environment_reads(tree, path in HAND_ON)

    assert everywhere(faults) == []


@pytest.mark.parametrize(
    "code",
    [
        "os.getenv('NETTOEFFEKT_DATA')",
        "os.environ['NETTOEFFEKT_DATA']",
        "os.environ.get('NETTOEFFEKT_DATA', '')",
        "'NETTOEFFEKT_DATA' in os.environ",
        "from os import environ",
        "from pydantic_settings import BaseSettings",
        "typer.Option('--data', envvar='NETTOEFFEKT_DATA')",
    ],
)
def test_a_read_of_the_environment_is_seen_even_where_it_is_handed_on(code: str):
    assert environment_reads(ast.parse(code), hands_on=True)


@pytest.mark.parametrize("code", ["{**os.environ}", "os.environ['HOME'] = x", "os.environ.get(name)"])
def test_an_environment_is_copied_and_written_only_where_it_is_handed_on(code: str):
    assert environment_reads(ast.parse(code), hands_on=True) == []
    assert environment_reads(ast.parse(code)) == ["os.environ"]


def test_the_wall_clock_is_read_at_the_edge():
    def faults(path: str, tree: ast.Module) -> list[str]:
        return [] if path in EDGE else clock_reads(tree)

    assert everywhere(faults) == []


def test_today_is_asked_for_where_a_run_is_called_for():
    def faults(path: str, tree: ast.Module) -> list[str]:
        asked = [name for name, _ in imports(tree) if name == "orchestration.settings.today"]
        return [] if path in ("orchestration/cli.py", "orchestration/definitions.py") else asked

    assert everywhere(faults) == []


@pytest.mark.parametrize(
    "code", ["datetime.now(UTC)", "dt.datetime.utcnow()", "date.today()", "time.time()", "from time import time"]
)
def test_a_read_of_the_wall_clock_is_seen(code: str):
    assert clock_reads(ast.parse(code))


def test_no_sql_reads_the_wall_clock():
    in_python = [(path, text) for path, tree in product().items() for text in texts(tree)]

    assert [(path, m[0]) for path, text in [*sql().items(), *in_python] for m in SQL_CLOCK.finditer(text)] == []


def test_what_the_numbers_mean_is_sql():
    assert [path.name for path in (CHECKOUT / "dbt_project").rglob("*.py")] == []


def test_no_list_of_feeds_is_kept_by_hand():
    """One feed or two can be meant in particular. Who names more keeps a list, which the next feed would not be in."""
    feeds = {file.stem for file in (CHECKOUT / "expectations" / "contracts").glob("*.yaml")}
    named = {path: feeds & set(texts(tree)) for path, tree in product().items()}
    named |= {path: feeds & set(re.findall(r"'(\w+)'", text)) for path, text in sql().items()}

    assert len(feeds) > FEW
    assert {path: sorted(names) for path, names in named.items() if len(names) > FEW} == {}
