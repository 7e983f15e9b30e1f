"""What makes a grade the same grade: the attempt's id and text, the rubric, the judge."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache

from grader.strategies import LAYERS, Plan, strategy
from grader.types import Attempt, Rubric

HALF = 16


def number(text: str) -> int:
    """64 bits of the hash of a text, never 0."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big") or 1


def key(rubric: Rubric, attempt: Attempt, plan: Plan) -> str:
    """`<16 hex of the attempt's id>-<16 hex of text, rubric and judge>`."""
    prompt = strategy(plan.strategy).prompt(rubric, plan)
    made_with = "\0".join((attempt.text, rubric.hash, prompt, _judge(plan)))
    return f"{number(attempt.id):016x}-{number(made_with):016x}"


@cache
def _judge(plan: Plan) -> str:
    shape = asdict(plan)
    if plan.layers == LAYERS:
        del shape["layers"]
    if plan.correction:
        del shape["correction"]["rate"]  # only shown, and its id says it
    for name, none in (
        *(("correction", None), ("second", None), ("look_at", None)),
        *(("examples", ()), ("reference", True)),
    ):
        if shape[name] == none:  # so that runs from before there were any go on
            del shape[name]
    return json.dumps(shape, sort_keys=True, default=str)


def halves(text: str | bytes) -> tuple[int, int]:
    """The two numbers of a key; ValueError when it is none."""
    both = int(text[:HALF], 16), int(text[HALF + 1 : 2 * HALF + 1], 16)
    if min(both) < 0:
        raise ValueError(text)
    return both
