"""How much a sentence reads as spoken to a grader: log-odds by fitted weights of what it shows. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.addressed import signs

FILE = Path(__file__).with_name("weights.json")
FEWEST = 4
"""Words under which a sentence counts as this long: two words are no proof."""


@dataclass(frozen=True)
class Fit:
    """`bias` and a weight a sign; fitted by benchmarks/fit_addressed.py."""

    bias: float
    weights: Mapping[str, float]

    def score(self, sentence: str) -> float:
        """Log-odds that the sentence, as reading.read gives it, is addressed to a grader."""
        return self.bias + sum(self.weights.get(sign, 0.0) * size for sign, size in shows(sentence).items())


def shows(sentence: str) -> dict[str, float]:
    """The signs of a sentence and how much each counts: a notion 1, words less the more there are."""
    own = signs.own_words(sentence)
    words = signs.grams(own)
    share = 2 / max(len(words), FEWEST) ** 0.5
    return dict.fromkeys(words, share) | dict.fromkeys(signs.notions(own), 1.0)


@cache
def load() -> Fit:
    """The fit that came with the package."""
    held = json.loads(FILE.read_text("utf-8"))
    return Fit(bias=held["bias"], weights=held["weights"])
