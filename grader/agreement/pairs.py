"""What agreement is counted on: a label beside a verdict, a labelled score beside a judged one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from grader.types import Coverage

LEVEL: Mapping[str, int] = {"missing": 0, "partial": 1, "covered": 2}
NAMES: tuple[Coverage, ...] = ("missing", "partial", "covered")
QUESTIONS = 5
"""From as many on whole questions are drawn. Simulated 95 % intervals from three questions held the truth in
69 to 78 %, from their answers in 83 to 93 %."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A person's coverage and the judge's, for one criterion of one attempt.

    `judged` is missing where the judge said contradicted, since that earns nothing. `raters`: what each
    person said, None for one who said nothing, in the same order for all pairs of a set.
    """

    question: str
    attempt: str
    criterion: str
    label: Coverage
    judged: Coverage
    confidence: float | None = None
    raters: tuple[Coverage | None, ...] = ()
    lang: str = ""
    kind: str = ""

    @property
    def levels(self) -> tuple[int, int]:
        """Label and verdict as 0, 1, 2."""
        return LEVEL[self.label], LEVEL[self.judged]

    @property
    def right(self) -> bool:
        """The very same coverage."""
        return self.label == self.judged

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for the same criterion of the same attempt, whoever judged it."""
        return (self.question, self.attempt, self.criterion)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The score that an attempt's labels give it, and the judge's."""

    question: str
    attempt: str
    labelled: float
    judged: float


Of = TypeVar("Of", Pair, Scored)


def units(pairs: Sequence[Of]) -> tuple[str, list[list[Of]]]:
    """What a bootstrap draws: whole questions, or answers where there are few questions."""
    by_question: dict[str, list[Of]] = {}
    by_answer: dict[tuple[str, str], list[Of]] = {}
    for one in pairs:
        by_question.setdefault(one.question, []).append(one)
        by_answer.setdefault((one.question, one.attempt), []).append(one)
    if len(by_question) >= QUESTIONS:
        return "question", list(by_question.values())
    return "answer", list(by_answer.values())
