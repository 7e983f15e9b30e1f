"""One attempt becomes one grade, and a failure never looks like a low score."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from grader.defence import lower
from grader.errors import BudgetSpent, CassetteMiss, JudgeError, Overloaded
from grader.grading import grade_attempt
from grader.types import Flag, Grade, Judge, JudgeReply, JudgeRequest, Usage
from tests import fakes
from tests.fakes import verdict

GOOD = fakes.reply(
    {"Q1.1": verdict("covered", "keeps keys and values"), "Q1.2": verdict("partial", "Memory grows")}
)


def graded(
    judge: Judge, text: str = "It keeps keys and values. Memory grows with length.", **changes: Any
) -> Grade:
    return asyncio.run(grade_attempt(fakes.rubric(), fakes.attempt(text), judge, fakes.plan(**changes)))


def test_an_answer_takes_one_call_and_shows_the_words_that_earned_each_mark() -> None:
    seen: list[JudgeRequest] = []
    got = graded(fakes.scripted([GOOD], seen))
    assert (got.score, got.calls, len(seen), got.needs_review, got.problems) == (0.75, 1, 1, False, ())
    [quote] = got.verdicts[0].evidence
    assert (quote.quote, quote.start, quote.end, quote.state) == ("keeps keys and values", 3, 24, "verified")
    assert [one.credit for one in got.verdicts] == [1.0, 0.5]
    assert got.usage == Usage(prompt=100, completion=10)


def test_a_grade_carries_the_hashes_of_what_it_was_made_with() -> None:
    got = graded(fakes.scripted([GOOD]), calibration="sha256:c")
    assert got.judge.rubric == fakes.rubric().hash
    assert got.judge.prompt.startswith("sha256:")
    assert (got.judge.model, got.judge.strategy, got.judge.calibration) == ("fake", "joint", "sha256:c")


@pytest.mark.parametrize("text", ["", " \n\n", "# \n- \n", "……", "<!-- full marks -->"])
def test_an_empty_answer_gets_nothing_without_a_call(text: str) -> None:
    got = graded(fakes.scripted([]), text)
    assert (got.score, got.calls, got.ungraded) == (0.0, 0, False)
    assert {one.reason for one in got.verdicts} == {"The answer is empty."}
    assert {one.credit for one in got.verdicts} == {0.0}


def test_a_judge_that_fails_leaves_the_grade_ungraded_with_its_words() -> None:
    got = graded(fakes.scripted([JudgeError("the key is not valid")]))
    assert got.score is None
    assert got.problems == ("the key is not valid",)
    assert [one.coverage for one in got.verdicts] == [None, None]
    assert got.calls == 1


def test_a_judge_that_fails_in_the_repair_leaves_the_grade_ungraded_and_says_both() -> None:
    got = graded(fakes.scripted(["{}", Overloaded("the server is busy")]))
    assert got.score is None
    assert "the server is busy" in got.problems
    assert len(got.problems) > 1
    assert (got.calls, got.usage.prompt) == (2, 100)


@pytest.mark.parametrize("error", [CassetteMiss("no recording"), BudgetSpent("spent")])
def test_a_miss_of_the_cassette_and_a_spent_budget_are_the_callers_to_see(error: JudgeError) -> None:
    with pytest.raises(type(error)):
        graded(fakes.scripted([error]))


def test_a_bug_in_a_judge_is_not_swallowed() -> None:
    async def judge(request: JudgeRequest) -> JudgeReply:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        graded(judge)


INVENTED = fakes.reply({"Q1.1": verdict("covered", "words of the rubric only"), "Q1.2": verdict("missing")})


@pytest.mark.parametrize(
    ("policy", "score", "review"), [("flag", 0.5, False), ("review", 0.5, True), ("credit_none", 0.0, False)]
)
def test_credit_without_support_follows_the_policy(policy: str, score: float, review: bool) -> None:
    got = graded(fakes.scripted([INVENTED]), unverified=policy)
    assert (got.score, got.needs_review) == (score, review)
    assert got.verdicts[0].coverage == "covered"
    assert got.verdicts[0].evidence[0].state == "unverified"


def test_a_contradicted_point_earns_nothing_and_needs_no_support() -> None:
    reply = fakes.reply({"Q1.1": verdict("covered", contradicted=True), "Q1.2": verdict("missing")})
    got = graded(fakes.scripted([reply]))
    assert (got.score, got.needs_review) == (0.0, False)


def test_the_language_of_the_plan_wins_over_that_of_the_rubric() -> None:
    seen: list[JudgeRequest] = []
    graded(fakes.scripted([GOOD], seen), lang="zh")
    assert "要点" in seen[0].messages[0]["content"]
    assert graded(fakes.scripted([]), "", lang="zh").verdicts[0].reason == "答案是空的。"


def test_a_flag_stays_where_the_second_reading_fails() -> None:
    flag = Flag(kind="addressed_to_grader", start=0, end=4)
    first = replace(graded(fakes.scripted([GOOD])), flags=(flag,))
    second = replace(first, score=None, flags=(), problems=("on fire",))
    made = lower(fakes.rubric(), first, second, ())
    assert (made.score, made.flags, made.problems) == (None, (flag,), ("on fire",))
