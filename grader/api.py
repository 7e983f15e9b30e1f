"""Grading from Python: `grade` for one answer, `grade_all` for many, with the command line's settings."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import InputError
from grader.strategies import Plan, resolve
from grader.types import Attempt, Grade, Judge, Rubric

if TYPE_CHECKING:
    from grader.config import Choice, Settings
    from grader.strategies.examples import Example


def grade(
    answer: Attempt | str, rubric: Rubric | str = "", *, judge: Judge | None = None, **settings: object
) -> Grade:
    """The grade of one answer. Works where an event loop runs already, too.

    `answer` is an Attempt or the answer's text; `rubric` a Rubric, the id of a bank question, or "" for
    the attempt's own question. `settings` are those of the command line (model, api_base, strategy, cassette,
    mode, lang, seed, bank ...); what is not set comes from GRADE_* variables and grade.toml. `judge` is any
    async function from JudgeRequest to JudgeReply, instead of a model.
    Raises InputError, and CassetteMiss in replay; a judge that fails leaves the grade ungraded.
    """
    return _run(_grade(answer, rubric, judge, settings))


async def grade_all(
    answers: Iterable[Attempt],
    rubric: Rubric | str = "",
    *,
    judge: Judge | None = None,
    **settings: object,
) -> AsyncIterator[Grade]:
    """The grades of many answers, in the order in which they are ready; arguments as for `grade`."""
    from grader.bank.rounds import Job
    from grader.engines import local

    chosen = _settings(settings)
    found = cache(lambda asked: _rubric(asked, chosen))  # each rubric is read once
    jobs = (Job(one, found(rubric or one.question)) for one in answers)
    plan, opened = _judge(judge, chosen)
    async with opened as asked:
        async for made in local.grade_all(jobs, asked, plan, concurrency=chosen.concurrency):
            yield made


async def _grade(
    answer: Attempt | str, rubric: Rubric | str, judge: Judge | None, settings: dict[str, object]
) -> Grade:
    from grader.grading import grade_attempt

    chosen = _settings(settings)
    question = rubric.question if isinstance(rubric, Rubric) else rubric
    attempt = Attempt(id=question, question=question, text=answer) if isinstance(answer, str) else answer
    whole = _rubric(rubric or attempt.question, chosen)
    plan, opened = _judge(judge, chosen)
    async with opened as asked:
        return await grade_attempt(whole, attempt, asked, plan)


def plan_for(settings: Settings, choice: Choice) -> Plan:
    """The plan that these settings and this model make."""
    from grader import judges

    endpoint = judges.endpoint(settings, choice)
    way = resolve(settings.strategy, endpoint)
    others = (*settings.jury, *([settings.looker] if settings.looker else []))
    if others and settings.max_cost is not None:
        raise InputError(
            f"--max-cost can't be kept with {', '.join(others)}: other models have other prices",
            "leave out one of --max-cost, --jury and --looks",
        )
    at = {one: judges.endpoint(settings, replace(choice, model=one, endpoint="")) for one in others}
    large = way == "joint" and not endpoint.startswith("embedded")
    chats = way == "joint" or (way == "pointwise" and not endpoint.startswith("embedded"))
    return Plan(
        model=choice.model,
        endpoint=endpoint,
        strategy=way,
        samples=settings.samples,
        jury=tuple((one, at[one]) for one in settings.jury if one != choice.model),
        looks=large and settings.looks != "off",
        second=(settings.looker, at[settings.looker]) if large and settings.looker else None,
        lang=settings.lang,
        seed=settings.seed,
        unverified=settings.unverified or Plan.unverified,
        examples=_examples(settings) if large else (),
        reference=settings.reference == "on" or not chats,
    )


def _examples(settings: Settings) -> tuple[Example, ...]:
    if settings.examples is None:
        return ()
    from grader import bank
    from grader.bank import labels

    return labels.examples(labels.read([settings.examples], bank.load(settings.bank)))


def _settings(given: dict[str, object]) -> Settings:
    from grader import config

    known = {one.name for one in fields(config.Settings)}
    if unknown := sorted(given.keys() - known):
        raise InputError(f"{', '.join(unknown)}: no such setting", f"known are {', '.join(sorted(known))}")
    return config.load(given, cwd=Path.cwd(), environ=os.environ)


def _rubric(rubric: Rubric | str, settings: Settings) -> Rubric:
    if isinstance(rubric, Rubric):
        if rubric.flaw:
            raise InputError(f"the rubric of {rubric.question}: {rubric.flaw}", "see help(grader.Criterion)")
        return rubric
    if not rubric:
        raise InputError("the answer names no question", 'give a Rubric or a question: grade(text, "Q43")')
    from grader import bank

    return bank.load(settings.bank).question(rubric).rubric


def _judge(judge: Judge | None, settings: Settings) -> tuple[Plan, AbstractAsyncContextManager[Judge]]:
    """The plan, and the judge that was given or that the settings choose, to be opened."""
    from grader import config, judges
    from grader.calibration import found

    if judge is not None:
        given = config.Choice(model=settings.model or "custom", endpoint="custom", why="given by the caller")
        return plan_for(settings, given), nullcontext(judge)
    choice = config.choose_model(settings, os.environ)
    plan = plan_for(settings, choice)
    fixed = replace(plan, correction=found.look(settings.calibration, plan, Path.cwd()).correction)
    return fixed, judges.connect(settings, choice)


def _run(work: Coroutine[Any, Any, Grade]) -> Grade:
    """The outcome; in a notebook, whose loop runs already, by a thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
