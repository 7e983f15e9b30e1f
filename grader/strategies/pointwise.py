"""A question a point. In process: one pass over the answer and all its points; elsewhere a call a point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from grader.errors import InputError
from grader.strategies import Asked, Plan, Reading, joint, stack, weighing
from grader.strategies.prompts import fill, prompt_hash
from grader.types import Attempt, Criterion, JudgeRequest, Rubric, digest


def _embedded(plan: Plan) -> bool:
    return plan.endpoint.startswith("embedded")


def _template(rubric: Rubric, plan: Plan) -> str:
    return f"pointwise.{plan.lang or rubric.lang}"


def _fit(rubric: Rubric, plan: Plan) -> stack.Fit:
    return stack.load(stack.named(plan.lang or rubric.lang))


def prompt(rubric: Rubric, plan: Plan) -> str:
    """The words and, in process, the fit that reads what they bring."""
    if not _embedded(plan):
        return joint.prompt(rubric, plan)
    return digest([prompt_hash(_template(rubric, plan)), _fit(rubric, plan).id])


def requests(rubric: Rubric, attempt: Attempt, plan: Plan) -> tuple[JudgeRequest, ...]:
    """In process one decision for all criteria; elsewhere one chat for each."""
    if _embedded(plan):
        return (_decision(rubric, attempt, plan),)
    return tuple(
        request for one in rubric.criteria for request in joint.requests(_only(rubric, one), attempt, plan)
    )


def _decision(rubric: Rubric, attempt: Attempt, plan: Plan) -> JudgeRequest:
    template, fit = _template(rubric, plan), _fit(rubric, plan)
    if fit.about["prompt"] != prompt_hash(template):
        raise InputError(
            f"prompts/{template}.j2 is not the one that the embedded judge was fitted with",
            "undo the change, or fit again: python benchmarks/fit.py",
        )
    return decision(rubric, attempt, plan, fit=fit.id)


def decision(rubric: Rubric, attempt: Attempt, plan: Plan, *, fit: str) -> JudgeRequest:
    """`input` is the attempt and nothing else; `params` hold the words around it, each question a point."""
    template = _template(rubric, plan)
    return JudgeRequest(
        kind="decision",
        model=plan.model,
        endpoint=plan.endpoint,
        input=attempt.text,
        questions=tuple(_question(template, one) for one in rubric.criteria),
        params={
            "system": fill(template, "system"),
            "head": fill(template, "head", title=rubric.title) + "\n\n",
            "open": fill(template, "open") + "\n",
            "close": "\n" + fill(template, "close") + "\n\n",
            "yes": fill(template, "yes"),
            "no": fill(template, "no"),
            "empty": fill(template, "empty"),
            "fit": fit,
        },
    )


def _question(template: str, criterion: Criterion) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "type": "predicate",
        "text": fill(template, "point", claim=criterion.judged, mistakes=criterion.mistakes),
        "claim": criterion.judged,
        "accept": list(criterion.accept),
    }


def read(rubric: Rubric, attempt: Attempt, asked: Asked, plan: Plan) -> Reading:
    """Verdicts by the fit, or, elsewhere, as each reply says."""
    if _embedded(plan):
        [(request, reply)] = asked.pairs
        return weighing.read(rubric, attempt, str(request.params["fit"]), reply, plan.lang or rubric.lang)
    parts = [joint.read(_only(rubric, one), attempt, own, plan) for one, own in _by_criterion(rubric, asked)]
    return Reading(
        verdicts=tuple(verdict for part in parts for verdict in part.verdicts),
        problems=tuple(problem for part in parts for problem in part.problems),
    )


def repair(
    rubric: Rubric, attempt: Attempt, asked: Asked, reading: Reading, plan: Plan
) -> tuple[JudgeRequest, ...]:
    """In process nothing can be malformed; elsewhere each broken reply is asked for once more."""
    if _embedded(plan):
        return ()
    again: list[JudgeRequest] = []
    for one, own in _by_criterion(rubric, asked):
        alone = _only(rubric, one)
        again += joint.repair(alone, attempt, own, joint.read(alone, attempt, own, plan), plan)
    return tuple(again)


def _by_criterion(rubric: Rubric, asked: Asked) -> Iterator[tuple[Criterion, Asked]]:
    """Each criterion with the requests that were about it, and their replies."""
    for one in rubric.criteria:
        own = [pair for pair in asked.pairs if (pair[0].schema or {}).get("required") == [one.id]]
        yield one, Asked(tuple(request for request, _ in own), tuple(reply for _, reply in own))


def _only(rubric: Rubric, criterion: Criterion) -> Rubric:
    return replace(rubric, criteria=(criterion,))
