"""Is a judge fit to grade? Eight answers with known labels, graded as any other, and what it misses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from grader import bank
from grader.bank import labels
from grader.bank.labels import Labelled
from grader.engines.local import grade_all
from grader.strategies import Plan
from grader.types import CREDIT, Grade, Judge, Usage

FILE = Path(__file__).with_name("preflight.jsonl")
MOST = 3.0
"""Misses of a judge that is fit. Always covered misses 9.5 of the 16, always missing 6.5, chance 8."""


@dataclass(frozen=True)
class Preflight:
    """How a judge did. `missed`: credit that is wrong, half for a verdict one level off, all when ungraded.

    `given` and `refused`: kinds of answer that got too much credit, and too little.
    """

    points: int
    missed: float
    given: tuple[str, ...]
    refused: tuple[str, ...]
    ungraded: int
    problems: tuple[str, ...]
    usage: Usage

    @property
    def fit(self) -> bool:
        return self.missed <= MOST


@cache
def trials() -> tuple[Labelled, ...]:
    """The eight answers that come with the package: two rubrics, Chinese and English."""
    return tuple(labels.read([FILE], bank.load()))


async def fly(judge: Judge, plan: Plan, *, workers: int) -> Preflight:
    """All eight graded over the real path; credit that no words of the answer support counts as none."""
    strict = replace(plan, unverified="credit_none")
    jobs = [one.job for one in trials()]
    return measured([one async for one in grade_all(jobs, judge, strict, concurrency=workers)])


def measured(grades: Iterable[Grade]) -> Preflight:
    """Grades of the trials against their labels; a grade that is not there is an ungraded one."""
    made = {one.attempt: one for one in grades}
    misses = {one.attempt.id: _misses(one, made.get(one.attempt.id)) for one in trials()}
    every = [miss for some in misses.values() for miss in some]
    named = [(one.kind, misses[one.attempt.id]) for one in trials()]
    return Preflight(
        points=len(every),
        missed=sum(map(abs, every)),
        given=_kinds(kind for kind, some in named if max(some) > 0),
        refused=_kinds(kind for kind, some in named if min(some) < 0),
        ungraded=len(trials()) - sum(not one.ungraded for one in made.values()),
        problems=_kinds(problem for one in made.values() if one.ungraded for problem in one.problems),
        usage=sum((one.usage for one in made.values()), Usage()),
    )


def _misses(trial: Labelled, grade: Grade | None) -> Sequence[float]:
    """By criterion: credit given less credit deserved; -1 where the answer was not graded."""
    given = {one.criterion: one.credit or 0.0 for one in grade.verdicts} if grade else {}
    graded = grade is not None and not grade.ungraded
    return [given[name] - CREDIT[said] if graded else -1.0 for name, said in trial.labels.items()]


def _kinds(some: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(some))
