"""Where messages go: the installation's channels and addresses, read from one file, and one message sent by Apprise."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

import yaml

from orchestration.errors import UsageError

PLACE = "NETTOEFFEKT_ALERTS"
MAIL = ("mailto", "mailtos")
IN_CLEAR = ("mailto", "json", "http", "form", "xml")  # may be used towards this machine alone
TIMEOUT_SECONDS = 10


class Audience(StrEnum):
    """Whose messages a channel takes: everyone's, or those of who looks after the system."""

    OWNERS = "owners"
    ENGINEERS = "engineers"


@dataclass(frozen=True)
class Channel:
    """One way out, as an address of Apprise. One of e-mail sends to the owner's own addresses."""

    name: str
    url: str
    audience: Audience

    @property
    def is_mail(self) -> bool:
        return urlsplit(self.url).scheme in MAIL


@dataclass(frozen=True)
class AlertSettings:
    """What NETTOEFFEKT_ALERTS says. `owners` are addresses by role; the plan's own go before them."""

    engineers_role: str
    engineers: tuple[str, ...]
    channels: tuple[Channel, ...]
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    heartbeat: str | None = None
    templates: Path | None = None


@dataclass(frozen=True)
class Letter:
    """One message as it is sent through one channel. `address` is an e-mail address, empty where it has one place."""

    event_id: str
    channel: str
    address: str
    subject: str
    text: str
    html: str


def read_alert_settings(file: Path | None) -> AlertSettings | None:
    """The installation's channels; None where none are configured. Raises UsageError naming the key that is wrong."""
    if file is None:
        return None
    try:
        if file.stat().st_mode & 0o007:
            raise UsageError(PLACE, f"{file.name} can be read by anyone, and may hold passwords", "chmod o-rwx it")
        tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(PLACE, f"cannot be read: {reason}", "Mend the file, or unset the variable") from error
    known = {"engineers": True, "owners": False, "channels": True, "heartbeat": False, "templates": False}
    _demand_keys(tree, known, "")
    _demand_keys(tree["engineers"], {"role": True, "address": True}, "engineers.")
    channels = tuple(_channel(item, f"channels[{n}].") for n, item in enumerate(_list(tree["channels"], "channels")))
    if len({channel.name for channel in channels}) < len(channels):
        raise UsageError(PLACE, "channels: two have the same name", "Give each a name of its own")
    owners = tree.get("owners") or {}
    if not isinstance(owners, dict):
        raise UsageError(PLACE, "owners: not a mapping of role to address", "Write one role per line")
    heartbeat = tree.get("heartbeat")
    if heartbeat is not None:
        _demand_privacy(str(heartbeat), "heartbeat")
    templates = tree.get("templates")
    return AlertSettings(
        engineers_role=str(tree["engineers"]["role"]),
        engineers=_addresses(tree["engineers"]["address"], "engineers.address"),
        channels=channels,
        owners={str(role): _addresses(value, f"owners.{role}") for role, value in owners.items()},
        heartbeat=heartbeat,
        templates=file.parent / templates if templates else None,
    )


def _channel(item: Any, place: str) -> Channel:
    _demand_keys(item, {"name": True, "url": True, "for": False}, place)
    audience, url = item.get("for", Audience.OWNERS), str(item["url"])
    if audience not in list(Audience):
        raise UsageError(PLACE, f"{place}for: {audience!r} is no audience", f"Choose among {', '.join(Audience)}")
    _demand_privacy(url, f"{place}url")
    return Channel(str(item["name"]), url, Audience(audience))


def check_channels(settings: AlertSettings) -> None:
    """Raises UsageError for a channel that Apprise cannot use. Apart from reading, as it loads all that Apprise has."""
    for number, channel in enumerate(settings.channels):
        if _service(channel, "a@example.se", "") is None:
            place, remedy = f"channels[{number}].url", "See its documentation of mailtos, workflows and jsons"
            raise UsageError(PLACE, f"{place}: Apprise does not take it", remedy)


def _demand_privacy(url: str, place: str) -> None:
    """Raises UsageError for an address that would be spoken to in clear outside this machine."""
    parts = urlsplit(url)
    if parts.scheme in IN_CLEAR and not _is_loopback(parts.hostname or ""):
        raise UsageError(PLACE, f"{place}: {parts.scheme} is sent in clear", f"Use {parts.scheme}s, which is encrypted")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _addresses(value: Any, place: str) -> tuple[str, ...]:
    addresses = tuple(str(address) for address in (value if isinstance(value, list) else [value]))
    if not addresses or any("@" not in address for address in addresses):
        raise UsageError(PLACE, f"{place}: not an e-mail address", "Write one, or a list of several")
    return addresses


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise UsageError(PLACE, f"{place}: not a list of at least one", "Write one item per line, each after a dash")
    return value


def _demand_keys(tree: Any, known: Mapping[str, bool], place: str) -> None:
    """Raises UsageError unless `tree` has the keys that are required, and none that is not known."""
    if not isinstance(tree, dict):
        raise UsageError(PLACE, f"{place or 'the file'}: not a mapping", f"Write the keys {', '.join(known)}")
    for key in tree:
        if key not in known:
            raise UsageError(PLACE, f"{place}{key}: an unknown key", f"Known keys are {', '.join(known)}")
    for key, is_required in known.items():
        if is_required and not tree.get(key):
            raise UsageError(PLACE, f"{place}{key} is missing", "Add it")


def send(channel: Channel, letter: Letter) -> str | None:
    """Sends a letter; None if the channel took it, else what it said. Never raises for what the other end does."""
    from apprise.common import NotifyFormat

    service = _service(channel, letter.address, letter.event_id)
    if service is None:
        return "Apprise does not take the channel's address"
    if channel.is_mail:
        body, body_format = letter.html, NotifyFormat.HTML  # Apprise makes the plain part of it
    elif service.notify_format is NotifyFormat.MARKDOWN:
        body, body_format = letter.text, NotifyFormat.MARKDOWN  # as it is: a dot needs no escaping there
    else:
        body, body_format = letter.text, NotifyFormat.TEXT
    with _last_warning() as said:
        try:
            taken = service.notify(body=body, title=letter.subject, body_format=body_format)
        except Exception as error:  # a plugin's own fault is this channel's, not the run's
            return f"{type(error).__name__}: {error}"
    return None if taken else said() or "not taken"


def _service(channel: Channel, address: str, event_id: str) -> Any:
    """Apprise's own object for the channel, bearing the event id where the protocol has a place for it."""
    from apprise import Apprise

    url = channel.url + ("&" if "?" in channel.url else "?")
    scheme = urlsplit(url).scheme
    if channel.is_mail:
        url += f"to={quote(address)}&format=html&"
    url += f"cto={TIMEOUT_SECONDS}&rto={TIMEOUT_SECONDS}"
    if event_id and (channel.is_mail or scheme in ("json", "jsons")):
        url += f"&%2BX-Nettoeffekt-Event={event_id}"
    return Apprise.instantiate(url, suppress_exceptions=True)


@contextmanager
def _last_warning() -> Iterator[Callable[[], str]]:
    """What Apprise says while the block runs goes here, not to the terminal; its last words are the reason."""
    said: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage())
    logger = logging.getLogger("apprise")
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield lambda: " ".join(said[-1].split()) if said else ""
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate


def beat(url: str, words: Mapping[str, Any]) -> str | None:
    """Tells whoever listens that a run has ended, as JSON by POST; None if it was heard. Who listens and hears nothing
    for a day knows that no run ends, which no message of ours could tell."""
    request = Request(url, json.dumps(words).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS):
            return None
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
