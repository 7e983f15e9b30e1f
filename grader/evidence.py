"""Find a quote in the attempt and give its span there. Pure; time grows with the length of the attempt."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from grader.types import Evidence, EvidenceState

NEAR = 0.8
NEAR_QUOTE = range(8, 1001)
NEAR_TEXT = 50_000
WIDEST_GAP = 300
MOST_FRAGMENTS = 6
MOST_STARTS = 500

_ELLIPSIS = re.compile(r"(?:[\[(（【]\s*+)?+(?:\.{3,}+|…++|⋯++|。{3,}+)(?:\s*+[\])）】])?+")

_LINE_MARKS = re.compile(
    r"^[ \t]*(?:(?:#{1,6}(?=[ \t])|>|[-+*•](?=[ \t])|\d{1,3}[.)、](?=[ \t]))[ \t]*)+", re.MULTILINE
)
_LINK = re.compile(r"(!?\[)[^\[\]\n]{0,300}(\]\([^()\s]{0,500}\))")

_DROPPED = set("*_`~\"'“”‘’„‟‚‛«»‹›「」『』《》〈〉〝〞＂＇\\")
_SWAPPED = {
    "。": ".", "｡": ".", "、": ",", "､": ",", "【": "[", "】": "]", "〔": "[", "〕": "]",
    "–": "-", "—": "-", "―": "-", "−": "-", "‐": "-", "‑": "-", "‒": "-", "─": "-", "～": "~", "〜": "~",
    "·": ".", "・": ".", "•": ".", "⋯": "...", "×": "x",
}  # fmt: skip


def locate(quote: str, text: str) -> Evidence:
    """The quote with its span in `text`; once found, `quote` is text[start:end].

    verified: there under folding. repaired: nearly there (Levenshtein similarity of 0.8 and more, quotes of
    8 to 1,000 folded characters in attempts up to 50,000), or its fragments around an ellipsis, in order.
    """
    exact = text.find(quote) if not is_empty(quote) else -1
    if exact >= 0:
        return _at(text, (exact, exact + len(quote)), "verified")
    small, large = fold(quote), _folded(text)
    if not any(map(str.isalnum, small.text)):
        return Evidence(quote=quote)
    start = large.text.find(small.text)
    if start >= 0:
        return _at(text, large.span(start, start + len(small.text)), "verified")
    span = _fragments(quote, large) or _near(small.text, large)
    return _at(text, span, "repaired") if span else Evidence(quote=quote)


def _at(text: str, span: tuple[int, int], state: EvidenceState) -> Evidence:
    start, end = span
    return Evidence(quote=text[start:end], start=start, end=end, state=state)


def _fragments(quote: str, large: Folded) -> tuple[int, int] | None:
    """From the first fragment's start to the last one's end; all must be there, in order, not far apart."""
    parts = [one.text for one in map(fold, _ELLIPSIS.split(quote)) if any(map(str.isalnum, one.text))]
    if not 1 <= len(parts) <= MOST_FRAGMENTS:
        return None
    if len(parts) == 1:
        start = large.text.find(parts[0])
        return large.span(start, start + len(parts[0])) if start >= 0 else None
    start = -1
    for _ in range(MOST_STARTS):
        start = large.text.find(parts[0], start + 1)
        if start < 0:
            return None
        if end := _follow(parts[1:], large.text, start + len(parts[0])):
            return large.span(start, end)
    return None


def _follow(parts: list[str], text: str, end: int) -> int | None:
    """Where the last of the parts ends when each begins within a gap of the one before."""
    for part in parts:
        start = text.find(part, end, end + WIDEST_GAP + len(part))
        if start < 0:
            return None
        end = start + len(part)
    return end


def _near(quote: str, large: Folded) -> tuple[int, int] | None:
    """The stretch of the attempt with the fewest edits to the quote, when those are few enough."""
    if len(quote) not in NEAR_QUOTE or len(large.text) > NEAR_TEXT:
        return None
    edits, end = _closest(quote, large.text)
    if edits > (1 - NEAR) * len(quote) + 1e-9:
        return None
    stretch = large.text[max(0, end - len(quote) - edits) : end]
    _, length = _closest(quote[::-1], stretch[::-1])
    return large.span(end - length, end) if length else None


def _closest(pattern: str, text: str) -> tuple[int, int]:
    """The least edit distance of `pattern` to any stretch of `text`, and where the first such stretch ends.

    Myers 1999, A fast bit-vector algorithm for approximate string matching, doi:10.1145/316542.316550.
    """
    places: dict[str, int] = {}
    for index, character in enumerate(pattern):
        places[character] = places.get(character, 0) | 1 << index
    full, top = (1 << len(pattern)) - 1, 1 << (len(pattern) - 1)
    plus, minus, distance = full, 0, len(pattern)
    best, best_end = distance, 0
    for index, character in enumerate(text, 1):
        equal = places.get(character, 0)
        diagonal = (((equal & plus) + plus) ^ plus) | equal | minus
        up, down = minus | (full & ~(diagonal | plus)), plus & diagonal
        distance += bool(up & top) - bool(down & top)
        up, down = up << 1 & full, down << 1 & full
        plus, minus = down | (full & ~(diagonal | up)), up & diagonal
        if distance < best:
            best, best_end = distance, index
    return best, best_end


@dataclass(frozen=True)
class Folded:
    """`text` folded, and for each of its characters the index in the original that it came from."""

    text: str
    origin: array[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of the folded characters from `start` up to `end` (not empty)."""
        return self.origin[start], self.origin[end - 1] + 1


@lru_cache(maxsize=65536)
def _fold(character: str) -> str:
    if character in _DROPPED or character.isspace():
        return ""
    if character in _SWAPPED:
        return _SWAPPED[character]
    if unicodedata.category(character) in ("Cc", "Cf", "Cs"):
        return ""
    wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(_SWAPPED.get(one, one) for one in wide if one not in _DROPPED and not one.isspace())


def _marks(text: str) -> Iterator[tuple[int, int]]:
    """Spans of Markdown that carry no words: line marks and the frame of links."""
    for found in _LINE_MARKS.finditer(text):
        yield found.span()
    for found in _LINK.finditer(text):
        yield found.span(1)
        yield found.span(2)


def fold(text: str) -> Folded:
    """The folded text; time and memory grow with the length of the text."""
    hidden = bytearray(len(text))
    for start, end in _marks(text):
        hidden[start:end] = b"\1" * (end - start)
    folded: list[str] = []
    origin = array("L")
    for index, character in enumerate(text):
        if hidden[index]:
            continue
        for one in _fold(character):
            folded.append(one)
            origin.append(index)
    return Folded("".join(folded), origin)


_folded = lru_cache(maxsize=4)(fold)


def is_empty(text: str) -> bool:
    """True when no letter and no digit is left once Markdown, link targets and comments are gone."""
    if "<!--" not in text and "](" not in text and any(map(str.isalpha, text)):
        return False  # the usual answer: no mark that is left to hide a letter
    if len(text) > 20_000 and any(map(str.isalnum, text[:20_000])) and "<!--" not in text:
        return False
    return not any(map(str.isalnum, fold(_uncommented(text)).text))


def _uncommented(text: str) -> str:
    """The text without HTML comments; one that never closes is text."""
    kept, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept.append(text[position:start])
        position = end + 3
    return "".join((*kept, text[position:]))
