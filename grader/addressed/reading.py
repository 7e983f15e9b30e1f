"""An attempt as detection reads it: look-alikes, width and hidden characters undone, cut into sentences."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, repeat
from typing import NamedTuple

_ALIKE = dict(
    zip(
        "аеорсхуіјѕԁԛԝһӏкмтвнгзпιοανρκτυχβεηωƖɡ",
        "aeopcxyijsdqwhlkmtbhrsnioavpktuxbenwlg",
        strict=True,
    )
)
_LETTERS = re.compile(r"[a-zа-яёіјѕԁԛԝһӏ]+")
_SPELT = re.compile(r"(?<!\S)(?:\S[ \t]+){5,}\S(?!\S)")
_NOTE = r"\([^()\n]*\)|【[^【】\n]*】|\[[^\[\]\n]*\]|〔[^〔〕\n]*〕|\{[^{}\n]*\}"
_PIECE = re.compile(
    rf" *(?:{_NOTE})(?= )|"
    r"(?:[^。！？!?；;\n.<“「-]++|[“「][^”」\n]{0,300}[”」]|[^。！？!?；;\n])*?(?:<!--|-->|[。！？!?；;]+[”’」\"')）】]*|\.(?=\s)|\n|\Z)|[^。！？!?；;\n]+"
)
"""A note in brackets at the start of a sentence, or a sentence; what it quotes stays in it."""
_FENCE = re.compile(r"^ *(?:```|~~~).*$", re.MULTILINE)
_BETWEEN = re.compile(r" (?:[/|→·]|->|--?) ")
LISTED, SHORTEST, LONGEST = 100, 30, 400
"""Characters: over the first a sentence is cut between its items, into parts from the second to the third."""


@dataclass(frozen=True)
class Read:
    """`text` as detection reads it, joined from what each character of the original is read as."""

    text: str
    said: Sequence[str]

    @cached_property
    def origin(self) -> array[int]:
        """For each character of the text its index in the original."""
        places = map(repeat, range(len(self.said)), map(len, self.said))
        return array("L", chain.from_iterable(places))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of the characters from `start` up to `end` (not empty), with what is read
        as nothing beside them: invisible letters, accents of their own."""
        first = self.origin[start - 1] + 1 if start else 0
        return first, self.origin[end] if end < len(self.origin) else len(self.said)


class Piece(NamedTuple):
    """A sentence or line by its span in the text as read; `paragraph` and `line` count those before it."""

    start: int
    end: int
    paragraph: int
    line: int


@lru_cache(maxsize=65536)
def _plain(character: str) -> str:
    if character == "\n":
        return "\n"
    if character.isspace():
        return " "
    if 0xE0020 <= ord(character) < 0xE007F:  # tag characters spell ASCII that no one sees
        return chr(ord(character) - 0xE0000).lower()
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Mn"):
        return ""
    return "".join(_ALIKE.get(one, one) for one in unicodedata.normalize("NFKC", character).lower())


def read(text: str) -> Read:
    """Time and memory grow with the length of the text."""
    usual = text.isascii() and text.replace("\n", "").isprintable()
    said = list(text.lower() if usual else map(_plain, text))
    for found in _SPELT.finditer(text):
        for index in range(*found.span()):
            if text[index].isspace():
                said[index] = ""
    return Read("".join(said), said)


def pieces(text: str) -> Iterator[Piece]:
    """Sentences and lines, without the white space around them; long ones are cut."""
    paragraph, line, blank = 0, 0, False
    for found in _PIECE.finditer(text):
        whole = found[0]
        if not whole.strip():
            paragraph += blank and "\n" in whole
            blank = blank or "\n" in whole
            line += "\n" in whole
            continue
        blank = whole.endswith("\n")
        start = found.start() + len(whole) - len(whole.lstrip())
        end = found.start() + len(whole.rstrip())
        for first, last in _parts(text, start, end):
            yield Piece(first, last, paragraph, line)
        line += blank


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence, cut where it is long: a list of keywords has no full stops."""
    first = start
    if end - start > LISTED:
        for found in _BETWEEN.finditer(text, start, end):
            if found.start() - first > SHORTEST:
                yield first, found.start()
                first = found.end()
    for cut in range(first, end, LONGEST):
        yield cut, min(cut + LONGEST, end)


def blocks(text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Of each block of code the spans of the lines that open and close it."""
    fences = [one.span() for one in _FENCE.finditer(text)]
    return zip(fences[::2], fences[1::2], strict=False)


def mixed_words(text: str) -> list[tuple[int, int]]:
    """Spans of words that mix Latin with Cyrillic letters: no language does."""
    if text.isascii():
        return []
    words = _LETTERS.finditer(text.lower())
    return [one.span() for one in words if not one[0].isascii() and any(map(str.isascii, one[0]))]
