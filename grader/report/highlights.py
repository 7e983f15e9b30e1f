"""An answer cut into pieces, so that evidence and flags can be marked in place. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from grader.report.graded import Graded, state

SHOWN = {"committed": "contradicted", "avoided": "covered"}
"""The colours of faults."""
STRONGEST = ("contradicted", "partial", "covered", "missing", "none")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of the answer. `points` are the places of its criteria in the rubric, `state` the strongest
    of their states, `flags` the kinds of flags on it, `opens` the points whose evidence begins here."""

    runs: tuple[tuple[str, bool], ...]
    points: tuple[int, ...] = ()
    state: str = ""
    flags: tuple[str, ...] = ()
    opens: tuple[int, ...] = ()


def pieces(row: Graded) -> tuple[Piece, ...]:
    """The whole text in order; joined, the visible runs are the answer."""
    text = row.attempt.text
    spans = list(_evidence(row, len(text)))
    flags = [(*_within(one.start, one.end, len(text)), one.kind) for one in row.grade.flags]
    cuts = {0, len(text)}
    cuts.update(place for start, end, *_ in spans for place in (start, end))
    cuts.update(place for start, end, _ in flags for place in (start, end))
    first: set[int] = set()
    found = []
    for start, end in pairwise(sorted(cuts)):
        over = [one for one in spans if one[0] <= start and end <= one[1]]
        points = tuple(dict.fromkeys(one[2] for one in over))
        states = {one[3] for one in over}
        opens = tuple(one for one in points if one not in first)
        first.update(opens)
        found.append(
            Piece(
                runs=tuple(_runs(text[start:end])),
                points=points,
                state=next((one for one in STRONGEST if one in states), ""),
                flags=tuple(dict.fromkeys(k for s, e, k in flags if s <= start and end <= e)),
                opens=opens,
            )
        )
    return tuple(found)


def _evidence(row: Graded, length: int) -> Iterator[tuple[int, int, int, str]]:
    for place, (criterion, verdict) in enumerate(row.points()):
        for one in verdict.evidence:
            if one.start is not None and one.end is not None and one.start < one.end:
                yield (
                    *_within(one.start, one.end, length),
                    place,
                    SHOWN.get(said := state(criterion, verdict), said),
                )


def _within(start: int, end: int, length: int) -> tuple[int, int]:
    start = min(max(0, start), length)
    return start, min(max(start, end), length)


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Readable stretches, and characters that can't be seen or reorder others, by name (True)."""
    plain = ""
    for one in text:
        if one not in "\n\t" and unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co"):
            if plain:
                yield plain, False
                plain = ""
            yield f"U+{ord(one):04X}", True
        else:
            plain += one
    if plain:
        yield plain, False
