"""The verbs at their edges: what cannot be meant, what is empty, what nobody expected. No run here."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration import cli, state
from orchestration.errors import LockError
from orchestration.settings import DataDirectory, Settings
from orchestration.warehouse import run_lock
from tests.unit.deliveries import forecast, forecast_row

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], directory: DataDirectory) -> Call:
    """Calls `nettoeffekt <words>` in this process on an empty data directory; exit code, output and errors."""
    monkeypatch.setenv("NETTOEFFEKT_DATA", str(directory.root))

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["nettoeffekt", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code or 0, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--as-of", "31/1 2025"),
        ("run", "--as-of", "2025-02-30"),
        ("run", "--dat", "somewhere"),
        ("run", "twice"),
        ("rum",),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line_that_names_it(call: Call, words: tuple[str, ...]):
    code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert err.startswith("nettoeffekt: ")
    assert err.count("\n") == 1
    assert any(word in err for word in words if word != "run")


PORTAL = ("--feed", "forecast", "--source", "ledningsportalen")
VERBS = ("demo", "run", "load", "status", "incidents", "forms", "explain", "releases", "rebuild", "dev")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_takes_a_data_directory(call: Call, verb: str):
    code, out, err = call(verb, "--help")
    assert (code, err) == (0, "")
    assert "--data" in out


def test_nothing_is_published_in_an_empty_directory(call: Call, directory: DataDirectory):
    assert call("status") == (0, "Nothing is published\n", "")
    assert call("releases") == (0, "Nothing is published\n", "")
    assert call("incidents") == (0, "No incidents are open\n", "")
    assert not directory.root.exists(), "looking leaves no trace"


def test_there_are_no_forms_before_there_is_a_release(call: Call, directory: DataDirectory):
    code, out, err = call("forms")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "nothing is published" in err
    assert not directory.root.exists()


def test_json_of_an_empty_directory_is_json(call: Call):
    for verb in ("releases", "incidents"):
        code, out, _ = call(verb, "--json")
        assert (code, json.loads(out)) == (0, [])
    code, out, _ = call("status", "--json")
    assert (code, json.loads(out)) == (
        0,
        {
            **{"running": None, "release": None, "stops": [], "feeds": [], "refused": [], "flags": []},
            **{"channels_down": [], "held_at": None},
        },
    )


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("ack", "F1-0"), "needs an incident and a reason"),
        (("snooze", "--because", "Vi vet"), "needs an incident and a reason"),
        (("snooze", "F1-0", "--because", "Vi vet"), "a snooze has a day"),
        (("ack", "F1-0", "--until", "2025-02-01", "--because", "Vi vet"), "an acknowledgement none"),
        (("ack", "F1-0", "--because", "Vi vet"), "there are no incidents"),
        (("mute", "F1-0"), "mute"),
    ],
)
def test_what_cannot_be_done_with_an_incident_is_said_in_one_line(call: Call, words: tuple[str, ...], named: str):
    code, out, err = call("incidents", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert named in err


def test_an_unexpected_error_is_one_line_and_its_traceback_is_kept(
    call: Call, directory: DataDirectory, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(state, "read_status", _fail)
    code, out, err = call("status")
    kept = directory.root / "last_error.txt"
    assert (code, out) == (2, "")
    assert err == f"nettoeffekt: unexpected ZeroDivisionError: first line second line. The traceback is in {kept}\n"
    assert "in _fail" in kept.read_text(encoding="utf-8")


def test_the_traceback_is_kept_in_the_directory_that_was_given(
    call: Call, directory: DataDirectory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(state, "read_status", _fail)
    call("status", "--data", str(tmp_path / "given"))
    assert (tmp_path / "given" / "last_error.txt").exists()
    assert not directory.root.exists()


def _fail(_: object) -> None:
    raise ZeroDivisionError("first line\nsecond line")


def test_an_expected_error_is_one_line_with_place_rule_and_remedy(call: Call, monkeypatch: pytest.MonkeyPatch):
    def fail(_: object) -> None:
        raise LockError("run.lock", "another run\nholds it", "Wait for it")

    monkeypatch.setattr(state, "read_status", fail)
    assert call("status") == (2, "", "nettoeffekt: run.lock: another run holds it. Wait for it\n")


@pytest.mark.parametrize(("name", "value"), [("NETTOEFFEKT_MIN_FREE_MB", "much"), ("NETTOEFFEKT_RELEASES_KEPT", "0")])
def test_a_setting_that_cannot_be_read_is_named_in_one_line(
    call: Call, monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(name, value)
    code, _, err = call("status")
    assert code == 2
    assert err.startswith("nettoeffekt: ")
    assert err.count("\n") == 1
    assert name.removeprefix("NETTOEFFEKT_") in err.upper()


def test_an_interruption_says_that_the_release_stands(call: Call, monkeypatch: pytest.MonkeyPatch):
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(state, "read_status", interrupt)
    code, _, err = call("status")
    assert (code, err.count("\n")) == (2, 1)
    assert "untouched" in err


def test_status_names_who_holds_the_lock_and_nobody_afterwards(settings: Settings):
    with run_lock(settings.directory, "run"):
        assert f"`run` with PID {os.getpid()}" in (state.read_status(settings).running or "")
    assert state.read_status(settings).running is None


def test_a_run_that_was_killed_is_not_said_to_run(settings: Settings):
    code = (
        "import os, signal, sys; from pathlib import Path; from orchestration.settings import DataDirectory;"
        "from orchestration.warehouse import run_lock\n"
        "with run_lock(DataDirectory(Path(sys.argv[1])), 'run'): os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code, settings.directory.root], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert state.read_status(settings).running is None
    with run_lock(settings.directory, "run"):
        assert f"PID {os.getpid()}" in (state.read_status(settings).running or "")


def test_a_dry_run_tells_what_would_become_of_a_file_and_touches_nothing(
    call: Call, tmp_path: Path, directory: DataDirectory
):
    good, bad = tmp_path / "prognoser.csv", tmp_path / "fel.csv"
    good.write_text(forecast(forecast_row("A1"), forecast_row("A2", "7,0")), "utf-8")
    bad.write_text("fel", "utf-8")

    code, out, _ = call("load", "--dry-run", str(good), *PORTAL, "--json")
    assert (code, json.loads(out)["counts"]["rows_accepted"]) == (0, 2)
    code, out, _ = call("load", "--dry-run", str(bad), *PORTAL)
    assert (code, "fel.csv would be refused\nRefused [header]" in out) == (1, True)
    assert not directory.root.exists()
    assert good.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--dry-run"], "FILE and --feed are needed"),
        (["--dry-run", "a.csv"], "FILE and --feed are needed"),
        (["--dry-run", "a.csv", *PORTAL], "there is no such file"),
        (["a.csv"], "go with --dry-run"),
        (["--feed", "forecast"], "go with --dry-run"),
    ],
)
def test_a_dry_run_needs_a_file_and_a_feed_and_a_load_takes_neither(call: Call, words: list[str], told: str):
    code, out, err = call("load", *words)
    assert (code, out, told in err, err.count("\n")) == (2, "", True, 1)
