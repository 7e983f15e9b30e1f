"""Text as matching sees it: width, case, Markdown, quotation marks, white space folded, with a way back."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

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


def has_words(text: str) -> bool:
    """True when a letter or digit is left once Markdown, link targets and comments are gone."""
    if "<!--" not in text and "](" not in text and any(map(str.isalpha, text)):
        return True  # the usual answer: no mark that is left to hide a letter
    if len(text) > 20_000 and any(map(str.isalnum, text[:20_000])) and "<!--" not in text:
        return True
    return any(map(str.isalnum, fold(_uncommented(text)).text))


def _uncommented(text: str) -> str:
    """The text without HTML comments; one that never closes is text."""
    kept, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept.append(text[position:start])
        position = end + 3
    return "".join((*kept, text[position:]))
