"""What a sentence shows: which notions of grading, ordering and pleading it touches, and its words. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from itertools import combinations
from pathlib import Path

FILE = Path(__file__).with_name("notions.json")
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
STEM = 6


@cache
def _notions() -> Mapping[str, re.Pattern[str]]:
    held = json.loads(FILE.read_text("utf-8"))
    return {name: re.compile("|".join(alternatives)) for name, alternatives in held.items()}


def own_words(sentence: str) -> str:
    """The sentence without what it quotes, when it tells of attacks or gives an example."""
    return _QUOTED.sub("“”", sentence) if _notions()[ABOUT].search(sentence) else sentence


def notions(sentence: str) -> list[str]:
    """Names of the notions a sentence (as `reading.read` gives it) touches, and pairs of them."""
    found = [name for name, pattern in _notions().items() if name != ABOUT and pattern.search(sentence)]
    pairs = combinations((name for name in found if name in PAIRED), 2)
    return ["~" + name for name in found] + [f"~{one}+{other}" for one, other in pairs]


def grams(sentence: str) -> set[str]:
    """Latin words and pairs of them, pairs and triples of Chinese characters, runs of marks."""
    found: set[str] = set()
    before = ""
    for run in _WORD.findall(sentence):
        if "\u4e00" <= run[0] <= "\u9fff":
            found.update(run[i : i + size] for size in (2, 3) for i in range(len(run) - size + 1))
            before = ""
            continue
        run = ("1" if run == "1" else "0") if run[0].isdigit() else run[:STEM]
        found.update((run, f"{before} {run}"))
        before = run
    return found
