"""The nouns: frozen values that every layer shares. No IO; what is asked lies in rubric.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from grader.rubric import Criterion as Criterion
from grader.rubric import Group as Group
from grader.rubric import Lang as Lang
from grader.rubric import Question as Question
from grader.rubric import Rubric as Rubric
from grader.rubric import digest as digest

Coverage = Literal["covered", "partial", "missing"]
EvidenceState = Literal["verified", "repaired", "unverified"]
RequestKind = Literal["chat", "decision"]

CREDIT: Mapping[str, float] = {"covered": 1.0, "partial": 0.5, "missing": 0.0}


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One candidate answer. `text` is exactly what spans count in; `path` is where it came from.

    `offset` is the character in the file at which `text` begins (after front matter or a heading).
    `whole` is the text before anything was left out of it, "" when nothing was.
    """

    id: str
    question: str
    text: str
    person: str = ""
    path: str = ""
    offset: int = 0
    whole: str = ""


@dataclass(frozen=True, kw_only=True)
class JudgeRequest:
    """What a judge is asked, as plain data.

    chat: `messages` ({role, content}), a JSON `schema` or None, `params` (temperature, max_tokens, seed ...).
    decision: `input` and typed `questions` ({id, type, text, ...}); no text comes back.
    `endpoint` is the class of endpoint (`litellm`, `openai_compatible http://host`, `embedded`), never a key.
    """

    kind: RequestKind = "chat"
    model: str
    endpoint: str
    messages: tuple[Mapping[str, str], ...] = ()
    schema: Mapping[str, Any] | None = None
    input: str = ""
    questions: tuple[Mapping[str, Any], ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)

    def canonical(self) -> dict[str, Any]:
        """The whole request as JSON-ready data; its hash is the key."""
        whole: dict[str, Any] = {"kind": self.kind, "model": self.model, "endpoint": self.endpoint}
        if self.kind == "chat":
            whole["messages"] = [dict(one) for one in self.messages]
            whole["schema"] = dict(self.schema) if self.schema is not None else None
        else:
            whole["input"] = self.input
            whole["questions"] = [dict(one) for one in self.questions]
        whole["params"] = dict(self.params)
        return whole

    @cached_property
    def key(self) -> str:
        """sha256 of the canonical request."""
        return digest(self.canonical())


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens of one reply or of several added up; `cost_usd` None when no price is known."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    cost_usd: float | None = None

    def __add__(self, other: Usage) -> Usage:
        costs = [one for one in (self.cost_usd, other.cost_usd) if one is not None]
        return Usage(
            prompt=self.prompt + other.prompt,
            completion=self.completion + other.completion,
            cached=self.cached + other.cached,
            cost_usd=sum(costs) if costs else None,
        )


@dataclass(frozen=True, kw_only=True)
class JudgeReply:
    """What a judge said: `text` of a chat, or `answers` of a decision ({question id: {label: probability}}).

    `stop` is the provider's stop reason (`stop`, `length`, `content_filter` ...), "" when unknown.
    """

    text: str = ""
    answers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    stop: str = ""
    usage: Usage = Usage()
    recorded: bool = False


Judge = Callable[[JudgeRequest], Awaitable[JudgeReply]]
"""The seam. Raises errors.JudgeError when there is no reply to be had."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A quote; `start` and `end` are character offsets in the attempt, None when it was not found."""

    quote: str
    start: int | None = None
    end: int | None = None
    state: EvidenceState = "unverified"


@dataclass(frozen=True, kw_only=True)
class Label:
    """A person's coverage for one criterion, with who said so, why and when (ISO 8601)."""

    coverage: Coverage
    contradicted: bool = False
    author: str = ""
    reason: str = ""
    at: str = ""


@dataclass(frozen=True, kw_only=True)
class Vote:
    """What one of several judges, samples or looks said of a criterion."""

    judge: str
    coverage: Coverage | None
    contradicted: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is said of one criterion. `coverage` None: no usable verdict. A person's `label` wins."""

    criterion: str
    coverage: Coverage | None
    contradicted: bool = False
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    confidence: float | None = None
    credit: float | None = None
    label: Label | None = None
    votes: tuple[Vote, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Flag:
    """Something in the attempt that a person should see, by span."""

    kind: str
    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class JudgeCard:
    """What a grade was made with. Grades with different cards are never averaged."""

    model: str
    strategy: str
    prompt: str
    rubric: str
    calibration: str = ""


@dataclass(frozen=True, kw_only=True)
class Grade:
    """All verdicts of an attempt. `score` in [0, 1], or None: ungraded, for the reasons in `problems`."""

    attempt: str
    question: str
    score: float | None
    verdicts: tuple[Verdict, ...]
    judge: JudgeCard
    flags: tuple[Flag, ...] = ()
    problems: tuple[str, ...] = ()
    needs_review: bool = False
    calls: int = 0
    usage: Usage = Usage()

    @property
    def ungraded(self) -> bool:
        """True when there is no trustworthy score."""
        return self.score is None
