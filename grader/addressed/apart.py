"""Sentences that stand apart from the answer they are in: nothing of the points, or no prose of its. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf
from typing import NamedTuple

from grader import signals
from grader.addressed.marking import DOUBTED, Weighed
from grader.addressed.reading import blocks

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
"""Log-odds for a line of its own without a word of the points or the question, but for code and formulas."""
HEADED = 0.5
"""The same for the heading of something that has some; a bold line has its marks to its credit in the fit."""
FORM = 1.0
"""Log-odds off for code or a formula, where no sentence stands in it: they say little by themselves."""
LINES = 4
"""Lines from which a paragraph is a listing, all of whose lines stand together."""
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
_FORMAL = re.compile(r"[\w)\]] ?[=≈∝] ?[-+√(\w]|[=!<>]=|\w\([^()\n]*\) *$|[a-z]_[a-z]")
_PROSE = re.compile(r"(?:[a-z]{2,}[,:]? ){3}[a-z]{2,}|[\u4e00-\u9fff]{6}")
_CODE = re.compile(r"(?=[-\s/]*[.\d])[\d.\-\s/]{10,}")
_PICTURE = re.compile(r"[\u2600-\u27bf\U0001f300-\U0001faff]")
_ITEM = re.compile(r" *(?:[|>*•–-]|\d{1,2}[.)、]|(?:[qa]|问|答)[:：])")
_HEADING = re.compile(r"#{1,6} .*|[^。.!?\n]{1,60}[:：]")
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


class _Sentence(NamedTuple):
    """A piece with its words; `odd`: no prose of the answer's language; `formal`: code, or a formula."""

    one: Weighed
    words: frozenset[str]
    odd: bool
    formal: bool


def lifted(
    text: str, weighed: Sequence[Weighed], subject: Subject, loud: Callable[[str], float]
) -> list[Weighed]:
    """The pieces as suspicious as the rubric makes them; `text` as read. `loud` tells a sentence's log-odds.

    Only doubting may follow: it proves nothing, but what has no word of the points hardly earns by itself,
    nor does what speaks of them to somebody.
    """
    listed = _listed(text, weighed)
    lines = [list(each) for _, each in groupby(_sentences(text, weighed), lambda each: _line(listed, each))]
    told = [any(each.words & (subject.points | subject.title) for each in line) for line in lines]
    some, found = any(told), []
    for line, heading, here in zip(lines, _headings(text, lines, told), told, strict=True):
        lone = (HEADED if heading else OWN_LINE) if some and not here else 0.0
        for each in line:
            alone = lone if not each.formal and _worded(text, each.one) else 0.0
            moved = each.one.loud + _lift(each, subject, alone) - FORM * each.formal
            found.append(each.one._replace(loud=max(_named(text, each, subject, loud), moved)))
    return found


def _headings(text: str, lines: Sequence[Sequence[_Sentence]], told: Sequence[bool]) -> list[bool]:
    """Which lines head something that has words of the points, or a heading that does."""
    heads, below = [], False
    for line, here in zip(reversed(lines), reversed(told), strict=True):
        span = line[0].one.piece.start, line[-1].one.piece.end
        heads.append(below and _HEADING.fullmatch(text, *span) is not None)
        below = here or heads[-1]
    return heads[::-1]


def _sentences(text: str, weighed: Sequence[Weighed]) -> Iterator[_Sentence]:
    code = [(opening[0], closing[1]) for opening, closing in blocks(text)]
    for one, odd in zip(weighed, _odd_ones(text, weighed), strict=True):
        said = _said(text, one)
        place = bisect_right(code, one.piece.start, key=lambda block: block[0]) - 1
        inside = place >= 0 and one.piece.start < code[place][1]
        formal = (inside or _FORMAL.search(said) is not None) and _PROSE.search(said) is None
        yield _Sentence(one, signals.grams(said), odd, formal)


def _listed(text: str, weighed: Sequence[Weighed]) -> frozenset[int]:
    """Lines of a list, a table or another listing: by what begins them, or by how many there are."""
    firsts = {one.piece.line: one.piece for one in reversed(weighed)}
    many = Counter(one.paragraph for one in firsts.values())
    return frozenset(
        line for line, one in firsts.items() if many[one.paragraph] >= LINES or _ITEM.match(text, one.start)
    )


def _line(listed: frozenset[int], each: _Sentence) -> tuple[int, int]:
    """What it stands in: a line, or all lines of a listing together."""
    piece = each.one.piece
    return (piece.paragraph, -1 if piece.line in listed else piece.line)


def _odd_ones(text: str, weighed: Sequence[Weighed]) -> list[bool]:
    """Which pieces are odd, none where most of the text is: an answer may be in any language."""
    odd = [one.loud > LEAST and _odd(_said(text, one)) for one in weighed]
    size = sum(len(_said(text, one)) for one, on in zip(weighed, odd, strict=True) if on)
    return odd if 2 * size < len(text) else [False] * len(odd)


def _said(text: str, one: Weighed) -> str:
    return text[one.piece.start : one.piece.end]


def _worded(text: str, one: Weighed) -> bool:
    """False for marks, and where the shortness of the sentence has held its log-odds down."""
    return one.loud != DOUBTED and len(_LETTER.findall(_said(text, one))) >= FEWEST_LETTERS


def _named(text: str, each: _Sentence, subject: Subject, loud: Callable[[str], float]) -> float:
    """The log-odds of what a sentence says about the points that it names, if it is more than a label."""
    one = each.one
    if one.loud < NEVER or each.words.isdisjoint(subject.points):
        return -inf
    label = _LABEL.match(text, one.piece.start, one.piece.end)
    start = label.end() if label else one.piece.start
    rest = signals.without(text[start : one.piece.end], subject.points | subject.title)
    if len(_LETTER.findall(rest)) + len(_CHINESE.findall(rest)) < SAYS:
        return -inf
    odds = loud(rest)
    return odds if odds > NAMED else -inf


def _lift(each: _Sentence, subject: Subject, alone: float) -> float:
    told = len(each.words & subject.points - subject.title)
    if told >= max(ENOUGH, SHARE * len(each.words)):
        return -inf
    odd = each.odd and each.words.isdisjoint(subject.points)
    return ODD * odd + alone - TOLD * told


def _odd(said: str) -> bool:
    """Another script, Latin that is not English, a code, pictures alone, one word again and again."""
    if len(_FOREIGN.findall(said)) > 1 or _SPELT.search(said) or len(_MIXED.findall(said)) > 1:
        return True
    if len(said) > 3 * len(set(said)) and _AGAIN.search(said):
        return True
    if len(said) > 3 * len(_LETTER.findall(said)):
        return len(_PICTURE.findall(said)) > 2 or _CODE.search(said) is not None
    words = [] if _FORMAL.search(said) else _LATIN.findall(said)
    return len(words) >= FEWEST and _CHINESE.search(said) is None and _ENGLISH.isdisjoint(words)
