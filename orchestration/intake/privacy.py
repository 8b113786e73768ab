"""Personal data on its way in: keyed pseudonyms for declared columns, masks in free text. Then nothing is in clear.

A pseudonym is HMAC-SHA-256 under a secret key: plain hashes of every possible identity number can be made in minutes.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path

from personnummer import personnummer

from orchestration.errors import UsageError

DEMO_KEY_ID = "demo"

# Interim numbers, for those who have no other yet, have one of these letters in the place of a digit.
_LETTER = "[JKLMNRSTUWXjklmnrstuwx]"
_DAY = r"(?:0[1-9]|[12]\d|3[01]|6[1-9]|[78]\d|9[01])"
_NUMBER = rf"(?:1[89]|20)?\d{{2}}(?:0[1-9]|1[0-2]){_DAY}(?:[-+ ]?\d{{4}}|[-+]?{_LETTER}\d{{3}})"
_INTERIM = re.compile(rf"(?:\d\d)?(\d{{6}})[-+]?{_LETTER}\d{{3}}")
IDENTITY_NUMBER = re.compile(rf"(?<!\d){_NUMBER}(?!\d)")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\d-])(?:\+46|0046|0)[ -]?(?:\(0\)[ ]?)?[1-9]\d{0,2}(?:[ -]?\d{2,3}){2,4}(?![\d-])")
_POSSIBLE = re.compile(f"{IDENTITY_NUMBER.pattern}|@|{PHONE.pattern}")
# Other hands write other dashes, other spaces and full-width digits; each stands for one plain character.
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
SPACES = "\t\xa0\u2007\u2009\u202f"
DIGITS = "".join(chr(0xFF10 + digit) for digit in range(10))
PLUS = "\uff0b"
_PLAIN = str.maketrans(DASHES + SPACES + DIGITS + PLUS, "-" * len(DASHES) + " " * len(SPACES) + "0123456789+")
# What makes a text worth a look, in the regular expressions of DuckDB: an @, or six digits with few characters between.
SUSPECT = rf"@|(?:[0-9{DIGITS}][ ()+{PLUS}{SPACES}{DASHES}-]{{0,2}}){{6}}"


@dataclass(frozen=True)
class PersonKey:
    """The secret under which pseudonyms are made. `key_id` is kept with every delivery, the secret nowhere."""

    key_id: str
    secret: bytes

    @cached_property
    def pseudonym(self) -> Callable[[str], str]:
        """Of a value: 32 hexadecimal digits, the same for the same value and key. Separators and case do not matter.

        An identity number counts by its last ten digits, so that all ways of writing it are one person. Numbers of
        persons born a hundred years apart may be alike; two such persons are never employed at once.
        """
        return lru_cache(maxsize=100_000)(partial(_pseudonym, self.secret))  # persons come back in each month's file


def _pseudonym(secret: bytes, value: str) -> str:
    plain = re.sub(r"[\s+-]", "", value.translate(_PLAIN)).upper()
    if len(plain) == 12 and is_identity_number(plain):
        plain = plain[2:]
    return hmac.new(secret, plain.encode(), hashlib.sha256).hexdigest()[:32]


def demo_key() -> PersonKey:
    """The demo's fixed key, in clear on purpose: the demo's employment numbers are invented."""
    return PersonKey(DEMO_KEY_ID, b"nettoeffekt demo: invented persons only")


def read_key(file: Path | None, data: Path) -> PersonKey | None:
    """The installation's key: one line with an id and at least 32 hexadecimal digits; None where none is configured.

    Raises UsageError if the file cannot be used, or lies in the data directory.
    """
    if file is None:
        return None
    place = "NETTOEFFEKT_PERSON_KEY_FILE"
    if file.resolve().is_relative_to(data.resolve()):
        raise UsageError(
            place, "the key lies in the data directory", "Move it out: who copies the data must not get the key"
        )
    try:
        key_id, digits = file.read_text(encoding="utf-8").split()
        secret = bytes.fromhex(digits)
    except (OSError, ValueError) as error:
        remedy = "Write one line: an id, a space and at least 32 hexadecimal digits"
        raise UsageError(place, "the key file cannot be read", remedy) from error
    if len(secret) < 16 or key_id == DEMO_KEY_ID:
        raise UsageError(place, "the key is too short or bears the demo's name", "Use at least 32 hexadecimal digits")
    return PersonKey(key_id, secret)


def is_identity_number(text: str) -> bool:
    """True for a personal identity number or coordination number, in any writing, whose date and check digit hold, and
    for an interim number, which has no check digit, whose date holds."""
    plain = re.sub(r"\s", "", text.translate(_PLAIN))
    interim = _INTERIM.fullmatch(plain)
    return _is_date(interim.group(1)) if interim else personnummer.valid(plain)


def _is_date(six_digits: str) -> bool:
    try:
        datetime.strptime(six_digits, "%y%m%d")
    except ValueError:
        return False
    return True


def mask(text: str) -> tuple[str, int]:
    """Free text without identity numbers, e-mail addresses and phone numbers, and how many were masked.

    Only numbers whose date and check digit hold are taken for identity numbers, so that invoice numbers stand.
    """
    if not _POSSIBLE.search(text.translate(_PLAIN)):
        return text, 0
    text, persons = _replace(text, IDENTITY_NUMBER, "[personnummer]", is_identity_number)
    text, addresses = _replace(text, EMAIL, "[e-post]")
    text, phones = _replace(text, PHONE, "[telefon]")
    return text, persons + addresses + phones


def _replace(
    text: str, pattern: re.Pattern[str], word: str, holds: Callable[[str], bool] = lambda _: True
) -> tuple[str, int]:
    """Puts a word for what the pattern finds in the plain writing of a text; all else stands as it was written."""
    spans = [match.span() for match in pattern.finditer(text.translate(_PLAIN)) if holds(match.group())]
    for start, end in reversed(spans):
        text = text[:start] + word + text[end:]
    return text, len(spans)
