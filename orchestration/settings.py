"""Where things are and what may vary between installations: the only reader of the environment."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parent.parent
STOCKHOLM = ZoneInfo("Europe/Stockholm")


class Settings(BaseSettings):
    """One installation. Each field can be set as NETTOEFFEKT_<FIELD>."""

    model_config = SettingsConfigDict(env_prefix="NETTOEFFEKT_", frozen=True)

    data: Path = Field(CHECKOUT / "data", description="the data directory, which holds all state")
    reference: Path = Field(CHECKOUT / "seeds" / "reference", description="the reference tables of the region")
    contracts: Path = Field(CHECKOUT / "expectations" / "contracts", description="one contract per feed")
    suites: Path = Field(CHECKOUT / "expectations" / "suites", description="one suite of expectations per table")
    person_key_file: Path | None = Field(None, description="key for pseudonyms, outside the data directory")
    clear_months: int | None = Field(None, ge=1, description="months that deliveries with persons are kept in clear")
    alerts: Path | None = Field(None, description="who is told of what, and by which channels")
    releases_kept: int = Field(14, ge=1, description="published releases that can still be gone back to")
    min_free_mb: int = Field(500, ge=0, description="a run does not start with less free disk than this, in MB")

    @cached_property
    def directory(self) -> "DataDirectory":
        return DataDirectory(self.data.expanduser().resolve())


@dataclass(frozen=True)
class DataDirectory:
    """The folders of the data directory. Nothing else in the product knows their names."""

    root: Path

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def refused(self) -> Path:
        return self.root / "refused"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def lock(self) -> Path:
        return self.root / "run.lock"

    @property
    def main(self) -> "Workspace":
        """Where the daily run builds and publishes."""
        return Workspace(self.build, self.published)

    def scratch(self, as_of: date) -> "Workspace":
        """Where a past date is built and published, beside everything else."""
        return Workspace(self.build / "as_of" / as_of.isoformat(), self.published / "as_of" / as_of.isoformat())


@dataclass(frozen=True)
class Workspace:
    """One build and the place it is published to. The stem of both files is `warehouse`, which no schema is called."""

    build: Path
    published: Path

    @property
    def warehouse(self) -> Path:
        return self.build / "warehouse.duckdb"

    @property
    def dbt(self) -> Path:
        """dbt's target and logs: one for each warehouse."""
        return self.build / "dbt"

    @property
    def last_run(self) -> Path:
        return self.build / "last_run.json"

    @property
    def published_warehouse(self) -> Path:
        return self.published / "warehouse.duckdb"

    @property
    def releases(self) -> Path:
        return self.published / "releases"

    @property
    def parquet(self) -> Path:
        return self.published / "parquet"

    @property
    def dictionary(self) -> Path:
        """What the tables of the published file hold, as a page."""
        return self.published / "dictionary.html"

    @property
    def forms(self) -> Path:
        return self.published / "forms"

    @property
    def reports(self) -> Path:
        return self.published / "reports"


def today() -> date:
    """Today's date in Europe/Stockholm; read once, at the edge, as the default of `as_of`."""
    return datetime.now(STOCKHOLM).date()
