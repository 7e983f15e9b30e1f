"""A grade survives JSON, in the shape that interface and scripts know."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from grader import wire
from grader.errors import InputError
from grader.grading import grade_attempt
from grader.runs import typed
from grader.types import Flag, Grade, JudgeCard, Usage, Verdict
from tests import fakes

CARD = JudgeCard(model="m", strategy="joint", prompt="sha256:p", rubric="sha256:r")


def graded() -> Grade:
    reply = fakes.reply({"Q1.1": fakes.verdict("covered", "keeps keys"), "Q1.2": fakes.verdict("missing")})
    return asyncio.run(grade_attempt(fakes.rubric(), fakes.attempt(), fakes.scripted([reply]), fakes.plan()))


def test_a_grade_comes_back_as_it_was() -> None:
    one = Grade(
        attempt="a", question="q", score=None, judge=CARD,
        verdicts=(Verdict(criterion="q.1", coverage=None),),
        flags=(Flag(kind="addressed_to_grader", start=1, end=2, text="x"),), problems=("why.",),
        needs_review=True, calls=2, usage=Usage(prompt=1, completion=2, cached=3, cost_usd=0.5),
    )  # fmt: skip
    for grade in (graded(), one):
        assert wire.from_json(json.loads(json.dumps(wire.to_json(grade)))) == grade


def test_the_shape_is_the_one_that_was_promised() -> None:
    shape = wire.to_json(graded())
    assert list(shape) == [
        "attempt", "question", "score", "ungraded", "needs_review", "verdicts", "flags", "problems", "calls",
        "tokens", "cost_usd", "judge",
    ]  # fmt: skip
    assert shape["verdicts"][0] == {
        "criterion": "Q1.1", "coverage": "covered", "credit": 1.0, "contradicted": False, "confidence": None,
        "evidence": [{"quote": "keeps keys", "start": 3, "end": 13, "state": "verified"}], "reason": "r",
    }  # fmt: skip


def test_a_field_that_a_later_version_adds_is_left() -> None:
    shape = wire.to_json(graded())
    shape["new"] = shape["judge"]["new"] = shape["tokens"]["new"] = shape["verdicts"][0]["new"] = 1
    assert wire.from_json(shape) == graded()


@pytest.mark.parametrize(
    "shape", [{}, {"attempt": "a"}, [], None, {"verdicts": 3}, {**wire.to_json(graded()), "judge": None}]
)
def test_what_is_no_grade_is_named(shape: Any) -> None:
    with pytest.raises(InputError, match="not a grade"):
        wire.from_json(shape)


WRONG = (
    ("score", "0.5"), ("score", True), ("calls", "1"), ("calls", 1.5), ("needs_review", 1), ("cost_usd", "0"),
    ("tokens.prompt", True), ("verdicts.0.credit", "1"), ("verdicts.0.contradicted", "no"),
    ("verdicts.0.confidence", True), ("verdicts.0.evidence.0.start", "3"), ("verdicts.0.reason", 1),
)  # fmt: skip


@pytest.mark.parametrize(("place", "value"), WRONG)
def test_a_field_of_another_type_is_named_with_its_file_and_line_and_not_guessed_at(
    place: str, value: object
) -> None:
    shape = json.loads(json.dumps(wire.to_json(graded())))
    *path, last = place.split(".")
    spot: Any = shape
    for name in path:
        spot = spot[int(name) if name.isdigit() else name]
    spot[last] = value
    field = place.replace("tokens", "usage").replace("cost_usd", "usage.cost_usd")
    with pytest.raises(InputError, match=rf"^run/grades.jsonl:7: not a grade: {re.escape(field)}: "):
        typed.grade(shape, "run/grades.jsonl:7")
