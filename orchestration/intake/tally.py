"""What becomes of the rows of a file: the tally, and the functions through which SQL fills it.

SQL calls Python only for the few rows that are set aside and the few values that must be hidden.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

import duckdb

from orchestration.intake.privacy import PersonKey, is_identity_number, mask

FAULT_MARK = ";"  # parts the faults of a row


@dataclass(frozen=True)
class AsideRow:
    """A row kept out of raw. `faults` are `column|rule`, none for a row left out by declared rule; `text` is masked."""

    row_number: int
    faults: tuple[str, ...]
    text: str | None
    amount: Decimal | None
    slice_id: str | None


@dataclass
class Tally:
    """What became of the rows of one file. `first_row_id` is where its accepted rows begin in raw.<feed>."""

    first_row_id: int
    accepted: int = 0
    quarantined: list[AsideRow] = field(default_factory=list)
    left_out: list[AsideRow] = field(default_factory=list)
    totals: list[tuple[str | None, Decimal | None]] = field(default_factory=list)
    irregular: list[tuple[int, str]] = field(default_factory=list)
    masked: int = 0
    of_other_extracts: int = 0

    @property
    def rows(self) -> int:
        """All rows seen, whatever became of them."""
        aside = len(self.quarantined) + len(self.left_out)
        return self.accepted + aside + self.of_other_extracts

    def set_aside(
        self, row_number: int, faults: str | None, text: str | None, amount: str | None, slice_id: str | None
    ) -> bool:
        """Takes a row that is not accepted: with faults to quarantine, without it is left out. SQL calls it for those
        rows alone; the answer keeps them out of raw."""
        clean = None if text is None else mask(text)[0]
        broken = tuple(faults.split(FAULT_MARK)) if faults else ()
        row = AsideRow(row_number, broken, clean, Decimal(amount) if amount else None, slice_id)
        (self.quarantined if broken else self.left_out).append(row)
        return False


class LentFunctions:
    """The functions that SQL calls for the few rows that must be set aside, and the values that must be hidden.

    `key` is the key for persons, `tally` that of the file in hand.
    """

    def __init__(self, key: PersonKey | None) -> None:
        self.key = key
        self.tally = Tally(0)

    def set_aside(
        self, row_number: int, faults: str | None, text: str | None, amount: str | None, slice_id: str | None
    ) -> bool:
        """Takes a row to the tally of the file in hand."""
        return self.tally.set_aside(row_number, faults, text, amount, slice_id)

    def set_total_aside(self, row_number: int, text: str | None, amount: str | None, count: str | None) -> bool:
        """Takes the row that states the control total: it is left out, and remembered."""
        self.tally.totals.append((count, Decimal(amount) if amount else None))
        return self.tally.set_aside(row_number, None, text, amount, None)

    def set_irregular_aside(self, row_number: int, given: str) -> bool:
        """Takes a row that its reader will read once more, exactly."""
        self.tally.irregular.append((row_number, given))
        return False

    def set_extract_aside(self, text: str) -> bool:
        """Takes a row that tells another extract date than the first row does."""
        self.tally.of_other_extracts += 1
        return False

    def masked_text(self, text: str) -> str:
        """Free text without personal data; what was masked is counted."""
        clean, count = mask(text)
        self.tally.masked += count
        return clean

    @property
    def pseudonym(self) -> Callable[[str], str]:
        """The keyed hash of a person. Called for every row of a feed of persons: nothing stands between."""
        return self.key.pseudonym if self.key else _no_key


def _no_key(value: str) -> str:
    raise AssertionError("a feed of persons is refused where there is no key")


@contextmanager
def lent_functions(connection: duckdb.DuckDBPyConnection, key: PersonKey | None) -> Iterator[LentFunctions]:
    """Lends a connection the functions that an insert into raw needs. Rows may come in any order: they have numbers."""
    lent = LentFunctions(key)
    connection.execute("set preserve_insertion_order = false")
    aside = (["bigint", *["varchar"] * 4], "boolean")
    text = (["varchar"], "varchar")
    functions: dict[str, tuple[Callable[..., object], list[str], str, str]] = {
        "set_aside": (lent.set_aside, *aside, "special"),
        "set_total_aside": (lent.set_total_aside, ["bigint", *["varchar"] * 3], "boolean", "special"),
        "set_irregular_aside": (lent.set_irregular_aside, ["bigint", "varchar"], "boolean", "default"),
        "set_extract_aside": (lent.set_extract_aside, ["varchar"], "boolean", "default"),
        "masked_text": (lent.masked_text, *text, "default"),
        "pseudonym": (lent.pseudonym, *text, "default"),
        "is_person": (is_identity_number, ["varchar"], "boolean", "default"),
    }
    for name, (function, takes, gives, null_handling) in functions.items():
        connection.create_function(
            f"intake_{name}", function, takes, gives, side_effects=True, null_handling=null_handling
        )
    try:
        yield lent
    finally:
        for name in functions:
            connection.remove_function(f"intake_{name}")
        connection.execute("reset preserve_insertion_order")
