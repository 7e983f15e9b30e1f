"""One call an answer: every criterion judged together, reason before quotes before coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from grader.strategies import Asked, Plan, Reading, examples
from grader.strategies.marks import nonce, shown
from grader.strategies.prompts import fill, prompt_hash
from grader.types import Attempt, Criterion, JudgeRequest, Rubric, Verdict
from grader.verdicts import read_reply, schema

SHOWN_REPLY = 1500
SHOWN_PROBLEMS = 8
LONGER = 4


def _lang(rubric: Rubric, plan: Plan) -> str:
    return plan.lang or rubric.lang


def prompt(rubric: Rubric, plan: Plan) -> str:
    """The hash of both templates in the language of the plan, or else of the rubric."""
    lang = _lang(rubric, plan)
    return prompt_hash(f"joint.{lang}", f"repair.{lang}")


def requests(rubric: Rubric, attempt: Attempt, plan: Plan) -> tuple[JudgeRequest, ...]:
    """One chat; the attempt stands last, so that a prompt cache serves all answers to a question."""
    template = f"joint.{_lang(rubric, plan)}"
    words: dict[str, Any] = {
        "title": rubric.title,
        "criteria": rubric.criteria,
        "reference": rubric.reference if plan.reference else "",
        "examples": examples.chosen(plan.examples, rubric, attempt),
        "nonce": nonce(attempt.text),
        "answer": shown(attempt.text),
    }
    request = JudgeRequest(
        model=plan.model,
        endpoint=plan.endpoint,
        messages=(
            {"role": "system", "content": fill(template, "system")},
            {"role": "user", "content": fill(template, "user", **words)},
        ),
        schema=schema(rubric.criteria),
        params={"temperature": 0, "seed": plan.seed, "max_tokens": _room(rubric.criteria)},
    )
    return (request,)


def _room(criteria: Sequence[Criterion]) -> int:
    """Tokens for the reply: three times what a sentence and three quotes a criterion take."""
    return 512 + 384 * len(criteria)


def read(rubric: Rubric, attempt: Attempt, asked: Asked, plan: Plan) -> Reading:
    """The first usable verdict on each criterion among the replies that were asked for it."""
    found: dict[str, Verdict] = {}
    problems: tuple[str, ...] = ()
    forms = dict.fromkeys((attempt.whole or attempt.text, shown(attempt.text)))  # as written, and as judged
    for request, reply in asked.pairs:
        if reply is None:
            continue
        wanted = tuple((request.schema or {})["required"])
        verdicts, problems = read_reply(reply, wanted, *forms)
        found = {**verdicts, **found}
    verdicts = {
        one.id: found.get(one.id, Verdict(criterion=one.id, coverage=None)) for one in rubric.criteria
    }
    return Reading(verdicts=tuple(verdicts.values()), problems=problems)


def repair(
    rubric: Rubric, attempt: Attempt, asked: Asked, reading: Reading, plan: Plan
) -> tuple[JudgeRequest, ...]:
    """The same chat with the reply and what is wrong with it, for the criteria without a verdict."""
    [(request, reply)] = asked.pairs
    open_ids = {one.criterion for one in reading.verdicts if one.coverage is None}
    if reply is None or not open_ids:
        return ()
    wanted = tuple(one for one in rubric.criteria if one.id in open_ids)
    words: dict[str, Any] = {
        "problems": [shown(one) for one in reading.problems[:SHOWN_PROBLEMS]],
        "wanted": [one.id for one in wanted],
    }
    again = fill(f"repair.{_lang(rubric, plan)}", **words)
    room = request.params["max_tokens"] * (LONGER if reply.stop == "length" else 1)
    said = shown(reply.text[:SHOWN_REPLY]).strip() or "(empty)"
    messages = (
        *request.messages,
        {"role": "assistant", "content": said},
        {"role": "user", "content": again},
    )
    params = {**request.params, "max_tokens": room}
    return (replace(request, messages=messages, schema=schema(wanted), params=params),)
