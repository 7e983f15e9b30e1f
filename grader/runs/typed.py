"""The lines of a run's files, checked before they become nouns: a run can come from anywhere."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from grader import wire
from grader.errors import InputError
from grader.types import Attempt, Grade, JudgeReply, Rubric

_HINT = "the file was damaged or edited by hand: take the line out, the same `grade batch` grades it again"
Place = Annotated[int, Field(ge=0)]
Part = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, lt=2**63)]


class _Evidence(TypedDict):
    quote: str
    start: NotRequired[Place | None]
    end: NotRequired[Place | None]
    state: NotRequired[Literal["verified", "repaired", "unverified"]]


class _Label(TypedDict):
    coverage: Literal["covered", "partial", "missing"]
    contradicted: NotRequired[bool]
    author: NotRequired[str]
    reason: NotRequired[str]
    at: NotRequired[str]


class _Verdict(TypedDict):
    criterion: str
    coverage: Literal["covered", "partial", "missing"] | None
    contradicted: NotRequired[bool]
    evidence: NotRequired[list[_Evidence]]
    reason: NotRequired[str]
    confidence: NotRequired[Part | None]
    credit: NotRequired[Part | None]
    label: NotRequired[_Label | None]


class _Flag(TypedDict):
    kind: str
    start: Place
    end: Place
    text: NotRequired[str]


class _Judge(TypedDict):
    model: str
    strategy: str
    prompt: str
    rubric: str
    calibration: NotRequired[str]


class _Tokens(TypedDict, total=False):
    prompt: Count
    completion: Count
    cached: Count


class _Line(TypedDict):
    __pydantic_config__ = ConfigDict(strict=True)  # type: ignore[misc]
    attempt: str
    question: str
    score: Part | None
    verdicts: list[_Verdict]
    judge: _Judge
    flags: NotRequired[list[_Flag]]
    problems: NotRequired[list[str]]
    needs_review: NotRequired[bool]
    calls: NotRequired[Count]
    tokens: NotRequired[_Tokens]
    cost_usd: NotRequired[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None]
    answer: NotRequired[str]
    person: NotRequired[str]
    path: NotRequired[str]
    offset: NotRequired[Place]
    at: NotRequired[str]


@cache
def _checks(noun: Any) -> TypeAdapter[Any]:
    return TypeAdapter(noun)


def grade(shape: dict[str, Any], where: str) -> tuple[Grade, Attempt]:
    """A line of grades.jsonl; InputError names the place and the field."""
    _checked(_Line, shape, where, "a grade")
    attempt = Attempt(
        id=shape["attempt"],
        question=shape["question"],
        text=shape.get("answer", ""),
        person=shape.get("person", ""),
        path=shape.get("path", ""),
        offset=shape.get("offset", 0),
    )
    return wire.from_json(shape), attempt


def rubric(shape: dict[str, Any], where: str) -> tuple[str, Rubric]:
    """A line of rubrics.jsonl: a hash and its rubric; InputError names the place and the field."""
    if not isinstance(shape.get("hash"), str):
        raise InputError(f"{where}: not a rubric: hash: not a text", _HINT)
    found: Rubric = _checked(Rubric, shape.get("rubric"), where, "a rubric")
    if not all(0 < abs(one.weight) <= 1e6 for one in found.criteria):
        raise InputError(f"{where}: not a rubric: weight: 0, or no number", _HINT)
    if len({one.id for one in found.criteria}) < len(found.criteria):
        raise InputError(f"{where}: not a rubric: two criteria have the same id", _HINT)
    return shape["hash"], found


def reply(shape: object) -> JudgeReply | None:
    """A kept reply; None when it is none, so that the judge is asked again."""
    try:
        found: JudgeReply = _checks(JudgeReply).validate_python(shape)
    except ValidationError:
        return None
    return found


def _checked(noun: Any, shape: object, where: str, what: str) -> Any:
    try:
        return _checks(noun).validate_python(shape)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the line"
        raise InputError(f"{where}: not {what}: {field[:80]}: {first['msg']}", _HINT) from error
