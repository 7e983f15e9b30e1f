"""Answers that people labelled, shown before the one that is to be graded: which ones, and how. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader import signals
from grader.strategies.marks import nonce, shown
from grader.types import Attempt, Rubric

MOST = 2
LONGEST = 600
"""Characters of an answer that may be shown: an example costs its tokens in every call."""
ALIKE = 0.3
"""Share of words in common from which on two answers may be versions of one; written apart, answers share
up to .16 (interview_train)."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """`said`: coverage, and whether it was contradicted, by the words that a criterion is judged by."""

    question: str
    attempt: str
    text: str
    said: tuple[tuple[str, str], ...]
    person: str = ""


def ranked(examples: Sequence[Example]) -> tuple[Example, ...]:
    """Those of more levels first, of these the shorter ones: the same order for every answer."""
    return tuple(
        sorted(examples, key=lambda one: (-len({said for _, said in one.said}), len(one.text), one.text))
    )


def chosen(examples: Sequence[Example], rubric: Rubric, attempt: Attempt) -> list[dict[str, Any]]:
    """Up to two for a prompt, the second as unlike the first as there are; never one by the same person."""
    points = {one.judged: one for one in rubric.criteria}
    wanted = {words for words, one in points.items() if not one.optional}
    fitting = [
        one
        for one in examples
        if one.question == rubric.question and wanted <= dict(one.said).keys() and not _own(one, attempt)
    ]
    if fitting:
        rest = sorted(fitting[1:], key=lambda one: -len(set(one.said) - set(fitting[0].said)))
        fitting = [fitting[0], *rest][:MOST]
    return [
        {
            "nonce": nonce(one.text),
            "text": shown(one.text),
            "said": ", ".join(f"{points[words].id} {said}" for words, said in one.said if words in points),
        }
        for one in fitting
    ]


def _own(one: Example, attempt: Attempt) -> bool:
    """The same answer, or what may be an earlier version of it."""
    if one.attempt == attempt.id or (one.person and one.person == attempt.person):
        return True
    mine, other = signals.grams(attempt.text), signals.grams(one.text)
    return mine == other or len(mine & other) >= ALIKE * max(1, len(mine | other))
