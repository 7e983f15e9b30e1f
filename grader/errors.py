"""Every error a user can meet, each with its exit code.

GraderError           4  never raised itself
+- InputError         2  usage, or a file that can't be used: names file, field and fix
+- JudgeError         3  the judge gave no reply
   +- CassetteMiss    3  replay found no recording
   +- Overloaded      3  429 or 5xx: worth another try; `retry_after` seconds when the server said so
   +- TimedOut        3  no reply in time: worth another try
   +- BudgetSpent     3  --max-cost would be passed
"""

from __future__ import annotations


class GraderError(Exception):
    """A message for people: what is wrong, and a hint what to do about it."""

    exit_code = 4

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(GraderError):
    """What the user gave can't be used."""

    exit_code = 2


class JudgeError(GraderError):
    """The judge gave no reply; asking again at once would not help."""

    exit_code = 3


class CassetteMiss(JudgeError):
    """In replay, no recording fits the request."""


class Overloaded(JudgeError):
    """The endpoint is too busy or broken for the moment; `status` of its reply, None when it gave none."""

    def __init__(
        self, message: str, hint: str = "", retry_after: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(message, hint)
        self.retry_after = retry_after
        self.status = status


class TimedOut(JudgeError):
    """The endpoint did not answer in time."""


class BudgetSpent(JudgeError):
    """The next call could pass the limit that the user set."""
