"""Which notions of grading, ordering, pleading a text touches: patterns, tried where they may match. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
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

    def holds(self, sentence: str) -> bool:
        if self.literal not in sentence:
            return False
        return not self.pattern or _compiled(self.pattern).search(sentence) is not None


Hints = Sequence[Hint]
Key = str | tuple[str, str]
"""A character, or two that stand side by side."""


def hints(text: str) -> tuple[Hints, Hints, Hints]:
    """Of the text as it is, read from its end, and with its letters moved by thirteen."""
    found: tuple[list[Hint], list[Hint], list[Hint]] = ([], [], [])
    keys, index = _index()
    for key in keys & {*text, *pairwise(text)}:
        for literal, reading, hint in index[key]:
            if literal in text:
                found[reading].append(hint)
    return found


def touched(sentence: str, near: Hints) -> list[str]:
    """Names of the notions in a sentence, as the file orders them, by the hints of the text around it."""
    names: set[str] = set()
    for hint in near:
        if hint.notion not in names and hint.holds(sentence):
            names.add(hint.notion)
    return sorted(names, key=_places().__getitem__)


@cache
def _index() -> tuple[frozenset[Key], Mapping[Key, Sequence[tuple[str, int, Hint]]]]:
    """Each literal and its turned forms, by the one of its pairs of characters that fewest others have."""
    every = [
        (literal, reading, hint)
        for hint in _every()
        for reading, literal in enumerate((hint.literal, *turned(hint.literal)))
    ]
    common = Counter(pair for literal, reading, _ in every if not reading for pair in _pairs(literal))
    index: dict[Key, list[tuple[str, int, Hint]]] = {}
    for one in every:
        index.setdefault(min(_pairs(one[0]), key=common.__getitem__), []).append(one)
    return frozenset(index), index


def _pairs(literal: str) -> Sequence[Key]:
    return list(pairwise(literal)) or [literal]


def _every() -> Iterator[Hint]:
    for notion, patterns in _held().items():
        for pattern in patterns:
            for literal, whole in {_literal(flat) for flat in _spelt(pattern)}:
                yield Hint(literal, notion, "" if whole else pattern)


def _spelt(pattern: str) -> Iterator[str]:
    """The pattern with each choice of its groups written out."""
    found = _GROUP.search(pattern)
    if found is None:
        yield pattern
        return
    for branch in (*found[1].split("|"), *([""] if found[2] else [])):
        yield from _spelt(pattern[: found.start()] + branch + pattern[found.end() :])


def _literal(flat: str) -> tuple[str, bool]:
    """The longest run of characters that every match has, and whether it is the whole pattern."""
    runs = [""]
    for part, repeated in _PART.findall(flat):
        if repeated or part[0] in "[^." or (part[0] == "\\" and part[1].isalnum()):
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
