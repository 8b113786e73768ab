"""Dagster's home inside the data directory: what is switched off, and how many runs at a time."""

from orchestration.settings import Settings

CONFIG = """\
# Written by `nettoeffekt dev`; changes here are overwritten.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""


def prepare(settings: Settings) -> dict[str, str]:
    """Writes Dagster's instance configuration; the environment in which Dagster must run."""
    home = settings.directory.dagster
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(CONFIG, encoding="utf-8")
    return {
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "NETTOEFFEKT_DATA": str(settings.directory.root),
    }
