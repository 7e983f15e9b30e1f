"""READ FIRST: one attempt becomes one grade, in eight steps (1 bank and 8 report lie outside)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from grader import addressed, defence, evidence, scoring
from grader.errors import BudgetSpent, CassetteMiss, JudgeError
from grader.strategies import Asked, Plan, Reading, looks, strategy
from grader.strategies.correction import corrected, doubtful, voided
from grader.types import (
    Attempt,
    Grade,
    Judge,
    JudgeCard,
    JudgeReply,
    JudgeRequest,
    Rubric,
    Usage,
    Verdict,
)

EMPTY = {"en": "The answer is empty.", "zh": "答案是空的。"}
ADDRESSED = {
    "en": "Nothing is left of the answer beside text that is addressed to the grader.",
    "zh": "除去写给评分者的文字，答案里什么也没有。",
}
_T = TypeVar("_T")


async def grade_attempt(rubric: Rubric, attempt: Attempt, judge: Judge, plan: Plan) -> Grade:
    """The grade, or an ungraded one that says why. Of JudgeErrors only CassetteMiss and BudgetSpent rise."""
    made_with = card(rubric, plan)  # 2: the rubric is here, its hash goes into the card
    seen = defence.shown(rubric, attempt.text, plan.layers)
    once = replace(plan, looks=plan.looks and not seen.bare)
    grade = replace(await _graded(rubric, attempt, seen.kept, judge, once, made_with), flags=seen.flags)
    for number, (bare, suspects) in enumerate(seen.bare, 1):
        if grade.score:  # the lower credit counts: only what may lower it is looked at, in the last reading
            last = number == len(seen.bare)
            anew = replace(plan, look_at=defence.at_stake(rubric, grade), looks=plan.looks and last)
            again = await _graded(rubric, attempt, bare, judge, anew, made_with)
            grade = defence.lower(rubric, grade, again, suspects)
    if grade.score and seen.whole:  # it could be an answer, and it could be an order: for people to look at
        grade = replace(grade, flags=tuple(dict.fromkeys((*grade.flags, *seen.whole))))
    review = grade.needs_review or (bool(grade.flags) and plan.flagged == "review")
    return replace(grade, needs_review=review)


async def _graded(
    rubric: Rubric, attempt: Attempt, kept: addressed.Kept, judge: Judge, plan: Plan, made_with: JudgeCard
) -> Grade:
    """What is kept of the attempt, judged and scored."""
    if evidence.is_empty(kept.text):
        return _empty(rubric, attempt, plan, made_with)
    attempt = replace(attempt, text=kept.text, whole=attempt.text)
    asked, reading = await _opinions(rubric, attempt, kept, judge, plan)
    verdicts = reading.verdicts
    if plan.correction and made_with.calibration == plan.correction.id:
        moved = corrected(plan.correction, rubric, attempt, verdicts, plan.lang or rubric.lang)
        verdicts = tuple(_settled(one, kept, plan) for one in moved)
    verdicts = tuple(map(kept.placed, verdicts))
    return _scored(rubric, attempt, plan, made_with, asked, replace(reading, verdicts=verdicts))  # 7


async def _opinions(
    rubric: Rubric, attempt: Attempt, kept: addressed.Kept, judge: Judge, plan: Plan
) -> tuple[Asked, Reading]:
    """What all first calls say together, and where that is doubtful, what a second look says."""
    wanted = looks.opinions(rubric, plan)
    heard = await _all([_judged(some, attempt, kept, judge, how) for some, how in wanted])
    said = [(how.model, reading) for (_, how), (_, reading) in zip(wanted, heard, strict=True)]
    reading = looks.vote(rubric, said, plan.lang)
    asked = _together(
        [_of(how.model, one) if plan.jury else one for (_, how), (one, _) in zip(wanted, heard, strict=True)]
    )
    doubted = looks.doubts(rubric, attempt, reading.verdicts, plan) if plan.looks else {}
    if not doubted:
        return asked, reading
    alone = looks.again(rubric, doubted, plan)
    later = await _all([_judged(one, attempt, kept, judge, anew) for one, anew in alone])
    settled = looks.settle(rubric, reading, [said for _, said in later], plan)
    return _together([asked, *(more for more, _ in later)]), settled


async def _judged(
    rubric: Rubric, attempt: Attempt, kept: addressed.Kept, judge: Judge, plan: Plan
) -> tuple[Asked, Reading]:
    """One opinion, its quotes found: ask, read, and once more where a reply can't be used."""
    way = strategy(plan.strategy)
    asked = await _ask(way.requests(rubric, attempt, plan), judge, Asked())  # 3, 4
    reading = way.read(rubric, attempt, asked, plan)  # 5
    again = way.repair(rubric, attempt, asked, reading, plan)
    if again:
        asked = await _ask(again, judge, asked)
        reading = way.read(rubric, attempt, asked, plan)
    verdicts = tuple(_settled(one, kept, plan) for one in reading.verdicts)  # 6
    return asked, replace(reading, verdicts=verdicts)


def _of(model: str, asked: Asked) -> Asked:
    """With the failing juror's name before its words: an endpoint may serve several."""
    return replace(asked, failures=tuple(f"{model}: {one}" for one in asked.failures))


def _together(some: Sequence[Asked]) -> Asked:
    return Asked(
        tuple(one for each in some for one in each.requests),
        tuple(one for each in some for one in each.replies),
        tuple(dict.fromkeys(one for each in some for one in each.failures)),
    )


def card(rubric: Rubric, plan: Plan) -> JudgeCard:
    """What a grade of that rubric by that plan is made with."""
    made = JudgeCard(
        model=plan.model,
        strategy=looks.named(plan),
        prompt=strategy(plan.strategy).prompt(rubric, plan),
        rubric=rubric.hash,
        calibration=plan.calibration,
    )
    if plan.correction and not voided(plan.correction, made, rubric.question):
        return replace(made, calibration=plan.correction.id)
    return made


async def _ask(requests: Sequence[JudgeRequest], judge: Judge, before: Asked) -> Asked:
    """All requests at once, after those `before`."""
    outcomes = await _all([_reply(one, judge) for one in requests])
    replies = tuple(one if isinstance(one, JudgeReply) else None for one in outcomes)
    failures = tuple(one for one in outcomes if isinstance(one, str))
    return Asked(
        (*before.requests, *requests),
        (*before.replies, *replies),
        tuple(dict.fromkeys((*before.failures, *failures))),
    )


async def _all(some: Sequence[Coroutine[Any, Any, _T]]) -> Sequence[_T]:
    """What they return, run at the same time; one alone needs no task."""
    return [await some[0]] if len(some) == 1 else await asyncio.gather(*some)


async def _reply(request: JudgeRequest, judge: Judge) -> JudgeReply | str:
    """The reply, or the words of the failure."""
    try:
        return await judge(request)
    except (BudgetSpent, CassetteMiss):
        raise
    except JudgeError as error:
        return f"{error.message}; {error.hint}" if error.hint else error.message


def _settled(verdict: Verdict, kept: addressed.Kept, plan: Plan) -> Verdict:
    """The verdict with its quotes found in what was judged, and its credit."""
    found = (
        one if one.start is not None else evidence.locate(one.quote, kept.text) for one in verdict.evidence
    )
    given = verdict.credit if verdict.credit is not None else scoring.credit(verdict)
    verdict = replace(verdict, evidence=tuple(map(kept.unbroken, found)), credit=given)
    if plan.unverified == "credit_none" and scoring.unsupported(verdict):
        return replace(verdict, credit=0.0)
    return verdict


def _scored(
    rubric: Rubric, attempt: Attempt, plan: Plan, card: JudgeCard, asked: Asked, reading: Reading
) -> Grade:
    score = scoring.score(rubric, reading.verdicts)
    problems = (*asked.failures, *reading.problems)
    if score is None and not problems:
        problems = ("The rubric has no criterion that counts.",)
    doubted = plan.unverified == "review" and any(map(scoring.unsupported, reading.verdicts))
    if plan.correction and card.calibration == plan.correction.id:
        doubted = doubted or doubtful(plan.correction, rubric, reading.verdicts)
    doubted = doubted or reading.review
    answered = [one for one in asked.replies if one is not None]
    return Grade(
        attempt=attempt.id,
        question=rubric.question,
        score=score,
        verdicts=reading.verdicts,
        judge=card,
        problems=problems,
        needs_review=doubted,
        calls=len(asked.replies),
        usage=sum((one.usage for one in answered), Usage()),
    )


def _empty(rubric: Rubric, attempt: Attempt, plan: Plan, card: JudgeCard) -> Grade:
    """Nothing was said, so nothing is covered: no judge has to be asked."""
    said = EMPTY if evidence.is_empty(attempt.text) else ADDRESSED
    reason = said[plan.lang or rubric.lang]
    verdicts = tuple(
        Verdict(criterion=one.id, coverage="missing", reason=reason, confidence=1.0, credit=0.0)
        for one in rubric.criteria
    )
    return Grade(
        attempt=attempt.id,
        question=rubric.question,
        score=scoring.score(rubric, verdicts),
        verdicts=verdicts,
        judge=card,
    )
