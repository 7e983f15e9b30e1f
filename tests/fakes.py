"""Fakes for every test: plain functions that make nouns and judges."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace as replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from grader.bank.labels import Labelled
from grader.errors import JudgeError
from grader.report.graded import Graded
from grader.runs import key, open_run
from grader.scoring import score
from grader.strategies import Plan
from grader.types import (
    Attempt,
    Criterion,
    Evidence,
    Grade,
    Judge,
    JudgeCard,
    JudgeReply,
    JudgeRequest,
    Question,
    Rubric,
    Usage,
    Verdict,
)


def rubric(**changes: Any) -> Rubric:
    """A rubric of two points, Q1.1 and Q1.2, in English."""
    fields: dict[str, Any] = {
        "question": "Q1",
        "title": "What is the KV cache?",
        "lang": "en",
        "criteria": (
            Criterion(id="Q1.1", text="It stores the keys and values of earlier tokens"),
            Criterion(id="Q1.2", text="Its memory grows linearly with the sequence length"),
        ),
    }
    return Rubric(**{**fields, **changes})


def attempt(text: str = "It keeps keys and values. Memory grows with length.", **changes: Any) -> Attempt:
    """An attempt at Q1."""
    return Attempt(**{"id": "Q1-anna", "question": "Q1", "text": text, **changes})


def plan(**changes: Any) -> Plan:
    """A joint plan for a model that nobody calls."""
    return Plan(**{"model": "fake", "endpoint": "fake", **changes})


def verdict(coverage: str = "covered", *quotes: str, **changes: Any) -> dict[str, Any]:
    """One criterion's verdict as a judge writes it."""
    return {"reason": "r", "quotes": list(quotes), "coverage": coverage, "contradicted": False, **changes}


def reply(verdicts: Mapping[str, Any], **changes: Any) -> str:
    """A whole reply of a judge, as JSON."""
    return json.dumps({**verdicts, **changes}, ensure_ascii=False)


def scripted(
    replies: Iterable[str | JudgeReply | JudgeError], seen: list[JudgeRequest] | None = None
) -> Judge:
    """A judge that gives these replies one after the other and notes the requests in `seen`."""
    waiting = iter(replies)

    async def judge(request: JudgeRequest) -> JudgeReply:
        if seen is not None:
            seen.append(request)
        now = next(waiting)
        if isinstance(now, JudgeError):
            raise now
        if isinstance(now, str):
            return JudgeReply(text=now, stop="stop", usage=Usage(prompt=100, completion=10))
        return now

    return judge


def said(criterion: str, coverage: Any = "covered", **changes: Any) -> Verdict:
    """A verdict on a criterion; None: no verdict."""
    return Verdict(**{"criterion": criterion, "coverage": coverage, "reason": "r", **changes})


def graded(
    score: float | None = 0.5,
    *,
    verdicts: tuple[Verdict, ...] = (said("Q1.1"), said("Q1.2", "missing")),
    model: str = "fake",
    made: Mapping[str, Any] = MappingProxyType({}),
    question: Question | None = None,
    **changes: Any,
) -> Graded:
    """A graded answer to Q1; `made` changes the grade, `changes` the attempt."""
    asked = question or Question(
        id="Q1", title="What is the KV cache?", rubric=rubric(), section="Serving", stars=5
    )
    own = attempt(**{"question": asked.id, "path": "answers/Q1-anna.md", "person": "anna", **changes})
    card = JudgeCard(model=model, strategy="joint", prompt="sha256:p", rubric=asked.rubric.hash)
    fields = {
        "attempt": own.id,
        "question": asked.id,
        "score": score,
        "verdicts": verdicts,
        "judge": card,
        **made,
    }
    return Graded(question=asked, attempt=own, grade=Grade(**fields))


def judged_run(
    folder: Path,
    labelled: Sequence[Labelled],
    choose: Callable[[str, str], tuple[str, float]],
    model: str = "fake",
) -> Path:
    """A run of these answers; `choose` gives coverage and confidence for a criterion and its label."""
    with open_run(folder, {"model": model}) as run:
        for one in labelled:
            verdicts = []
            for criterion in one.rubric.criteria:
                coverage, confidence = choose(criterion.id, one.labels.get(criterion.id, "missing"))
                verdicts.append(said(criterion.id, coverage, confidence=confidence))
            card = JudgeCard(model=model, strategy="joint", prompt="sha256:p", rubric=one.rubric.hash)
            grade = Grade(
                attempt=one.attempt.id, question=one.rubric.question, score=score(one.rubric, verdicts),
                verdicts=tuple(verdicts), judge=card, calls=1, usage=Usage(prompt=100, cost_usd=0.001),
            )  # fmt: skip
            run.add(key(one.rubric, one.attempt, plan(model=model)), grade, one.attempt, one.rubric)
    return folder


def verdict_evidence(text: str) -> Evidence:
    """The whole text as a quote that was found."""
    return Evidence(quote=text, start=0, end=len(text), state="verified")


def knows(prompt: str, trials: Iterable[Labelled], **changes: Any) -> str:
    """The reply of a judge that has the labels of these answers; `changes` to each of its verdicts.

    An answer is known by its first ten characters; its quote is the whole answer.
    """
    [one] = [trial for trial in trials if f"\n{trial.attempt.text[:10]}" in prompt]
    text = one.attempt.text.partition("\n")[0]
    return reply({name: {**verdict(said, text), **changes} for name, said in one.labels.items()})
