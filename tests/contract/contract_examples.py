"""The worked examples of docs/contracts.md: each server, file and command of the document, run as it stands.

`python -m tests.contract.contract_examples` writes what the commands say into the document.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import xlsxwriter
import yaml

from orchestration.settings import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "contracts.md"
CONTRACTS = CHECKOUT / "expectations" / "contracts"

_CONSOLE = re.compile(r"```console\n\$ nettoeffekt (?P<command>[^\n]+)\n(?P<output>.*?)```", re.DOTALL)
_SERVER = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
_TEXT = re.compile(r"```text (\S+)\n(.*?)```", re.DOTALL)
_SHEET = re.compile(r"The sheet `([^`]+)` of `([^`]+)`.*?\n\n\| rad \|[^\n]*\n\|[-|]+\n(.*?)\n\n", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(,\d+)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?")


@dataclass(frozen=True)
class Run:
    """One command of the document: its words, what the document says it prints, what it does, and its exit code."""

    command: str
    told: str
    printed: str
    exit_code: int


def runs(document: str) -> Iterator[Run]:
    """Runs each command of the document on its servers and files."""
    servers = {yaml.safe_load(block)[0]["server"]: block for block in _SERVER.findall(document)}
    for console in _CONSOLE.finditer(document):
        words = shlex.split(console["command"])
        feed, source = (words[words.index(option) + 1] for option in ("--feed", "--source"))
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            contract = (CONTRACTS / f"{feed}.yaml").read_text("utf-8")
            (folder / "contracts").mkdir()
            (folder / "contracts" / f"{feed}.yaml").write_text(contract + servers[source], "utf-8")
            _write_files(document, folder, servers[source])
            ended = subprocess.run(
                [sys.executable, "-m", "orchestration.cli", *words],
                cwd=folder,
                env=os.environ
                | {"PYTHONPATH": str(CHECKOUT), "PYTHONIOENCODING": "utf-8"}
                | {"NETTOEFFEKT_CONTRACTS": str(folder / "contracts"), "NETTOEFFEKT_DATA": str(folder / "data")},
                capture_output=True,
                encoding="utf-8",
            )
        yield Run(console["command"], console["output"], ended.stdout + ended.stderr, ended.returncode)


def with_output(document: str) -> str:
    """The document with what its commands print."""
    printed = iter([run.printed for run in runs(document)])
    return _CONSOLE.sub(lambda c: f"```console\n$ nettoeffekt {c['command']}\n{next(printed)}```", document)


def _write_files(document: str, folder: Path, server: str) -> None:
    """Writes the document's files, texts in the encoding of the server."""
    told = {p["property"]: p["value"] for p in yaml.safe_load(server)[0]["customProperties"]}
    encoding = {"pc8": "cp437"}.get(told.get("encoding", "utf-8"), told.get("encoding", "utf-8"))
    for name, text in _TEXT.findall(document):
        (folder / name).write_bytes(text.replace("\n", "\r\n").encode(encoding))
    for sheet_name, name, rows in _SHEET.findall(document):
        with xlsxwriter.Workbook(folder / name) as book:
            sheet = book.add_worksheet(sheet_name)
            style = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
            for row in rows.splitlines():
                number, *cells = (cell.strip() for cell in row.strip("|").split("|"))
                for column, cell in enumerate(cells):
                    if _NUMBER.fullmatch(cell):
                        sheet.write_number(int(number) - 1, column, float(cell.replace(",", ".")))
                    elif _MOMENT.fullmatch(cell):
                        sheet.write_datetime(int(number) - 1, column, datetime.fromisoformat(cell), style)
                    elif cell:
                        sheet.write_string(int(number) - 1, column, cell)


if __name__ == "__main__":
    DOCUMENT.write_text(with_output(DOCUMENT.read_text("utf-8")), "utf-8")
