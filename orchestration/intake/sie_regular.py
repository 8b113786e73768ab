"""The regular vouchers of a SIE file, fast: a large file is shared between processes, one for each processor.

A voucher is regular if its form is the usual one and it balances. Its rows are written as texts, but for their last
fields, which SQL takes apart; any other voucher is handed back.
"""

import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from orchestration.intake.sql import MARK
from orchestration.workers import pool

Voucher = tuple[int, str]  # the number of its line, and the text behind its `#VER`

FIELD = r'("[^"\\]*"|[^\s"\\]+)'
TAIL = rf"^[ \t]*(-?\d+(?:\.\d+)?)(?:[ \t]+{FIELD}(?:[ \t]+{FIELD}(?:[ \t]+{FIELD}(?:[ \t].*)?)?)?)?[ \t]*$"
_HEAD = re.compile(rf"[ \t]*{FIELD}[ \t]+{FIELD}[ \t]+(\d{{8}})(?:[ \t]+{FIELD}(?:[ \t].*)?)?[ \t]*").fullmatch
_TRANS = re.compile(r"\n[ \t]*#TRANS[ \t]+")
_LIST = re.compile(rf"[ \t]*(?:{FIELD}(?:[ \t]+|$))*").fullmatch
_PART = re.compile(FIELD).findall
_PLAIN = re.compile(r'[^\s"{}#\\]+').fullmatch
_NEARLY_ZERO = 0.0004  # what the binary sum of a voucher that balances may be off by
_BATCH = 10_000  # vouchers
WORTH_SHARING = 32 << 20  # bytes of a file: below, starting processes costs more than it gives


@dataclass(frozen=True)
class Written:
    """What became of some vouchers: the rows of the regular ones, the others as they came, the latest date of the
    former, the line of the last of all."""

    rows: str
    irregular: list[Voucher]
    last_date: str
    last_line: int


@dataclass
class RegularRows:
    """Writes rows with the objects of these dimensions, numbered as in the file. What recurs is remembered."""

    dimensions: tuple[str, ...]
    _objects: dict[str, str] = field(default_factory=dict)
    _accounts: dict[str, str] = field(default_factory=dict)

    def of(self, vouchers: list[Voucher]) -> Written:
        """The rows of some vouchers."""
        rows: list[str] = []
        irregular: list[Voucher] = []
        last_date = ""
        trans = "\n#TRANS "
        for line, voucher in vouchers:
            if trans not in voucher and (found := _TRANS.search(voucher)):
                trans = found.group()
            written = self._of_voucher(line, voucher, trans)
            if written is None:
                irregular.append((line, voucher))
            else:
                rows.append(written[0])
                last_date = max(last_date, written[1])
        return Written("".join(rows), irregular, last_date, vouchers[-1][0])

    def _of_voucher(self, line: int, voucher: str, trans: str) -> tuple[str, str] | None:
        """The rows of a regular voucher and its date."""
        first = voucher.find("\n")
        second = voucher.find("\n", first + 1)
        head = _HEAD(voucher[: max(first, 0)])
        if head is None or "\\" in voucher or voucher[first:second].strip() != "{":
            return None
        body, _, brace = voucher[second:].rstrip().rpartition("\n")
        rows = body.split(trans)
        if rows[0] or brace.strip() != "}" or body.count("\n") != len(rows) - 1 or len(rows) == 1:
            return None
        series, number, day, text = (part.strip('"') for part in head.groups(""))
        prefix = f"{series}\x1f{number}\x1f{day}\x1f{text}\x1f"
        written, total, place = [], 0.0, line + 1
        objects, accounts = self._objects, self._accounts
        try:
            for row in rows[1:]:
                place += 1
                account, _, rest = row.partition("{")
                inner, _, tail = rest.partition("}")
                listed = objects.get(inner) or self._object_texts(inner)
                code = accounts.get(account) or self._account_text(account)
                total += float(tail.split(None, 1)[0])
                written.append(f"{place}\x1f{prefix}{place - line - 1}\x1f{code}{listed}{tail}\n")
        except (ValueError, IndexError):
            return None
        if not -_NEARLY_ZERO < total < _NEARLY_ZERO:
            return None
        return "".join(written), day

    def _object_texts(self, inner: str) -> str:
        """What stands between the braces as texts, remembered. Raises ValueError if it is not regular."""
        if not _LIST(inner):
            raise ValueError(inner)
        texts = self._objects[inner] = object_texts([part.strip('"') for part in _PART(inner)], self.dimensions)
        return texts

    def _account_text(self, account: str) -> str:
        """An account as a text, remembered. Raises ValueError if it is not regular."""
        code = account.strip()
        if not _PLAIN(code):
            raise ValueError(account)
        text = self._accounts[account] = code + MARK
        return text


def object_texts(parts: list[str], dimensions: tuple[str, ...]) -> str:
    """The objects of these dimensions, pair by pair, the mark behind each. Raises ValueError if a pair is not whole."""
    pairs = dict(zip(parts[::2], parts[1::2], strict=True))
    return "".join(pairs.get(dimension.removeprefix("dim "), "") + MARK for dimension in dimensions)


def write(vouchers: Iterator[Voucher], dimensions: tuple[str, ...], size: int) -> Iterator[Written]:
    """The rows of all vouchers of a file of so many bytes, some at a time, in their order."""
    batches = iter(lambda: list(islice(vouchers, _BATCH)), [])
    workers = os.cpu_count() or 1
    if size < WORTH_SHARING or workers == 1:
        reader = RegularRows(dimensions)
        yield from map(reader.of, batches)
        return
    with pool(workers) as executor:
        yield from _in_turn(lambda batch: executor.submit(_written, batch, dimensions), batches, 2 * workers)


def _in_turn(
    submit: Callable[[list[Voucher]], Future[Written]], batches: Iterable[list[Voucher]], ahead: int
) -> Iterator[Written]:
    """The results in the order of the batches, with no more than so many of them in memory."""
    waiting: deque[Future[Written]] = deque()
    for batch in batches:
        waiting.append(submit(batch))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _written(batch: list[Voucher], dimensions: tuple[str, ...]) -> Written:
    return _reader(dimensions).of(batch)


@lru_cache(maxsize=1)
def _reader(dimensions: tuple[str, ...]) -> RegularRows:
    """The reader of a process that shares a file: it remembers from batch to batch."""
    return RegularRows(dimensions)
