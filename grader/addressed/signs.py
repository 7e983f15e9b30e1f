"""What a sentence shows: notions of grading, ordering and pleading, pairs of them, and its words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations
from operator import add

from grader.addressed.notions import Hints, touched

ABOUT = "about"
"""The notion of telling of attacks or giving examples: what such a sentence quotes is not its own."""
PAIRED = frozenset(
    (
        "grader",
        "candidate",
        "points",
        "best",
        "give",
        "override",
        "office",
        "order",
        "role",
        "you",
        "lost",
        "plea",
    )
)
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|[\u4e00-\u9fff]+|\d+|[^\sa-z\d\u4e00-\u9fff]+")
_QUOTED = re.compile(r"[“「‘][^”」’\n]*[”」’]|\"[^\"\n]*\"|`[^`\n]+`|<\|.*?\|>")
STEM = 5


def own(sentence: str, near: Hints) -> tuple[str, list[str]]:
    """The sentence without what it quotes, when it tells of attacks or gives an example; its notions."""
    names = touched(sentence, near)
    if ABOUT not in names:
        return sentence, named(names)
    words = _QUOTED.sub("“”", sentence)
    return words, notions(words, near)


def notions(sentence: str, near: Hints) -> list[str]:
    """Names of the notions a sentence (as `reading.read` gives it) touches, and pairs of them."""
    return named(touched(sentence, near))


def named(touched: Iterable[str]) -> list[str]:
    """The signs that these notions are, alone and in pairs."""
    found = [name for name in touched if name != ABOUT]
    pairs = combinations((name for name in found if name in PAIRED), 2)
    return ["~" + name for name in found] + [f"~{one}+{other}" for one, other in pairs]


def grams(sentence: str) -> set[str]:
    """Latin words and pairs of them, Chinese characters and pairs of them, runs of marks."""
    found: set[str] = set()
    before = ""
    for run in _WORD.findall(sentence):
        if "\u4e00" <= run[0] <= "\u9fff":
            found.update(run, map(add, run, run[1:]))
            before = ""
            continue
        run = ("1" if run == "1" else "0") if run[0].isdigit() else run[:STEM]
        found.add(run)
        found.add(f"{before} {run}")
        before = run
    return found
