"""The table of strategies: how a rubric becomes requests and replies become verdicts. Pure, no IO."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Literal, Protocol, cast, get_args

from grader.strategies.correction import Correction
from grader.strategies.examples import Example
from grader.types import Attempt, JudgeReply, JudgeRequest, Lang, Rubric, Verdict

Unverified = Literal["flag", "review", "credit_none"]
Flagged = Literal["review", "mask"]
Layer = Literal["masking", "doubting"]
LAYERS: tuple[Layer, ...] = get_args(Layer)

TABLE = {
    "joint": "grader.strategies.joint",
    "pointwise": "grader.strategies.pointwise",
    "decision": "grader.strategies.decision",
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How attempts are judged: all that a request and a grade depend on beside rubric and attempt.

    `lang` None takes the rubric's. `unverified` says what becomes of credit that no verified or repaired
    quote supports: `flag` only shows it, `review` also sets needs_review, `credit_none` gives no credit.
    `samples`: so many first calls, in other orders; `jury`: other models and their endpoints, asked the same;
    `looks`: a joint call's doubtful verdicts are asked once more, of `second` where one is named, and only
    of the points `look_at` where it is given. All three leave the first call as it is.
    `examples`: labelled answers, of which a joint prompt shows up to two; `reference`: whether it shows the
    rubric's.
    `correction` goes to verdicts that it holds for; `calibration` names one that the judge has in itself.
    `flagged` says what becomes of a grade with text addressed to a grader: `review` sets needs_review.
    `layers` is the whole defence against such text, less of it only to measure what each is worth.
    """

    model: str
    endpoint: str
    strategy: str = "joint"
    lang: Lang | None = None
    seed: int = 0
    samples: int = 1
    jury: tuple[tuple[str, str], ...] = ()
    looks: bool = False
    look_at: frozenset[str] | None = None
    second: tuple[str, str] | None = None
    unverified: Unverified = "review"
    flagged: Flagged = "review"
    layers: tuple[Layer, ...] = LAYERS
    examples: tuple[Example, ...] = ()
    reference: bool = True
    calibration: str = ""
    correction: Correction | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What replies say: one verdict per criterion in the rubric's order, and plain sentences about the rest.

    A criterion without a usable verdict has coverage None and a sentence in `problems`.
    A verdict's evidence may be bare quotes; grading finds them in the attempt. `review`: looks differed.
    """

    verdicts: tuple[Verdict, ...]
    problems: tuple[str, ...] = ()
    review: bool = False


@dataclass(frozen=True)
class Asked:
    """Requests with their replies so far, None where the judge failed, and what it said when it failed."""

    requests: tuple[JudgeRequest, ...] = ()
    replies: tuple[JudgeReply | None, ...] = ()
    failures: tuple[str, ...] = ()

    @property
    def pairs(self) -> list[tuple[JudgeRequest, JudgeReply | None]]:
        """Each request with its reply."""
        return list(zip(self.requests, self.replies, strict=True))


class Strategy(Protocol):
    """A module with these functions."""

    def prompt(self, rubric: Rubric, plan: Plan) -> str:
        """`sha256:...` of the words that the judge is asked with, rubric and attempt left out."""
        ...

    def requests(self, rubric: Rubric, attempt: Attempt, plan: Plan) -> tuple[JudgeRequest, ...]:
        """What is asked at first; all of it may be asked at once."""
        ...

    def read(self, rubric: Rubric, attempt: Attempt, asked: Asked, plan: Plan) -> Reading:
        """All verdicts so far; after a repair round `asked` holds both rounds, in order."""
        ...

    def repair(
        self, rubric: Rubric, attempt: Attempt, asked: Asked, reading: Reading, plan: Plan
    ) -> tuple[JudgeRequest, ...]:
        """What is asked again, once, naming the problems; () when there is nothing to repair."""
        ...


def resolve(name: str, endpoint: str) -> str:
    """The strategy that `auto` stands for: a call a point in process, one joint call everywhere else."""
    if name != "auto":
        return name
    return "pointwise" if endpoint.startswith("embedded") else "joint"


def strategy(name: str) -> Strategy:
    """The module of that name in the table; KeyError for any other."""
    return cast(Strategy, import_module(TABLE[name]))
