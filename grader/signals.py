"""Cheap signals between an attempt and a criterion: pure functions of text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from grader.types import Criterion

_WORD = re.compile(r"[a-z]+(?:[-_.+][a-z0-9]+)*[0-9]*|\d+(?:\.\d+)*|[\u4e00-\u9fff]+")
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]*|\n+")
_FULL_STOP = re.compile(r"(?<=[a-z0-9\])][.])\s+(?=[A-Z\"(\[])")
_COMMON = """
a an the of to in on at and or is are was were be been it its this that these those as by for with from into
not no so than then can could may might will would should must do does did have has had which who what when
的 了 是 在 和 与 或 也 都 就 而 及
"""
_STOP = frozenset(_COMMON.split())


def fold(text: str) -> str:
    """Full-width forms, case and odd spaces evened out."""
    return unicodedata.normalize("NFKC", text).lower()


def grams(text: str) -> frozenset[str]:
    """Latin words, numbers, and pairs of neighbouring Chinese characters."""
    found: set[str] = set()
    for run in _WORD.findall(fold(text)):
        if "\u4e00" <= run[0] <= "\u9fff":
            found.update(run[i : i + 2] for i in range(len(run) - 1))
            if len(run) == 1:
                found.add(run)
        else:
            found.add(_stem(run))
    return frozenset(found - _STOP)


def without(text: str, words: frozenset[str]) -> str:
    """A folded text with spaces for what of its grams is among these words."""

    def rest(found: re.Match[str]) -> str:
        run = found[0]
        if not "\u4e00" <= run[0] <= "\u9fff":
            return " " if _stem(run) in words else run
        gone = {
            at + step for at, pair in enumerate(pairwise(run)) if "".join(pair) in words for step in (0, 1)
        }
        return "".join(" " if at in gone else one for at, one in enumerate(run))

    return _WORD.sub(rest, text)


def _stem(word: str) -> str:
    for end in ("ing", "ed", "es", "s"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            return word[: -len(end)]
    return word


def recall(point: str, attempt: frozenset[str]) -> float:
    """Share of the point's grams that the attempt has; 0 for a point without any."""
    wanted = grams(point)
    return len(wanted & attempt) / len(wanted) if wanted else 0.0


def best_recall(points: Sequence[str], attempt: frozenset[str]) -> float:
    return max((recall(point, attempt) for point in points), default=0.0)


def terms(text: str) -> frozenset[str]:
    """Latin terms and numbers only: what carries over between Chinese and English."""
    return frozenset(gram for gram in grams(text) if not "\u4e00" <= gram[0] <= "\u9fff")


def term_recall(points: Sequence[str], attempt: str) -> float:
    wanted = frozenset().union(*(terms(point) for point in points)) if points else frozenset()
    return len(wanted & terms(attempt)) / len(wanted) if wanted else 0.5


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of sentences in the text, without surrounding space."""
    spans: list[tuple[int, int]] = []
    for match in _SENTENCE.finditer(text):
        piece = match.group()
        if piece.strip():
            start = match.start() + len(piece) - len(piece.lstrip())
            spans.append((start, match.start() + len(piece.rstrip())))
    return spans


def quotable(text: str) -> list[tuple[int, int]]:
    """Spans short enough to quote: sentences, cut at full stops of Latin scripts as well."""
    spans: list[tuple[int, int]] = []
    for start, end in sentences(text):
        cuts = [start, *(start + stop.end() for stop in _FULL_STOP.finditer(text[start:end])), end]
        spans += [(one, other) for one, other in pairwise(cuts) if text[one:other].strip()]
    return [
        (end - len(text[start:end].lstrip()), start + len(text[start:end].rstrip())) for start, end in spans
    ]


def mistake_lean(claim: str, mistakes: Sequence[str], attempt: frozenset[str]) -> float:
    """How much more of a common mistake's own grams than of the claim's own grams the attempt has."""
    base = grams(claim)
    lean = 0.0
    for mistake in mistakes:
        wrong, right = grams(mistake) - base, base - grams(mistake)
        if wrong and right:
            lean = max(lean, len(wrong & attempt) / len(wrong) - len(right & attempt) / len(right))
    return lean


def others(scores: Sequence[float]) -> list[float]:
    """For each criterion the mean over the answer's other criteria; its own value where it is alone."""
    total = sum(scores)
    return [(total - one) / (len(scores) - 1) if len(scores) > 1 else one for one in scores]


def shortness(attempt: frozenset[str]) -> float:
    """Near 1 for a few words, half at fifteen grams, near 0 for a paragraph."""
    return 1 / (1 + ((len(attempt) + 1) / 16) ** 4)


def words(criterion: Criterion, attempt: str) -> dict[str, float]:
    """What the attempt's words alone say of a criterion, by name; each in [0, 1]."""
    whole = grams(attempt)
    claim, points = criterion.judged, (criterion.judged, *criterion.accept)
    parts = [recall(part, whole) for part in criterion.parts] or [recall(claim, whole)]
    overlap, short = best_recall(points, whole), shortness(whole)
    return {
        "overlap": overlap,
        "overlap_parts": sum(parts) / len(parts),
        "terms": term_recall(points, attempt),
        "short": short,
        "overlap_short": overlap * short,
    }
