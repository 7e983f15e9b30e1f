"""How much a sentence reads as spoken to a grader: log-odds by fitted weights of what it shows. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import fsum
from pathlib import Path
from typing import NamedTuple

from grader.addressed import signs
from grader.addressed.notions import Hints, hints

FILE = Path(__file__).with_name("weights.json")
FEWEST = 4
"""Words under which a sentence counts as this long: two words are no proof."""


class Odds(NamedTuple):
    """Log-odds of a sentence, or what a sign adds to them.

    `sure`: against honest texts of all kinds, most of them about judges and orders; `doubt`: against ordinary
    answers, of which hardly one talks of such things.
    """

    sure: float
    doubt: float


NONE = Odds(0.0, 0.0)


@dataclass(frozen=True)
class Fit:
    """`bias` and the weights of signs; fitted by benchmarks/fit_addressed.py."""

    bias: Odds
    weights: Mapping[str, Odds]

    def score(self, sentence: str, near: Hints | None = None) -> float:
        """Log-odds, to be sure by, that the sentence, as reading.read gives it, is addressed to a grader.

        `near`: the hints of the text around it, where they were looked for already.
        """
        near = hints(sentence)[0] if near is None else near
        return self._odds(*signs.own(sentence, near)).sure

    def scores(self, sentence: str, near: Hints) -> Odds:
        """The same, and those to doubt by, for which all that the sentence quotes is its own words."""
        own, notions = signs.own(sentence, near)
        odds = self._odds(own, notions)
        if own == sentence:
            return odds
        loud = self._odds(sentence, signs.notions(sentence, near))
        return Odds(odds.sure, max(odds.doubt, loud.doubt))

    def _odds(self, own: str, notions: Collection[str]) -> Odds:
        words, share = _words(own)
        (sure, doubt), (sure_by_notions, doubt_by_notions) = self._sums(words), self._sums(notions)
        return Odds(
            self.bias.sure + share * sure + sure_by_notions,
            self.bias.doubt + share * doubt + doubt_by_notions,
        )

    def _sums(self, shown: Collection[str]) -> Iterable[float]:
        return map(fsum, zip(NONE, *filter(None, map(self.weights.get, shown)), strict=True))


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
    """The fit that came with the package, where it stands in hundredths."""
    held = json.loads(FILE.read_text("utf-8"))
    weights = {name: Odds(sure / 100, doubt / 100) for name, (sure, doubt) in held["weights"].items()}
    return Fit(bias=Odds(*(each / 100 for each in held["bias"])), weights=weights)
