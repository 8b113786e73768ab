"""What tests share: a data directory of their own, and deliveries small enough to read."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.intake.contracts import load_contracts
from orchestration.intake.load import Intake, load
from orchestration.intake.privacy import PersonKey
from orchestration.model import LoadReport
from orchestration.settings import CHECKOUT, DataDirectory, Settings
from orchestration.warehouse import connect

AS_OF = date(2025, 1, 31)
NOW = datetime(2025, 1, 31, 5, 30)

Deliver = Callable[..., Path]


@pytest.fixture(scope="session")
def contracts():
    """The project's own contracts."""
    return load_contracts(CHECKOUT / "expectations" / "contracts")


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    """An empty data directory."""
    return DataDirectory(tmp_path / "data")


@pytest.fixture
def deliver(directory: DataDirectory) -> Deliver:
    """Puts a file in the inbox: deliver("forecast/ledningsportalen/a.csv", "text", encoding="utf-8")."""

    def put(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = directory.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return put


@pytest.fixture
def intake(directory: DataDirectory, contracts) -> Intake:
    """A load at 2025-01-31 of a real region with a key of its own; of few feeds, since every table costs time."""
    contracts = {feed: contracts[feed] for feed in ("forecast", "ledger", "plan", "staffing")}
    return Intake(directory, contracts, PersonKey("test", b"0123456789abcdef"), None, AS_OF, NOW)


@pytest.fixture
def load_inbox(directory: DataDirectory, intake: Intake) -> Callable[..., LoadReport]:
    """Loads what the inbox holds, as the given intake or the usual one."""

    def run(given: Intake | None = None) -> LoadReport:
        with connect(directory.main.warehouse) as connection:
            return load(connection, given or intake)

    return run


@pytest.fixture
def query(directory: DataDirectory) -> Callable[..., list[tuple]]:
    """The rows of a query on the build."""

    def run(sql: str, *parameters: object) -> list[tuple]:
        with duckdb.connect(str(directory.main.warehouse), read_only=True) as connection:
            return connection.execute(sql, list(parameters)).fetchall()

    return run


@pytest.fixture
def settings(directory: DataDirectory) -> Settings:
    """The project as it stands, on an empty data directory."""
    return Settings(data=directory.root)
