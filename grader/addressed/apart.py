"""Sentences that stand apart from the answer they are in: nothing of the points, or no prose of its. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf

from grader import signals
from grader.addressed.marking import DOUBTED, Weighed

TOLD = 1.0
"""Log-odds off for each word of the points that a sentence has."""
ENOUGH, SHARE = 3, 0.1
"""Words of the points, as a count and as a share of its own, with which a sentence is part of the answer."""
NAMED = 2.0
"""Log-odds without these words over which it is not: an order may name the points, too."""
SAYS = 7
"""Letters without these words, a Chinese one for two, from which a sentence says something about them."""
NEVER = -8.0
"""Log-odds with them under which that is not asked, to save time."""
OWN_LINE = 2.5
"""Log-odds for a line of its own that has no word of the points or the question, and is no formula."""
ODD = 2.5
"""Log-odds for what is no prose of a language that the rest of the answer is in, or no prose at all."""
LEAST = DOUBTED - ODD - OWN_LINE
"""Log-odds that no ground makes suspicious."""
FEWEST_LETTERS = 3
"""Letters from which a line says anything: what encoding errors leave behind is less."""
FEWEST = 5
"""Words from which a sentence shows what language it is in."""

_SCRIPTS = "а-яё\u0590-\u06ff\u0900-\u0dff\u0e00-\u0eff\u1000-\u10ff\u3040-\u30ff\uac00-\ud7af"
_FOREIGN = re.compile(rf"[{_SCRIPTS}]|[a-z][γδθλμξπσςφψζ][a-z]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[a-zà-ɏ]{2,}")
_LETTER = re.compile(r"[^\W\d_]")
_FORMULA = re.compile(r"[\w)\]] ?[=≈∝] ?[-+√(\w]")
_CODE = re.compile(r"(?=[-\s/]*[.\d])[\d.\-\s/]{10,}")
_PICTURE = re.compile(r"[\u2600-\u27bf\U0001f300-\U0001faff]")
_ITEM = re.compile(r" *(?:[|>*•–-]|\d{1,2}[.)、])")
_SPELT = re.compile(r"(?<![a-z])[a-z](?:[-·._*][a-z](?![a-z])){3}")
_AGAIN = re.compile(r"([^\W\d_]{1,9}?)(?:\W{0,3}\1){4}")
_COUNT = r"[\d一二三四五六七八九十]*"
_LABEL = re.compile(
    rf"[^\w\n]*(?:\d+[^\w\n]+)?(?:我的|标准|参考|核心|关键|本题|my |key )?(?:第{_COUNT}个?)?"
    rf"(?:[要考]点|[得采]分要?点|点|答案?|回答|解答|points?|answers?|[qa]) ?{_COUNT}(?:是|[^\w\n]+)"
)
_MIXED = re.compile(r"(?<![\w.])(?:[a-z]+\d+[a-z]|\d+[a-z]+\d)\w*")
_USUAL = """
a about after al all also an and any are as at be because been before best better both but by can could did
do does each et every few first for from good had has have he her here his how i if in instead into is isn't
it its just last less like many may more most much must my need needs never next no not nothing now of often
on once one only or other our out over per same second see she should so some still such than that the their
them then there these they third this those three to too two under until up use used uses using very vs was
we well were what when where which while who why will with without would yes yet you your
"""
_ENGLISH = frozenset(_USUAL.split())


@dataclass(frozen=True)
class Subject:
    """What the answer is to talk of: the words of the points, and those of the question."""

    points: frozenset[str]
    title: frozenset[str]


def lifted(
    text: str, weighed: Sequence[Weighed], subject: Subject, loud: Callable[[str], float]
) -> list[Weighed]:
    """The pieces as suspicious as the rubric makes them; `text` as read. `loud` tells a sentence's log-odds.

    Only doubting may follow: it proves nothing, but what has no word of the points hardly earns by itself,
    nor does what speaks of them to somebody.
    """
    odd = _odd_ones(text, weighed)
    found = [(one, signals.grams(_said(text, one)), on) for one, on in zip(weighed, odd, strict=True)]
    listed = _listed(text, weighed)
    lines = [list(each) for _, each in groupby(found, lambda each: _line(listed, each[0]))]
    told = [any(own & (subject.points | subject.title) for _, own, _ in line) for line in lines]
    some = any(told)
    return [
        one._replace(
            loud=max(
                _named(text, one, own, subject, loud),
                one.loud + _lift(own, subject, odd=on, alone=alone and _worded(text, one)),
            )
        )
        for line, alone in zip(lines, [some and not here for here in told], strict=True)
        for one, own, on in line
    ]


def _listed(text: str, weighed: Sequence[Weighed]) -> frozenset[int]:
    """Lines that are items of a list or rows of a table, by what begins them."""
    firsts = {one.piece.line: one.piece.start for one in reversed(weighed)}
    return frozenset(line for line, start in firsts.items() if _ITEM.match(text, start))


def _line(listed: frozenset[int], one: Weighed) -> tuple[int, int]:
    """What it stands in: a line, or all items of a list and rows of a table together."""
    return (one.piece.paragraph, -1 if one.piece.line in listed else one.piece.line)


def _odd_ones(text: str, weighed: Sequence[Weighed]) -> list[bool]:
    """Which pieces are odd, none where most of the text is: an answer may be in any language."""
    odd = [one.loud > LEAST and _odd(_said(text, one)) for one in weighed]
    size = sum(len(_said(text, one)) for one, on in zip(weighed, odd, strict=True) if on)
    return odd if 2 * size < len(text) else [False] * len(odd)


def _said(text: str, one: Weighed) -> str:
    return text[one.piece.start : one.piece.end]


def _worded(text: str, one: Weighed) -> bool:
    """False for marks and formulas, and where the shortness of the sentence has held its log-odds down."""
    said = _said(text, one)
    return (
        one.loud != DOUBTED and _FORMULA.search(said) is None and len(_LETTER.findall(said)) >= FEWEST_LETTERS
    )


def _named(
    text: str, one: Weighed, own: frozenset[str], subject: Subject, loud: Callable[[str], float]
) -> float:
    """The log-odds of what a sentence says about the points that it names, if it is more than a label."""
    if one.loud < NEVER or own.isdisjoint(subject.points):
        return -inf
    label = _LABEL.match(text, one.piece.start, one.piece.end)
    start = label.end() if label else one.piece.start
    rest = signals.without(text[start : one.piece.end], subject.points | subject.title)
    if len(_LETTER.findall(rest)) + len(_CHINESE.findall(rest)) < SAYS:
        return -inf
    odds = loud(rest)
    return odds if odds > NAMED else -inf


def _lift(own: frozenset[str], subject: Subject, *, odd: bool, alone: bool) -> float:
    told = len(own & subject.points - subject.title)
    if told >= max(ENOUGH, SHARE * len(own)):
        return -inf
    return ODD * (odd and not own & subject.points) + OWN_LINE * alone - TOLD * told


def _odd(said: str) -> bool:
    """Another script, Latin that is not English, a code, pictures alone, one word again and again."""
    if len(_FOREIGN.findall(said)) > 1 or _SPELT.search(said) or len(_MIXED.findall(said)) > 1:
        return True
    if len(said) > 3 * len(set(said)) and _AGAIN.search(said):
        return True
    if len(said) > 3 * len(_LETTER.findall(said)):
        return len(_PICTURE.findall(said)) > 2 or _CODE.search(said) is not None
    words = [] if _FORMULA.search(said) else _LATIN.findall(said)
    return len(words) >= FEWEST and _CHINESE.search(said) is None and _ENGLISH.isdisjoint(words)
