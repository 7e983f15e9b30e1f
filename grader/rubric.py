"""The nouns of what is asked: criterion, group, rubric, question. No IO; grader.types gives them all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Literal

Lang = Literal["zh", "en"]


def digest(value: object) -> str:
    """`sha256:` and the hex digest of the canonical JSON of a plain value."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One key point as it is judged.

    `text` is what the bank says, `claim` what is judged where the review found the text wrong,
    outdated, imprecise or vague. `optional` points are judged and shown and never lower a score. A negative
    weight is a fault that takes away. It earns only when all it `requires` are earned; when it is earned,
    those it `excludes` are not. `open`: another valid instance than the named ones earns it too.
    """

    id: str
    text: str
    claim: str = ""
    weight: float = 1.0
    optional: bool = False
    parts: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    source: str = ""
    note: str = ""
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    group: str = ""
    open: bool = False

    @property
    def judged(self) -> str:
        """The words that a judge sees."""
        return self.claim or self.text

    @property
    def fault(self) -> bool:
        """True for what takes away when an answer says it."""
        return self.weight < 0


@dataclass(frozen=True, kw_only=True)
class Group:
    """Criteria that count together: the best `any_of` of them (0: all), for at most `cap` of weight."""

    name: str
    any_of: int = 0
    cap: float | None = None


@dataclass(frozen=True, kw_only=True)
class Rubric:
    """The criteria of one question, with the question's own words."""

    question: str
    title: str
    criteria: tuple[Criterion, ...]
    lang: Lang = "zh"
    reference: str = ""
    groups: tuple[Group, ...] = ()

    @cached_property
    def hash(self) -> str:
        """Changes when anything a judge sees or a score uses changes; notes and sources do not count.

        Logic that a rubric does not use leaves its hash as it was before there was any.
        """
        judged = asdict(self)
        for one in (judged, *judged["criteria"]):
            for name in ("requires", "excludes", "group", "open", "groups"):
                if not one.get(name):
                    one.pop(name, None)
        for criterion in judged["criteria"]:
            del criterion["note"], criterion["source"]
        return digest(judged)

    @property
    def flaw(self) -> str:
        """Why nothing can be scored by it, "" when it can: no criteria, two of an id, an odd weight."""
        if not self.criteria:
            return "it has no criteria"
        met: set[str] = set()
        for one in self.criteria:
            if not all(isinstance(words, str) and words.strip() for words in (one.id, one.text)):
                return f"the criterion {one.id!r} has no id or no text"
            if not isinstance(one.weight, int | float) or not 0 < abs(one.weight) <= 1e6:
                return f"the weight of {one.id} is 0, or no number"
            if one.id in met:
                return f"two criteria have the id {one.id}"
            met.add(one.id)
        return ""

    def criterion(self, identifier: str) -> Criterion:
        """The criterion with that id; KeyError when there is none."""
        return {one.id: one for one in self.criteria}[identifier]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question as the bank lists it, with its rubric."""

    id: str
    title: str
    rubric: Rubric
    section: str = ""
    stars: int = 0
    tags: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    frequency: str = ""
