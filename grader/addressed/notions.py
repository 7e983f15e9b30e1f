"""Which notions of grading, ordering, pleading a text touches: patterns, tried where they may match. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from grader.addressed.encoded import turned

FILE = Path(__file__).with_name("notions.json")
"""Names, each with patterns: plain groups, marks of repetition, classes, no bar outside a group."""
_GROUP = re.compile(r"\(\?:([^()]*)\)(\??)")
_PART = re.compile(r"(\\.|\[(?:\\.|[^\]])*\]|.)([?*+]|\{[^}]*\})?")


@dataclass(frozen=True)
class Hint:
    """Where `literal` stands, `notion` may be; it is where `pattern` matches, and at once without one."""

    literal: str
    notion: str
    pattern: str

    def fits(self, sentence: str) -> bool:
        """True when the notion is in the sentence, which holds the literal."""
        return not self.pattern or _compiled(self.pattern).search(sentence) is not None


Hints = Sequence[Hint]
LONG = 24
"""Characters over which a Latin word is none that comes again."""


def hints(text: str) -> tuple[Hints, Hints, Hints]:
    """Of the text as it is, read from its end, and with its letters moved by thirteen."""
    found: tuple[list[Hint], list[Hint], list[Hint]] = ([], [], [])
    words = set(text.split())
    usual = {word for word in words if len(word) <= LONG and word.isascii()}
    every = _every()
    for place in _in(" ".join(words - usual)).union(*map(_in_word, usual)):
        _, reading, hint = every[place]
        found[reading].append(hint)
    return found


@lru_cache(maxsize=16_384)
def _in_word(word: str) -> frozenset[int]:
    return _in(word)


def _in(text: str) -> frozenset[int]:
    """Places among all literals of those in a text, by the pairs of characters in it."""
    every, index = _every(), _index()
    keys = _keys() & {*text, *pairwise(text)}
    return frozenset([place for key in keys for place in index[key] if every[place][0] in text])


@cache
def _keys() -> frozenset[str | tuple[str, str]]:
    return frozenset(_index())


def touched(sentence: str, near: Hints) -> list[str]:
    """Names of the notions in a sentence, as the file orders them, by the hints of the text around it."""
    names: set[str] = set()
    for hint in near:
        if hint.literal in sentence and hint.notion not in names and hint.fits(sentence):
            names.add(hint.notion)
    return sorted(names, key=_places().__getitem__) if names else []


@cache
def _index() -> Mapping[str | tuple[str, str], Sequence[int]]:
    """Places of literals by the one of their pairs of characters that fewest others have."""
    common = Counter(pair for literal, reading, _ in _every() if not reading for pair in _pairs(literal))
    index: dict[str | tuple[str, str], list[int]] = {}
    for place, (literal, _, _) in enumerate(_every()):
        index.setdefault(min(_pairs(literal), key=common.__getitem__), []).append(place)
    return index


def _pairs(literal: str) -> Sequence[str | tuple[str, str]]:
    return list(pairwise(literal)) or [literal]


@cache
def _every() -> Sequence[tuple[str, int, Hint]]:
    """Each literal as it is and turned, with the number of its reading."""
    found: list[tuple[str, int, Hint]] = []
    for notion, patterns in _held().items():
        for pattern in patterns:
            for literal, whole in {_literal(flat) for flat in _spelt(pattern)}:
                hint = Hint(literal, notion, "" if whole else pattern)
                found += [(said, reading, hint) for reading, said in enumerate((literal, *turned(literal)))]
    return found


def _spelt(pattern: str) -> Iterator[str]:
    """The pattern with each choice of its groups written out."""
    found = _GROUP.search(pattern)
    if found is None:
        yield pattern
        return
    for branch in (*found[1].split("|"), *([""] if found[2] else [])):
        yield from _spelt(pattern[: found.start()] + branch + pattern[found.end() :])


def _literal(flat: str) -> tuple[str, bool]:
    """The longest run of characters in a word that every match has, and whether it is the whole pattern."""
    runs = [""]
    for part, repeated in _PART.findall(flat):
        if repeated or part[0] in "[^. " or (part[0] == "\\" and part[1].isalnum()):
            runs.append("")
        else:
            runs[-1] += part[-1]
    return max(runs, key=len), len(runs) == 1


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _held() -> Mapping[str, Sequence[str]]:
    held: dict[str, list[str]] = json.loads(FILE.read_text("utf-8"))
    return held


@cache
def _places() -> Mapping[str, int]:
    return {notion: place for place, notion in enumerate(_held())}
