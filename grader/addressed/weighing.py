"""How much a sentence reads as spoken to a grader: log-odds by fitted weights of what it shows. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.addressed import signs
from grader.addressed.notions import Hints, hints

FILE = Path(__file__).with_name("weights.json")
FEWEST = 4
"""Words under which a sentence counts as this long: two words are no proof."""


@dataclass(frozen=True)
class Fit:
    """`bias` and a weight a sign; fitted by benchmarks/fit_addressed.py."""

    bias: float
    weights: Mapping[str, float]

    def score(self, sentence: str, near: Hints | None = None) -> float:
        """Log-odds that the sentence, as reading.read gives it, is addressed to a grader.

        `near`: the hints of the text around it, where they were looked for already.
        """
        near = hints(sentence)[0] if near is None else near
        return self._score(*signs.own(sentence, near))

    def scores(self, sentence: str, near: Hints) -> tuple[float, float]:
        """The same, and what it would be if all that it quotes were its own words."""
        own, notions = signs.own(sentence, near)
        score = self._score(own, notions)
        return score, score if own == sentence else self._score(sentence, signs.notions(sentence, near))

    def _score(self, own: str, notions: Collection[str]) -> float:
        words, share = _words(own)
        return self.bias + share * self._sum(words) + (self._sum(notions) if notions else 0.0)

    def _sum(self, shown: Collection[str]) -> float:
        return sum([self.weights[sign] for sign in shown if sign in self.weights])


def shows(sentence: str) -> dict[str, float]:
    """The signs of a sentence and how much each counts: a notion 1, words less the more there are."""
    own, notions = signs.own(sentence, hints(sentence)[0])
    words, share = _words(own)
    return dict.fromkeys(words, share) | dict.fromkeys(notions, 1.0)


def _words(own: str) -> tuple[set[str], float]:
    words = signs.grams(own)
    return words, 2 / max(len(words), FEWEST) ** 0.5


@cache
def load() -> Fit:
    """The fit that came with the package."""
    held = json.loads(FILE.read_text("utf-8"))
    return Fit(bias=held["bias"], weights=held["weights"])
