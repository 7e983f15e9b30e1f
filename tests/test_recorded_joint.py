"""Joint calls that a real, small model answered: read, quotes found, what it made up is not believed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from grader.bank import load, read_attempt
from grader.grading import grade_attempt
from grader.strategies import Plan
from grader.types import Grade, Judge
from scripts import record

EMBEDDED = Plan(model="embedded", endpoint="embedded", strategy="joint")


def graded(name: str, judge: Judge) -> Grade:
    """The grade of an example by the recorded replies; scripts/record.py --joint records them anew."""
    attempt = read_attempt(record.ANSWERS / f"{name}.md", question=None)
    return asyncio.run(grade_attempt(load().question(attempt.question).rubric, attempt, judge, EMBEDDED))


def test_every_recorded_joint_call_is_read_at_once(tape: Callable[[Path], Judge]) -> None:
    for name in record.JOINT:
        grade = graded(name, tape(record.JOINT_CASSETTE))
        assert (grade.ungraded, grade.problems, grade.calls) == (False, (), 1)
        assert all(one.coverage and one.reason for one in grade.verdicts)


def test_a_formula_that_the_model_took_from_the_rubric_is_no_quote_of_the_answer(
    tape: Callable[[Path], Judge],
) -> None:
    grade = graded("Q43-anna", tape(record.JOINT_CASSETTE))
    states = {one.criterion: [quote.state for quote in one.evidence] for one in grade.verdicts}
    assert states == {"Q43.1": ["verified"], "Q43.2": ["verified"], "Q43.3": ["unverified"]}
    assert grade.needs_review
