"""What can go wrong, as types that carry what a user needs: where, which rule, what to do.

A `NettoeffektError` ends a verb with exit code 2 and one line. A file that is refused ends nothing: it is a
`RefusedFileError`, caught by the intake, written beside the file and into raw.delivery.
"""

from typing import Self


class NettoeffektError(Exception):
    """Not done: usage, broken contract or reference table, lock, space. Ends a verb with exit code 2 and one line.

    `place` is a file, with line or key where known; `rule` what was broken; `remedy` what to do.
    """

    def __init__(self, place: str, rule: str, remedy: str) -> None:
        self.place = place
        self.rule = rule
        self.remedy = remedy
        super().__init__(f"{place}: {rule}. {remedy}")

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, str]]:
        """As it comes back from a process that shares the work."""
        return type(self), (self.place, self.rule, self.remedy)


class UsageError(NettoeffektError):
    """The verb was called with something that cannot be meant."""


class ContractError(NettoeffektError):
    """A contract that cannot be used as it stands."""


class ReferenceTableError(NettoeffektError):
    """A reference table that breaks its own rules: nothing runs until it is mended."""


class SuiteError(NettoeffektError):
    """A suite of expectations that cannot be read."""


class LockError(NettoeffektError):
    """Another run, or another program, holds the warehouse."""


class SpaceError(NettoeffektError):
    """The disk has no room for the work."""


class TransformError(NettoeffektError):
    """dbt could not build the models, or a dbt test of severity error failed."""


class EndedProcessError(NettoeffektError):
    """A process that shares the work was ended from outside, as by a system that is short of memory."""


class RefusedFileError(Exception):
    """Why a file is kept out. `rule` is a short stable name, `reason` Swedish text with place and what to do."""

    def __init__(self, rule: str, reason: str) -> None:
        self.rule = rule
        self.reason = reason
        super().__init__(f"{rule}: {reason}")
