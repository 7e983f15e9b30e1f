"""Grade free-text answers against key points: `from grader import grade, Rubric, Criterion`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.api import grade, grade_all
    from grader.errors import CassetteMiss, GraderError, InputError, JudgeError
    from grader.grading import grade_attempt
    from grader.strategies import Plan
    from grader.types import (
        Attempt,
        Criterion,
        Evidence,
        Flag,
        Grade,
        Judge,
        JudgeCard,
        JudgeReply,
        JudgeRequest,
        Label,
        Question,
        Rubric,
        Usage,
        Verdict,
    )
    from grader.wire import from_json, to_json

_HOME = {
    "api": "grade grade_all",
    "errors": "CassetteMiss GraderError InputError JudgeError",
    "grading": "grade_attempt",
    "strategies": "Plan",
    "types": "Attempt Criterion Evidence Flag Grade Judge JudgeCard JudgeReply JudgeRequest Label Question "
    "Rubric Usage Verdict",
    "wire": "from_json to_json",
}
_WHERE = {name: module for module, names in _HOME.items() for name in names.split()}

__all__ = [
    "Attempt", "CassetteMiss", "Criterion", "Evidence", "Flag", "Grade", "GraderError", "InputError", "Judge",
    "JudgeCard", "JudgeError", "JudgeReply", "JudgeRequest", "Label", "Plan", "Question", "Rubric", "Usage",
    "Verdict", "from_json", "grade", "grade_all", "grade_attempt", "to_json",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first used, so that the command line starts fast."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
