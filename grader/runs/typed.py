"""The lines of a run's files, checked before they become nouns: a run can come from anywhere."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from grader import wire
from grader.errors import InputError
from grader.types import Attempt, Grade, JudgeReply, Rubric

_HINT = "the file was damaged or edited by hand: take the line out, the same `grade batch` grades it again"


def grade(shape: dict[str, Any], where: str) -> tuple[Grade, Attempt]:
    """A line of grades.jsonl; InputError names the place and the field."""
    try:
        found = wire.from_json(shape)
    except InputError as error:
        raise InputError(f"{where}: {error.message}", _HINT) from error
    if odd := _odd(found):
        raise InputError(f"{where}: not a grade: {odd}: out of its range", _HINT)
    if not isinstance(shape.get("at", ""), str):
        raise InputError(f"{where}: not a grade: at: not a text", _HINT)
    own = {**shape, "id": shape["attempt"], "text": shape.get("answer", "")}
    attempt: Attempt = _checked(Attempt, own, where, "a grade")
    return found, attempt


def _odd(one: Grade) -> str:
    """The name of a number that can't be, "" when all can."""
    quotes = [quote for verdict in one.verdicts for quote in verdict.evidence]
    shares = {
        "score": [one.score],
        "credit": [verdict.credit for verdict in one.verdicts],
        "confidence": [verdict.confidence for verdict in one.verdicts],
    }
    counts: dict[str, list[float | None]] = {
        "calls": [one.calls],
        "tokens": [one.usage.prompt, one.usage.completion, one.usage.cached],
        "cost_usd": [one.usage.cost_usd],
        "evidence": [place for quote in quotes for place in (quote.start, quote.end)],
        "flags": [place for flag in one.flags for place in (flag.start, flag.end)],
    }
    for numbers, most in ((shares, 1), (counts, 2**63)):
        for name, values in numbers.items():
            if not all(value is None or 0 <= value <= most for value in values):
                return name
    return ""


def rubric(shape: dict[str, Any], where: str) -> tuple[str, Rubric]:
    """A line of rubrics.jsonl: a hash and its rubric; InputError names the place and the field."""
    if not isinstance(shape.get("hash"), str):
        raise InputError(f"{where}: not a rubric: hash: not a text", _HINT)
    found: Rubric = _checked(Rubric, shape.get("rubric"), where, "a rubric")
    if found.flaw:
        raise InputError(f"{where}: not a rubric: {found.flaw}", _HINT)
    return shape["hash"], found


def reply(shape: object) -> JudgeReply | None:
    """A kept reply; None when it is none, so that the judge is asked again."""
    try:
        found: JudgeReply = wire.strictly(JudgeReply).validate_python(shape)
    except ValidationError:
        return None
    return found


def _checked(noun: Any, shape: object, where: str, what: str) -> Any:
    try:
        return wire.strictly(noun).validate_python(shape)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the line"
        raise InputError(f"{where}: not {what}: {field[:80]}: {first['msg']}", _HINT) from error
