"""An attempt without its flagged spans, and the way back to where the rest stood. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from grader.addressed.reading import blocks
from grader.types import Evidence, Flag, Verdict

_GAP = re.compile(r"\s*")
_ITEM = re.compile(r"[-*•|>#]|\d{1,2}[.)、]")


@dataclass(frozen=True)
class Kept:
    """`text` is what is left of `whole`, joined from these pieces of it, in order."""

    whole: str
    pieces: tuple[tuple[int, int], ...]

    @cached_property
    def text(self) -> str:
        return "".join(self.whole[start:end] for start, end in self.pieces)

    def unbroken(self, one: Evidence) -> Evidence:
        """The evidence, a span of `text`; unverified when it reaches over a gap."""
        if one.start is None or one.end is None:
            return one
        return one if self._piece(one.start) == self._piece(max(one.start, one.end - 1)) else _lost(one)

    def placed(self, verdict: Verdict) -> Verdict:
        """The verdict with the spans of its evidence counted in the whole."""
        if self.pieces == ((0, len(self.whole)),):
            return verdict
        return replace(verdict, evidence=tuple(map(self._placed, verdict.evidence)))

    def _placed(self, one: Evidence) -> Evidence:
        if one.start is None or one.end is None:
            return one
        piece = self._piece(one.start)
        shift = self.pieces[piece][0] - self._starts[piece]
        return replace(one, start=one.start + shift, end=one.end + shift)

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((end - start for start, end in self.pieces), initial=0))

    def _piece(self, place: int) -> int:
        """Which piece holds that character of `text`."""
        return min(bisect_right(self._starts, place), len(self.pieces)) - 1


def _lost(one: Evidence) -> Evidence:
    return Evidence(quote=one.quote)


def without(text: str, flags: Sequence[Flag]) -> Kept:
    """What is left without the flagged spans: as if they had never been written, white space included."""
    spans = _joined(text, flags)
    gaps = [(_space_before(text, start), _space_after(text, end)) for start, end in spans]
    one_line = not _broken(text, gaps)
    pieces: list[tuple[int, int]] = []
    position = 0
    for (start, end), (before, after) in zip(spans, gaps, strict=True):
        kept: tuple[int, int] | None = None
        if before == 0 or after == len(text):
            start, end = before, after
        elif one_line and not _ITEM.match(text, after):
            start, end, kept = before, after, _space(text, before, after)
        elif after - end >= start - before:
            start = before
        else:
            end = after
        pieces += [(position, start), kept or (end, end)]
        position = end
    pieces.append((position, len(text)))
    return Kept(text, tuple((start, end) for start, end in pieces if start < end))


def _broken(text: str, gaps: Sequence[tuple[int, int]]) -> bool:
    """Whether what is left has lines of its own; else line breaks came with what is left out."""
    ends = (0, *(after for _, after in gaps)), (*(before for before, _ in gaps), len(text))
    return any("\n" in text[start:end].strip() for start, end in zip(*ends, strict=True))


def _space(text: str, before: int, after: int) -> tuple[int, int] | None:
    """Some space of the text, to stand between what is left where the script has it there; where the text
    has none, what stood there, lest two words become one."""
    if not text[before - 1].isascii():
        return None
    found = text.find(" ")
    if found < 0 and text[after].isascii():
        found = before if text[before].isspace() else after - 1
    return (found, found + 1) if found >= 0 and text[found].isspace() else None


def _joined(text: str, flags: Sequence[Flag]) -> list[tuple[int, int]]:
    """Flagged spans in order, those joined that overlap or have nothing but space between them."""
    spans = _merged(text, [(one.start, one.end) for one in flags])
    return _merged(text, [*spans, *_other_fences(text, spans)])


def _merged(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and (start <= joined[-1][1] or start <= _space_after(text, joined[-1][1])):
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _other_fences(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Of two fences of a block the one that is left where the other goes; `spans` in order, apart."""
    for pair in blocks(text) if spans else ():
        gone = [_meets(spans, *fence) for fence in pair]
        if sum(gone) == 1:
            yield pair[gone.index(False)]


def _meets(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    place = bisect_right(spans, start, key=lambda one: one[1])
    return place < len(spans) and spans[place][0] < end


def _space_after(text: str, position: int) -> int:
    found = _GAP.match(text, position)
    return found.end() if found else position


def _space_before(text: str, position: int) -> int:
    while position and text[position - 1].isspace():
        position -= 1
    return position
