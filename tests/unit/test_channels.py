"""The file of channels: read as the README shows it, and refused in one line that names the key that is wrong."""

import re
from pathlib import Path

import pytest

from orchestration.alerting.channels import Audience, check_channels, read_alert_settings
from orchestration.errors import UsageError
from orchestration.settings import CHECKOUT

SETTINGS = """
engineers: {role: Systemförvaltare, address: system@region.example}
owners: {Chef: chef@region.example}
channels:
  - {name: e-post, url: "mailtos://smtp.region.example?from=n@region.example"}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "alerts.yaml"


def written(file: Path, text: str, mode: int = 0o600) -> Path:
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_the_file_of_the_readme_is_one(file: Path):
    (text,) = re.findall(r"```yaml\n(.*?)```", (CHECKOUT / "README.md").read_text("utf-8"), re.DOTALL)
    settings = read_alert_settings(written(file, text))
    check_channels(settings)
    assert [(channel.name, channel.audience, channel.is_mail) for channel in settings.channels] == [
        ("e-post", Audience.OWNERS, True),
        ("teams", Audience.ENGINEERS, False),
        ("webbkrok", Audience.OWNERS, False),
    ]
    assert settings.owners["Redovisningschef"] == ("redovisning@region.example",)
    assert len(settings.owners["Divisionschef primärvård"]) == 2
    assert (settings.heartbeat, settings.templates) == (
        "https://puls.region.example/nettoeffekt",
        file.parent / "mallar",
    )


def test_without_a_file_nobody_is_told():
    assert read_alert_settings(None) is None


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("owners", "ownres", "ownres: an unknown key"),
        ("role: Systemförvaltare, ", "", "engineers.role is missing"),
        ("system@region.example", "system", "engineers.address: not an e-mail address"),
        ("chef@region.example", "[]", "owners.Chef: not an e-mail address"),
        ("{Chef: chef@region.example}", "[Chef]", "owners: not a mapping"),
        ("mailtos://", "mailto://", "channels[0].url: mailto is sent in clear"),
        ("mailtos://", "json://", "channels[0].url: json is sent in clear"),
        ('?from=n@region.example"}', '?from=n@region.example", for: all}', "channels[0].for: 'all' is no audience"),
        ("name: e-post, ", "", "channels[0].name is missing"),
        ("engineers:", "heartbeat: http://puls.region.example\nengineers:", "heartbeat: http is sent in clear"),
        ("channels:", "channels: 3\nx:", "x: an unknown key"),
        ("owners: {", "owners: {{", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(file: Path, old: str, new: str, named: str):
    assert SETTINGS.count(old) == 1
    with pytest.raises(UsageError, match=re.escape(named)) as raised:
        read_alert_settings(written(file, SETTINGS.replace(old, new)))
    assert str(raised.value).startswith("NETTOEFFEKT_ALERTS: ")


@pytest.mark.parametrize("url", ["pigeon://smtp.region.example", "mailtos://", "workflows://host/no signature"])
def test_a_channel_that_apprise_cannot_use_is_named(file: Path, url: str):
    text = SETTINGS.replace("mailtos://smtp.region.example?from=n@region.example", url)
    settings = read_alert_settings(written(file, text))
    with pytest.raises(UsageError, match=re.escape("channels[0].url: Apprise does not take it")):
        check_channels(settings)


def test_two_channels_have_two_names(file: Path):
    line = SETTINGS.splitlines()[-1]
    with pytest.raises(UsageError, match="two have the same name"):
        read_alert_settings(written(file, f"{SETTINGS}{line}\n"))


def test_this_machine_may_be_spoken_to_in_clear(file: Path):
    text = SETTINGS.replace("mailtos://smtp.region.example", "mailto://localhost:2525")
    assert read_alert_settings(written(file, text)).channels[0].is_mail


def test_a_file_that_anyone_may_read_is_refused(file: Path):
    with pytest.raises(UsageError, match="can be read by anyone"):
        read_alert_settings(written(file, SETTINGS, 0o604))


def test_a_file_that_is_not_there_is_named(file: Path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_alert_settings(file)
