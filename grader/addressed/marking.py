"""Which sentences are surely addressed to a grader, and which may be, by their log-odds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from grader.addressed.reading import Piece

SURE = 3.5
"""Log-odds of a paragraph, its loudest sentence's and a third of the others', over which it is addressed."""
LIKELY = 0.8
"""The same where another paragraph is already sure: who wrote one order may have written two."""
DOUBTED = 0.3
"""Log-odds of a sentence that is suspicious by itself."""
WEAK = -1.0
"""Log-odds of a sentence that goes with its neighbours."""
AROUND = -2.5
"""The same for a sentence between two flagged ones."""


MOSTLY = 0.5
"""Share of a line over which all of it goes."""


class Weighed(NamedTuple):
    """A piece with its log-odds, the same if what it quotes were its own words, and its kind of flag."""

    piece: Piece
    score: float
    loud: float
    kind: str
    said: str = ""


def sure(weighed: Sequence[Weighed], *, beside: bool) -> list[bool]:
    """Sure paragraphs first, then likely ones and doubted sentences, then what lies between.

    `beside`: something else in the text is sure.
    """
    loud: dict[int, list[float]] = {}
    for one in weighed:
        loud.setdefault(one.piece.paragraph, []).append(max(0.0, one.score))
    sums = {place: (2 * max(scores) + sum(scores)) / 3 for place, scores in loud.items()}
    if max(sums.values(), default=0.0) <= SURE and not beside:
        return [False] * len(weighed)
    return _grown(weighed, lambda one: one.loud > (WEAK if sums[one.piece.paragraph] > LIKELY else DOUBTED))


def suspicious(weighed: Sequence[Weighed]) -> list[bool]:
    """Doubted sentences, their weak neighbours, and what lies between."""
    return _grown(weighed, lambda one: one.loud > DOUBTED)


def _grown(weighed: Sequence[Weighed], first: Callable[[Weighed], bool]) -> list[bool]:
    marked = [first(one) for one in weighed]
    if not any(marked):
        return marked
    for index, one in enumerate(weighed):
        near = marked[max(0, index - 1) : index + 2]
        marked[index] = marked[index] or (any(near) and one.loud > WEAK)
    return _whole_lines(weighed, _filled(weighed, marked))


def _whole_lines(weighed: Sequence[Weighed], marked: list[bool]) -> list[bool]:
    """A line goes as a whole when most of it does, but for sentences that surely are of the answer."""
    sizes: dict[int, list[int]] = {}
    for one, on in zip(weighed, marked, strict=True):
        size = one.piece.end - one.piece.start
        line = sizes.setdefault(one.piece.line, [0, 0])
        line[0] += size
        line[1] += size * on
    most = {line for line, (whole, gone) in sizes.items() if gone > MOSTLY * whole}
    return [
        on or (one.piece.line in most and one.loud > AROUND) for one, on in zip(weighed, marked, strict=True)
    ]


def _filled(weighed: Sequence[Weighed], marked: list[bool]) -> list[bool]:
    """Short stretches between two flagged pieces of one paragraph, and frames beside them, go with them."""
    before: int | None = None
    for index in [place for place, on in enumerate(marked) if on]:
        if before is not None and index - before <= 4:
            between = weighed[before + 1 : index]
            if all(each.loud > AROUND for each in between):
                marked[before + 1 : index] = [True] * len(between)
        before = index
    return marked
