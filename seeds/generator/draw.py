"""The generator's only source of variation: MD5 digests of a key, the same in Python, DuckDB and every version of both.

Never random(), never hash(): their results may change with the release, the machine or the number of threads.
"""

import hashlib
from collections.abc import Sequence

# As `draw` below, in DuckDB.
MACRO = "create or replace macro draw(key) as cast('0x' || substr(md5(key), 1, 8) as bigint)"


def draw(key: str) -> int:
    """A whole number from 0 to 2^32 - 1, decided by the key alone."""
    return int(hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()[:8], 16)


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Parts of a whole number in proportion to weights from 0, which sum to it exactly.

    Each part is the difference of two rounded running totals, so that no part is more than one off its share.
    """
    whole, parts, before, run = sum(weights), [], 0, 0
    if whole == 0:
        raise ValueError("the weights are all 0")
    for weight in weights:
        run += weight
        upto = (2 * total * run + whole) // (2 * whole)
        parts.append(upto - before)
        before = upto
    return parts
