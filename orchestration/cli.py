"""The verbs. Exit code 0 done; 1 done, but a file was refused or a control stopped; 2 not done, with one clear line."""

import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from orchestration import console
from orchestration.errors import NettoeffektError, UsageError
from orchestration.settings import DataDirectory, Settings, today

app = typer.Typer(
    help="Tells a Swedish region whether its savings plan really lowers its costs.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Data = Annotated[
    Path | None, typer.Option("--data", help="The data directory (default: NETTOEFFEKT_DATA, else data/).")
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="Reckon for this date (default: today in Stockholm)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


# What a wrong word or value raises. Typer carries its own copy of Click, whose name for it is not public.
MisuseError: type[Exception] = typer.BadParameter.__mro__[1]

INTERRUPTED = 130  # what Typer makes of Ctrl-C

_directory: DataDirectory | None = None  # of the verb in progress, so that its traceback is kept where its data are


def main() -> None:
    """The command `nettoeffekt`. Every expected error ends in one line and exit code 2; none shows a traceback."""
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        if code == INTERRUPTED:
            _fail("interrupted. The published release is untouched; run again to go on")
        sys.exit(code)
    except NettoeffektError as error:
        _fail(str(error))
    except MisuseError as error:
        _fail(f"{error.format_message().rstrip('.')}. See nettoeffekt --help")
    except Exception as error:
        _fail(f"unexpected {type(error).__name__}: {error}. {_keep_traceback()}")


def _fail(line: str) -> None:
    console.error(" ".join(line.split()))
    sys.exit(2)


def _keep_traceback() -> str:
    """Writes the traceback where it can be found, and says where."""
    if _directory is None:
        return "It came before the data directory was known"
    file = _directory.root / "last_error.txt"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(traceback.format_exc(), encoding="utf-8")
    except OSError:
        return "The traceback could not be kept"
    return f"The traceback is in {file}"


def _settings(data: Path | None) -> Settings:
    """The installation, with the data directory that the verb was given. Raises UsageError for a bad setting."""
    global _directory
    try:
        settings = Settings(data=data) if data else Settings()
    except ValidationError as error:
        fault = error.errors()[0]
        raise UsageError(
            f"NETTOEFFEKT_{str(fault['loc'][0]).upper()}", f"{fault['msg']}: {fault['input']!r}", "Set it, or unset it"
        ) from error
    _directory = settings.directory
    return settings


def _date(as_of: datetime | None) -> date:
    """The date to reckon for. Raises UsageError for one that has not come: every later morning would lie before it."""
    if as_of is not None and as_of.date() > today():
        raise UsageError(f"--as-of {as_of.date()}", "that day has not come", "Give a date up to today")
    return as_of.date() if as_of else today()


def _run(settings: Settings, as_of: date, verb: str, as_json: bool) -> None:
    from orchestration import pipeline

    found = pipeline.nothing_new(settings, as_of)
    if found is not None:
        last, release = found
        console.show_nothing_new(settings, last, release, as_json)
        raise typer.Exit(1 if last.stops else 0)
    _finish(settings, lambda progress: pipeline.run(settings, as_of, verb, progress), as_json)


def _finish(settings: Settings, work: Callable[[Callable[[str], None]], Any], as_json: bool) -> None:
    with console.progress() as progress:
        outcome = work(progress)
    console.show_outcome(settings, outcome, as_json)
    raise typer.Exit(1 if outcome.unresolved or outcome.load.refused else 0)


@app.command()
def demo(data: Data = None, as_json: Json = False) -> None:
    """Deliver the demo region and run its morning, as of 2025-01-31."""
    from orchestration import pipeline

    settings = _settings(data)
    pipeline.deliver_demo(settings)
    _finish(settings, lambda progress: pipeline.run(settings, pipeline.DEMO_AS_OF, "demo", progress), as_json)


@app.command()
def run(data: Data = None, as_of: AsOf = None, as_json: Json = False) -> None:
    """Everything new, from inbox to published. Does nothing if nothing is new."""
    _run(_settings(data), _date(as_of), "run", as_json)


@app.command()
def load(data: Data = None, as_of: AsOf = None, as_json: Json = False) -> None:
    """Take in what the inbox holds, and no more."""
    from orchestration import pipeline

    settings = _settings(data)
    with console.progress() as progress:
        report = pipeline.load_only(settings, _date(as_of), progress)
    console.show_load(report, as_json)
    raise typer.Exit(1 if report.refused else 0)


@app.command()
def rebuild(data: Data = None, as_of: AsOf = None, as_json: Json = False) -> None:
    """Make the build anew from landing, and publish."""
    from orchestration import pipeline

    settings = _settings(data)
    _finish(settings, lambda progress: pipeline.rebuild(settings, _date(as_of), progress), as_json)


@app.command()
def status(data: Data = None, as_json: Json = False) -> None:
    """What is published, how fresh each feed is, what was refused and flagged. Needs no lock."""
    from orchestration.state import read_status

    console.show_status(read_status(_settings(data)), as_json)


@app.command()
def explain(
    action: Annotated[str, typer.Argument(help="The action's id.")],
    month: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m"], help="One month (default: the year to the last closed).")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """How an action's net effect is reckoned: rules, then accounts, then voucher lines. Needs no lock."""
    from orchestration.reporting.explain import explain

    console.show_explanation(explain(_settings(data), action, month.date() if month else None), as_json)


@app.command()
def releases(data: Data = None, as_json: Json = False) -> None:
    """The published releases that are kept, newest first."""
    from orchestration.publishing import release

    workspace = _settings(data).directory.main
    console.show_releases(release.releases(workspace), release.current(workspace), as_json)


@app.command()
def dev(data: Data = None, port: Annotated[int, typer.Option(help="The port, on loopback only.")] = 3000) -> None:
    """Dagster's user interface on this machine: the assets, their checks, the schedule."""
    from orchestration.dagster_home import prepare

    settings = _settings(data)
    environment = {**os.environ, **prepare(settings)}
    command = [sys.executable, "-m", "dagster", "dev", "--module-name", "orchestration.definitions"]
    console.say(f"http://127.0.0.1:{port} (Ctrl-C ends it)")
    raise typer.Exit(subprocess.call([*command, "--host", "127.0.0.1", "--port", str(port)], env=environment))


if __name__ == "__main__":
    main()
