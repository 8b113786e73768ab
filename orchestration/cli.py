"""The verbs. Exit code 0 done; 1 done, but a file was refused or a control stopped; 2 not done, with one clear line."""

import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

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


class Act(StrEnum):
    """What a person can do with an incident."""

    ACK = "ack"
    SNOOZE = "snooze"


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
        if not pipeline.choose_workspace(settings, as_of)[1]:
            from orchestration.telling import tell_again

            last = tell_again(settings, last, release)
        console.show_nothing_new(settings, last, release, as_json)
        raise typer.Exit(1 if last.stops else 0)
    _finish(settings, lambda progress: pipeline.run(settings, as_of, verb, progress), as_json)


def _finish(settings: Settings, work: Callable[[Callable[[str], None]], Any], as_json: bool) -> None:
    with console.progress() as progress:
        outcome = work(progress)
    console.show_outcome(settings, outcome, as_json)
    raise typer.Exit(1 if outcome.unresolved or outcome.load.refused or outcome.report_fault else 0)


@app.command()
def demo(data: Data = None, as_json: Json = False) -> None:
    """Deliver the demo region and run its morning, as of 2025-01-31."""
    from orchestration import demo as region
    from orchestration import pipeline

    settings = _settings(data)
    region.deliver(settings)
    _finish(settings, lambda progress: pipeline.run(settings, region.DEMO_AS_OF, "demo", progress), as_json)


@app.command()
def run(data: Data = None, as_of: AsOf = None, as_json: Json = False) -> None:
    """Everything new, from inbox to published. Does nothing if nothing is new."""
    _run(_settings(data), _date(as_of), "run", as_json)


@app.command()
def load(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="With --dry-run, the file to try.")] = None,
    is_dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would become of FILE, and change nothing.")
    ] = False,
    feed: Annotated[str | None, typer.Option("--feed", help="With --dry-run, the feed whose contract to try.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="And its source, if it has several.")] = None,
    accept: Annotated[
        str | None,
        typer.Option("--accept", metavar="DELIVERY", help="A refused file whose amounts are right after all."),
    ] = None,
    because: Annotated[str | None, typer.Option("--because", help="Why it is accepted; recorded with it.")] = None,
    data: Data = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Take in what the inbox holds, and no more."""
    settings = _settings(data)
    if bool(accept) != bool(because and because.strip()):
        raise UsageError(
            "load", "--accept DELIVERY and --because TEXT go together", "Say which file, and why it is right"
        )
    if is_dry_run:
        _try(settings, file, feed, source, _date(as_of), as_json)
    if file or feed or source:
        raise UsageError("load", "FILE, --feed and --source go with --dry-run", "Add it, or drop the file in the inbox")
    from orchestration import pipeline

    with console.progress() as progress:
        report = pipeline.load_only(settings, _date(as_of), progress, {accept: because} if accept else None)
    console.show_load(report, as_json)
    raise typer.Exit(1 if report.refused else 0)


def _try(
    settings: Settings, file: Path | None, feed: str | None, source: str | None, as_of: date, as_json: bool
) -> NoReturn:
    from orchestration.intake.contracts import load_contracts
    from orchestration.intake.dry_run import dry_run
    from orchestration.intake.privacy import read_key

    if file is None or feed is None:
        raise UsageError("load --dry-run", "FILE and --feed are needed", "Name the file and the feed of its contract")
    key = read_key(settings.person_key_file, settings.directory.root)
    report = dry_run(load_contracts(settings.contracts), file, feed, source, key, as_of, today())
    console.show_dry_run(report, as_json)
    raise typer.Exit(1 if report.is_refused else 0)


@app.command()
def rebuild(
    data: Data = None,
    as_of: AsOf = None,
    is_new_key: Annotated[
        bool, typer.Option("--new-key", help="Give all persons pseudonyms of the key that is set now.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the build anew from landing, and publish."""
    from orchestration import pipeline

    settings = _settings(data)
    _finish(settings, lambda progress: pipeline.rebuild(settings, _date(as_of), progress, is_new_key), as_json)


@app.command()
def status(data: Data = None, as_json: Json = False) -> None:
    """What is published, how fresh each feed is, what was refused and flagged. Needs no lock."""
    from orchestration.state import read_status

    console.show_status(read_status(_settings(data)), as_json)


@app.command()
def incidents(
    act: Annotated[Act | None, typer.Argument(help="Acknowledge an incident, or let it rest until a day.")] = None,
    incident_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="The incident, as F1-3fa8b2c1d0.")] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day on which the snooze ends.")
    ] = None,
    because: Annotated[str, typer.Option(help="Why; kept in the incident's history.")] = "",
    data: Data = None,
    include_resolved: Annotated[bool, typer.Option("--all", help="The resolved ones too.")] = False,
    as_json: Json = False,
) -> None:
    """What is open towards whom, and since when. With ack or snooze: says that somebody has seen to it."""
    from orchestration.alerting.store import list_incidents

    settings = _settings(data)
    if act is not None:
        from orchestration.telling import touch

        if not incident_id or not because.strip():
            raise UsageError(f"incidents {act}", "needs an incident and a reason", f"{act} ID --because TEXT")
        if (act is Act.SNOOZE) != (until is not None):
            raise UsageError(
                f"incidents {act}", "a snooze has a day, an acknowledgement none", "Give --until to snooze"
            )
        touched = touch(settings, incident_id, until.date() if until else None, because)
        return console.show_incidents([touched], as_json)
    console.show_incidents(list_incidents(settings.directory.main, include_resolved), as_json)


@app.command()
def forms(
    data: Data = None,
    to: Annotated[Path | None, typer.Option(help="The folder to write to (default: published/forms).")] = None,
    as_json: Json = False,
) -> None:
    """A workbook for each owner, with what is known of the actions and cells for a new forecast."""
    from orchestration.reporting.forms import read_forms, write_forms

    workspace = _settings(data).directory.main
    files = write_forms(read_forms(workspace), to or workspace.forms)
    console.show_files(files, as_json)


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
def report(
    month: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m"], help="The month (default: the last that has ended).")
    ] = None,
    node: Annotated[str | None, typer.Option("--for", help="A region, board or administration (default: all).")] = None,
    closing: Annotated[
        int | None, typer.Option(min=2000, max=2100, help="Instead the final account of this year's net calculations.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """The monthly reports of the published release, as pages and workbooks. Needs no lock."""
    from orchestration.reporting.report import write_reports

    workspace = _settings(data).directory.main
    console.show_files(write_reports(workspace, month.date() if month else None, node, closing), as_json)


@app.command()
def releases(data: Data = None, as_json: Json = False) -> None:
    """The published releases that are kept, newest first."""
    from orchestration.publishing import release

    workspace = _settings(data).directory.main
    console.show_releases(release.releases(workspace), release.current(workspace), as_json)


@app.command()
def rollback(
    release_id: Annotated[str | None, typer.Argument(metavar="RELEASE", help="A release that is kept.")] = None,
    release: Annotated[bool, typer.Option("--release", help="End the hold instead: the next run publishes.")] = False,
    data: Data = None,
) -> None:
    """Publish an earlier release again, and hold it until `rollback --release`."""
    from orchestration import pipeline

    if release == (release_id is not None):
        raise UsageError("rollback", "give a RELEASE, or --release", "See nettoeffekt releases")
    settings = _settings(data)
    if release:
        hold = pipeline.end_rollback(settings)
        console.say(f"Publishing is no longer held at {hold.release_id}: the next run publishes")
    else:
        console.show_rollback(pipeline.rollback(settings, release_id))


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
