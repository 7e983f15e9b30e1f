"""Many attempts on this machine: some at the same time, each grade as soon as it is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass

from grader.bank.rounds import Job
from grader.errors import BudgetSpent, CassetteMiss
from grader.grading import card, grade_attempt
from grader.strategies import Plan
from grader.types import Grade, Judge, JudgeReply, JudgeRequest


@dataclass(frozen=True)
class Outcome:
    """A job with its grade; `misses` holds what a cassette had no recording for."""

    job: Job
    grade: Grade
    missed: CassetteMiss | None = None


class Stop:
    """Asked to stop: no job is begun any more, those in flight are finished. `why` is shown to the user."""

    def __init__(self) -> None:
        self.why = ""

    def __bool__(self) -> bool:
        return bool(self.why)

    def because(self, why: str) -> None:
        """Stop for that reason; the first one stays."""
        self.why = self.why or why


Forget = Callable[[JudgeRequest], None]


async def grade_all(
    jobs: Iterable[Job], judge: Judge, plan: Plan, *, concurrency: int = 8, stop: Stop | None = None
) -> AsyncIterator[Grade]:
    """The grades, in the order in which they are ready."""
    async for outcome in graded(jobs, judge, plan, workers=concurrency, stop=stop):
        yield outcome.grade


async def graded(
    jobs: Iterable[Job],
    judge: Judge,
    plan: Plan,
    *,
    workers: int = 8,
    stop: Stop | None = None,
    forget: Forget | None = None,
) -> AsyncIterator[Outcome]:
    """The same with the jobs. `jobs` is read as it is needed, so that it may be longer than memory.

    `forget` is told of requests whose kept reply was of no use; the answer is then asked again once.
    Cancelling ends the calls in flight. An exception that is not a JudgeError ends everything.
    """
    stop = stop if stop is not None else Stop()
    ready: asyncio.Queue[Outcome | BaseException | None] = asyncio.Queue(maxsize=2 * workers)
    line = iter(jobs)
    tasks: list[asyncio.Task[None]] = []
    try:
        for _ in range(workers):
            tasks.append(asyncio.create_task(_work(line, judge, plan, ready, stop, forget)))
            await asyncio.sleep(0)  # the first requests are on their way while the others are written
        left = len(tasks)
        while left:
            outcome = await ready.get()
            if outcome is None:
                left -= 1
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                yield outcome
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _work(
    line: Iterator[Job],
    judge: Judge,
    plan: Plan,
    ready: asyncio.Queue[Outcome | BaseException | None],
    stop: Stop,
    forget: Forget | None,
) -> None:
    end: BaseException | None = None
    try:
        while not stop and (job := next(line, None)) is not None:
            try:
                await ready.put(await _outcome(job, judge, plan, forget))
            except BudgetSpent as error:
                stop.because(error.message)
    except BaseException as error:  # noqa: BLE001  carried to the one who waits, who raises it
        end = error
    await ready.put(end)


async def _outcome(job: Job, judge: Judge, plan: Plan, forget: Forget | None) -> Outcome:
    asked: list[JudgeRequest] = []
    kept = False

    async def noting(request: JudgeRequest) -> JudgeReply:
        nonlocal kept
        reply = await judge(request)
        for _ in range(2):  # requests that waited for this place are sent before this reply is worked on
            await asyncio.sleep(0)
        asked.append(request)
        kept = kept or reply.recorded
        return reply

    try:
        grade = await grade_attempt(job.rubric, job.attempt, noting, plan)
        if grade.ungraded and asked and forget is not None:
            for request in asked:
                forget(request)
            if kept:
                grade = await grade_attempt(job.rubric, job.attempt, judge, plan)
    except CassetteMiss as error:
        return Outcome(job, ungraded(job, plan, error.message), error)
    return Outcome(job, grade)


def ungraded(job: Job, plan: Plan, why: str) -> Grade:
    """The grade of an answer that no judge was asked about."""
    return Grade(
        attempt=job.attempt.id,
        question=job.rubric.question,
        score=None,
        verdicts=(),
        judge=card(job.rubric, plan),
        problems=(why,),
    )
