"""Eight labelled answers tell a judge that can judge from one that can't."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from grader.trials.preflight import MOST, Preflight, fly, measured, trials
from grader.types import CREDIT, Coverage, Grade, JudgeReply, JudgeRequest
from tests import fakes


def flown(**changes: Any) -> Preflight:
    async def judge(request: JudgeRequest) -> JudgeReply:
        return JudgeReply(text=fakes.knows(request.messages[1]["content"], trials(), **changes), stop="stop")

    return asyncio.run(fly(judge, fakes.plan(), workers=8))


def said(choose: Callable[[], Coverage]) -> Preflight:
    """The preflight of a judge that answers so, whatever it is asked."""
    grades = []
    for one in trials():
        verdicts = [fakes.said(name, coverage := choose(), credit=CREDIT[coverage]) for name in one.labels]
        made = fakes.graded(verdicts=tuple(verdicts)).grade
        grades.append(fakes.replace(made, attempt=one.attempt.id))
    return measured(grades)


def test_there_are_eight_answers_in_two_languages_of_every_kind() -> None:
    assert len(trials()) == 8
    assert {one.lang for one in trials()} == {"zh", "en"}
    kinds = {one.kind for one in trials()}
    assert kinds == {"full", "half", "false", "keywords", "nothing", "attack"}


def test_a_judge_that_knows_the_labels_is_fit() -> None:
    made = flown()
    assert made.fit
    assert (made.points, made.missed, made.given, made.refused, made.ungraded) == (16, 0.0, (), (), 0)


@pytest.mark.parametrize("always", ["covered", "partial", "missing"])
def test_a_judge_that_always_says_the_same_is_unfit(always: Coverage) -> None:
    assert not said(lambda: always).fit
    assert said(lambda: always).missed > 2 * MOST


@pytest.mark.parametrize("levels", [("covered", "partial", "missing"), ("covered", "missing")])
def test_a_judge_that_answers_at_random_is_unfit(levels: tuple[Coverage, ...]) -> None:
    dice = random.Random(0)
    assert sum(said(lambda: dice.choice(levels)).fit for _ in range(500)) <= 5


def test_a_judge_whose_quotes_are_invented_earns_its_answers_nothing_and_is_unfit() -> None:
    made = flown(quotes=["words that stand in none of the answers"])
    assert not made.fit
    assert made.refused == ("full", "half")


def test_who_is_never_graded_misses_every_point_and_says_why() -> None:
    made = flown(coverage="great")
    assert (made.missed, made.ungraded, made.fit) == (16.0, 8, False)
    assert any("great" in one for one in made.problems)


def test_an_answer_that_was_not_reached_counts_as_missed() -> None:
    made = measured(tuple[Grade]())
    assert (made.missed, made.ungraded) == (16.0, 8)
