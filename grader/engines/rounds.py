"""A round into a run: what is done is skipped, every grade is written as soon as it is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace

from grader.bank.rounds import Job
from grader.bank.tables import Refused
from grader.engines.local import Forget, Outcome, Stop, graded
from grader.runs import Run
from grader.runs.keys import key
from grader.strategies import Plan
from grader.types import Judge

SYNC_EVERY = 0.2
"""Seconds. Killing the process loses nothing that was written; a power cut at most this."""


async def grade_round(
    found: Iterable[Job | Refused],
    run: Run,
    judge: Judge,
    plan: Plan,
    *,
    workers: int,
    stop: Stop,
    forget: Forget | None = None,
) -> AsyncIterator[Outcome]:
    """Each outcome after it was written. What was graded before doesn't come again."""
    syncing = asyncio.create_task(_keep_syncing(run))
    try:
        async for outcome in graded(
            _open(found, run, plan), judge, plan, workers=workers, stop=stop, forget=forget
        ):
            job, outcome = outcome.job, _noted(outcome)
            run.add(key(job.rubric, job.attempt, plan), outcome.grade, job.attempt, job.rubric)
            yield outcome
    finally:
        syncing.cancel()
        await asyncio.gather(syncing, return_exceptions=True)
    await run.sync()


def _noted(outcome: Outcome) -> Outcome:
    """With a word on a rubric that neither the bank nor the user chose: people look at such a grade."""
    grade, note = outcome.grade, outcome.job.note
    noted = replace(grade, problems=(*grade.problems, note), needs_review=True)
    return replace(outcome, grade=noted) if note else outcome


def _open(found: Iterable[Job | Refused], run: Run, plan: Plan) -> Iterator[Job]:
    for one in found:
        if isinstance(one, Job) and not run.is_done(key(one.rubric, one.attempt, plan)):
            yield one


async def _keep_syncing(run: Run) -> None:
    while True:
        await asyncio.sleep(SYNC_EVERY)
        await run.sync()
