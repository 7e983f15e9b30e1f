"""Probabilities of a decision model become a verdict, in words of the rubric. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from grader.types import CREDIT, Coverage, Criterion, Evidence, Lang, Verdict

Odds = Mapping[str, float]
TOLERANCE = 0.02
"""How far probabilities may miss a sum of 1: some endpoints round to two places."""

REASON: Mapping[Lang, Mapping[str, str]] = {
    "en": {
        "covered": "Probability {p:.0%} that the answer says all of: {claim}",
        "partial": "Probability {p:.0%} that the answer says some of: {claim}",
        "missing": "Probability {p:.0%} that no sentence says: {claim}",
        "contradicted": "Probability {p:.0%} that the answer says the opposite of: {claim}",
        "parts": " Its parts: {parts}.",
        "mistakes": " Common mistakes: {mistakes}.",
        "join": "; ",
    },
    "zh": {
        "covered": "{p:.0%} 的概率说全了：{claim}",
        "partial": "{p:.0%} 的概率只说到一部分：{claim}",
        "missing": "{p:.0%} 的概率没有一句说到：{claim}",
        "contradicted": "{p:.0%} 的概率说反了：{claim}",
        "parts": " 各部分：{parts}。",
        "mistakes": " 常见错误：{mistakes}。",
        "join": "；",
    },
}


def distribution(said: Odds, options: Collection[str]) -> Odds | str:
    """The probabilities of exactly these options, their sum evened out to 1; or what is wrong with them."""
    if not said:
        return "no answer"
    if strange := [one for one in said if one not in options]:
        return f"an answer that was no option: {strange[0][:40]!r}"
    if absent := [one for one in options if one not in said]:
        return f"no probability for {', '.join(absent[:3])}"
    total = math.fsum(said.values())
    if any(not 0 <= one <= 1 for one in said.values()) or not abs(total - 1) <= TOLERANCE:
        return f"numbers that are no probabilities: their sum is {total:.2f}"
    return {one: said[one] / total for one in options}


def verdict(
    criterion: Criterion, odds: Mapping[str, Odds], text: str, spans: Sequence[tuple[int, int]], lang: Lang
) -> Verdict:
    """`odds`: of coverage and contradicted, and of evidence where it is usable.

    The coverage is the level nearest to the mean of its distribution, which agrees better with people than
    the likeliest level does (shared/judging.md, 5). The confidence is the less certain of the two answers',
    or that of the contradiction where there is one, since it decides alone.
    """
    levels = odds["coverage"]
    mean = sum(CREDIT[level] * one for level, one in levels.items())
    coverage: Coverage = "covered" if mean > 0.75 else "partial" if mean >= 0.25 else "missing"
    yes = odds["contradicted"]["yes"]
    against = yes > 0.5
    certain = yes if against else min(levels[coverage], 1 - yes)
    shown = against or coverage != "missing"
    return Verdict(
        criterion=criterion.id,
        coverage=coverage,
        contradicted=against,
        evidence=_evidence(odds.get("evidence", {}), text, spans) if shown else (),
        reason=_reason(criterion, coverage, yes if against else levels[coverage], against=against, lang=lang),
        confidence=round(certain, 3),
    )


def _evidence(odds: Odds, text: str, spans: Sequence[tuple[int, int]]) -> tuple[Evidence, ...]:
    """The likeliest sentence, unless none is likelier."""
    best = max(odds, key=lambda one: odds[one], default="none")
    if best == "none":
        return ()
    start, end = spans[int(best) - 1]
    return (Evidence(quote=text[start:end], start=start, end=end, state="verified"),)


def _reason(criterion: Criterion, coverage: Coverage, sure: float, *, against: bool, lang: Lang) -> str:
    words = REASON[lang]
    said = words["contradicted" if against else coverage].format(p=sure, claim=criterion.judged)
    if against and criterion.mistakes:
        return said + words["mistakes"].format(mistakes=words["join"].join(criterion.mistakes))
    if coverage == "partial" and len(criterion.parts) > 1:
        return said + words["parts"].format(parts=words["join"].join(criterion.parts))
    return said
