"""One decision request an answer: coverage, contradiction and evidence of every criterion, typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from grader import signals
from grader.errors import InputError
from grader.strategies import Asked, Plan, Reading
from grader.strategies.marks import nonce, shown
from grader.strategies.odds import Odds, distribution, verdict
from grader.strategies.prompts import fill, prompt_hash
from grader.types import Attempt, Coverage, Criterion, JudgeRequest, Rubric, Verdict

LEVELS: tuple[Coverage, ...] = ("missing", "partial", "covered")
MOST_CRITERIA = 42
"""Three questions each: the endpoints take 128 in one request."""
MOST_SENTENCES = 200
"""Some endpoints take 208 options of a choice."""

assert set(LEVELS) == set(get_args(Coverage))


def _template(rubric: Rubric, plan: Plan) -> str:
    return f"decision.{plan.lang or rubric.lang}"


def prompt(rubric: Rubric, plan: Plan) -> str:
    """The hash of the template in the language of the plan, or else of the rubric."""
    return prompt_hash(_template(rubric, plan))


def requests(rubric: Rubric, attempt: Attempt, plan: Plan) -> tuple[JudgeRequest, ...]:
    """One request; more only for a rubric of more criteria than an endpoint takes questions for."""
    if plan.endpoint.startswith("embedded"):
        raise InputError(
            "the embedded model answers no decision request",
            "leave --strategy out: its own way is a decision a point already",
        )
    template, spans = _template(rubric, plan), sentences(attempt.text)
    said = fill(
        template,
        "input",
        title=rubric.title,
        nonce=nonce(attempt.text),
        sentences=[" ".join(shown(attempt.text[start:end]).split()) for start, end in spans],
    )
    starts = range(0, len(rubric.criteria), MOST_CRITERIA)
    return tuple(
        JudgeRequest(
            kind="decision",
            model=plan.model,
            endpoint=plan.endpoint,
            input=said,
            questions=tuple(
                question
                for one in rubric.criteria[start : start + MOST_CRITERIA]
                for question in _questions(template, one, len(spans))
            ),
        )
        for start in starts
    )


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of what evidence can point at; neighbours are taken together where there are too many."""
    spans = signals.quotable(text) or [(0, len(text))]
    step = -(-len(spans) // MOST_SENTENCES)
    return [(spans[at][0], spans[min(at + step, len(spans)) - 1][1]) for at in range(0, len(spans), step)]


def _questions(template: str, point: Criterion, count: int) -> tuple[Mapping[str, Any], ...]:
    options: dict[str, str] = {str(number): "" for number in range(1, count + 1)}
    options["none"] = fill(template, "none")
    asked: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("coverage", "score", {"options": {level: fill(template, level) for level in LEVELS}}),
        ("contradicted", "predicate", {}),
        ("evidence", "choice", {"options": options}),
    )
    return tuple(
        {"id": f"{point.id}/{name}", "type": kind, "text": fill(template, name, point=point), **more}
        for name, kind, more in asked
    )


def read(rubric: Rubric, attempt: Attempt, asked: Asked, plan: Plan) -> Reading:
    """Verdicts from probabilities; None where those of coverage or contradiction can't be used."""
    answers: dict[str, Odds] = {}
    questions: dict[str, Mapping[str, Any]] = {}
    for request, reply in asked.pairs:
        if reply is not None:
            answers.update(reply.answers)
            questions.update({one["id"]: one for one in request.questions})
    spans, lang = sentences(attempt.text), plan.lang or rubric.lang
    verdicts: list[Verdict] = []
    problems: list[str] = []
    for one in rubric.criteria:
        odds, wrong = _odds(one, questions, answers)
        problems += wrong
        whole = odds.keys() >= {"coverage", "contradicted"}
        empty = Verdict(criterion=one.id, coverage=None)
        verdicts.append(verdict(one, odds, attempt.text, spans, lang) if whole else empty)
    return Reading(verdicts=tuple(verdicts), problems=tuple(problems))


def _odds(
    point: Criterion, asked: Mapping[str, Mapping[str, Any]], answers: Mapping[str, Odds]
) -> tuple[dict[str, Odds], list[str]]:
    """The usable probabilities by question, and a sentence for each that is not."""
    odds: dict[str, Odds] = {}
    problems: list[str] = []
    for name in ("coverage", "contradicted", "evidence"):
        question = asked.get(f"{point.id}/{name}")
        if question is None:
            continue
        found = distribution(answers.get(question["id"], {}), question.get("options", ("yes", "no")))
        if isinstance(found, str):
            problems.append(f"{point.id}: its {name} question has {found}.")
        else:
            odds[name] = found
    return odds, problems


def repair(
    rubric: Rubric, attempt: Attempt, asked: Asked, reading: Reading, plan: Plan
) -> tuple[JudgeRequest, ...]:
    """Nothing: a decision model that is asked the same again says the same."""
    return ()
