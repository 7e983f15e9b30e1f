"""Which sentences are surely addressed to a grader, and which may be, by their log-odds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from grader.addressed.reading import Piece

SURE = 5.2
"""Log-odds of a paragraph, its loudest sentence's and a third of the others', over which it is addressed."""
LIKELY = 2.0
"""The same where another paragraph is already sure: who wrote one order may have written two."""
DOUBTED = 0.0
"""Log-odds over which a sentence is suspicious by itself."""
WEAK = 0.5
"""Log-odds of a sentence that goes with neighbours that are sure."""
FAINT = -2.0
"""The same with suspicious ones."""
AROUND, BESIDE = -4.0, -1.0
"""The same for a sentence between two flagged ones, and for one in a line that mostly goes."""


MOSTLY = 0.5
"""Share of a line over which all of it goes."""


class Weighed(NamedTuple):
    """A piece with its log-odds to be sure by and to doubt by (weighing.Odds), and its kind of flag."""

    piece: Piece
    score: float
    loud: float
    kind: str
    said: str = ""


def sure(weighed: Sequence[Weighed], *, beside: bool) -> tuple[list[bool], list[bool]]:
    """What is sure by itself, and with what goes with it: sure paragraphs, then likely ones, then what lies
    between.

    `beside`: something else in the text is sure.
    """
    loud: dict[int, list[float]] = {}
    for one in weighed:
        loud.setdefault(one.piece.paragraph, []).append(max(0.0, one.score))
    sums = {place: (2 * max(scores) + sum(scores)) / 3 for place, scores in loud.items()}
    if max(sums.values(), default=0.0) <= SURE and not beside:
        return [False] * len(weighed), [False] * len(weighed)
    first = [one.loud > WEAK and sums[one.piece.paragraph] > LIKELY for one in weighed]
    return first, _grown(weighed, list(first), WEAK)


def suspicious(weighed: Sequence[Weighed]) -> tuple[list[bool], list[bool]]:
    """Doubted sentences; the same with their weak neighbours and what lies between."""
    own = [one.loud > DOUBTED for one in weighed]
    return own, _grown(weighed, list(own), FAINT)


def _grown(weighed: Sequence[Weighed], marked: list[bool], least: float) -> list[bool]:
    if not any(marked):
        return marked
    for index, one in enumerate(weighed):
        near = marked[max(0, index - 1) : index + 2]
        marked[index] = marked[index] or (any(near) and one.loud > least)
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
        on or (one.piece.line in most and one.loud > BESIDE) for one, on in zip(weighed, marked, strict=True)
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
