"""What a fitted calibration does to verdicts: probabilities from a verdict and cheap signals. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grader import scoring, signals
from grader.agreement.logistic import chance
from grader.types import Attempt, Coverage, Criterion, JudgeCard, Lang, Rubric, Verdict

SIGNALS = ("some", "all", "sure", "sure_partial", "contradicted", "unsupported", "overlap", "others")
PRIOR_PARTIAL = (0.0, 1.5, 0.5, 0.75, 0.75, 0.0, 0.0, 0.0, 0.0)
PRIOR_COVERED = (-0.5, 0.5, 2.0, 0.75, -0.75, 0.0, 0.0, 0.0, 0.0)
"""Intercept and weights that say what the judge says: what a fit without labels would be."""
MOVED: Mapping[Lang, str] = {
    "en": " (calibrated; the judge said {said})",
    "zh": "（已校准；评分模型原判：{said}）",
}
SAID: Mapping[Lang, Mapping[str, str]] = {
    "en": {"covered": "covered", "partial": "partly covered", "missing": "missing"},
    "zh": {"covered": "答到", "partial": "部分答到", "missing": "未答到"},
}
UNSURE: Mapping[Lang, Mapping[str, str]] = {
    "en": {
        "under": " (needs review: {sure}, and this calibration is right in {rate:.0%} from {least:.3g} on)",
        "asks": " (needs review: {sure}, and this calibration asks for {least:.3g})",
        "never": " (needs review: no confidence was found from which on this calibration is right enough)",
        "sure": "confidence {confidence:.3g}",
        "unknown": "no confidence",
    },
    "zh": {
        "under": "（需人工复核：{sure}，此校准在 {least:.3g} 及以上时有 {rate:.0%} 判对）",
        "asks": "（需人工复核：{sure}，此校准要求 {least:.3g}）",
        "never": "（需人工复核：此校准未找到判对率足够高的置信度）",
        "sure": "置信度 {confidence:.3g}",
        "unknown": "无置信度",
    },
}


@dataclass(frozen=True)
class Chances:
    """The probability that a criterion is at least partly covered, and that it is covered."""

    some: float
    full: float

    @property
    def coverage(self) -> Coverage:
        """By the expected credit: what loses least where a miss by two levels counts four times."""
        credit = (self.some + self.full) / 2
        return "covered" if credit > 0.75 else "partial" if credit > 0.25 else "missing"

    def of(self, coverage: Coverage) -> float:
        """The probability of that coverage."""
        by_coverage = {"covered": self.full, "partial": self.some - self.full, "missing": 1 - self.some}
        return by_coverage[coverage]


Heads = tuple[tuple[float, ...], tuple[float, ...]]
"""At least partly covered, and covered."""


def chances(heads: Heads, row: Sequence[float]) -> Chances:
    """What both heads say of a row of signals."""
    some = chance(heads[0], row)
    return Chances(some, min(some, chance(heads[1], row)))


@dataclass(frozen=True, kw_only=True)
class Correction:
    """A fitted calibration: numbers, and the hashes of what they hold for.

    `moves`: it changes coverage; `mends`: it changes confidence. Each where held-out labels showed a gain.
    `review`: a verdict under that confidence is for people to look at; None: not asked for. `rate`: the share
    right over it that was asked for, for the reason that people read; None: not known.
    """

    id: str
    model: str
    strategy: str
    prompts: tuple[str, ...]
    rubrics: tuple[tuple[str, str], ...]
    partial: tuple[float, ...]
    covered: tuple[float, ...]
    moves: bool
    mends: bool
    review: float | None = None
    rate: float | None = None

    def chances(self, row: Sequence[float]) -> Chances:
        """Of one row of signals."""
        return chances((self.partial, self.covered), row)


def voided(correction: Correction, card: JudgeCard, question: str) -> str:
    """Why the calibration is not for grades with that card, in words; "" when it is."""
    if (correction.model, correction.strategy) != (card.model, card.strategy):
        return f"it is for {correction.model}, {correction.strategy}"
    if card.prompt not in correction.prompts:
        return "it was not fitted with this prompt"
    if dict(correction.rubrics).get(question, card.rubric) != card.rubric:
        return f"it was fitted with another rubric of {question}"
    return ""


def corrected(
    correction: Correction, rubric: Rubric, attempt: Attempt, verdicts: Sequence[Verdict], lang: Lang
) -> tuple[Verdict, ...]:
    """The verdicts with calibrated confidence and, where it moves, coverage, whose credit is then open.

    A contradiction stays one. The reason of what is for people says by which threshold.
    """
    found = []
    for verdict, row in zip(verdicts, rows(rubric, attempt, verdicts), strict=True):
        if row is None or verdict.coverage is None or not (correction.moves or correction.mends):
            found.append(verdict)
            continue
        odds = correction.chances(row)
        coverage = verdict.coverage
        if correction.moves and not verdict.contradicted:
            coverage = odds.coverage
        sure = round(odds.of("missing" if verdict.contradicted else coverage), 3)
        moved = replace(verdict, coverage=coverage, confidence=sure)
        if coverage != verdict.coverage:
            words = MOVED[lang].format(said=SAID[lang][verdict.coverage])
            moved = replace(moved, credit=None, reason=verdict.reason + words)
        found.append(moved)
    return tuple(
        replace(one, reason=one.reason + _why(correction, one.confidence, lang))
        if one.coverage is not None and _unsure(correction, rubric, one)
        else one
        for one in found
    )


def doubtful(correction: Correction, rubric: Rubric, verdicts: Sequence[Verdict]) -> bool:
    """Whether any verdict that counts is one for people."""
    return any(_unsure(correction, rubric, one) for one in verdicts)


def _unsure(correction: Correction, rubric: Rubric, verdict: Verdict) -> bool:
    counts = any(one.id == verdict.criterion and not one.optional for one in rubric.criteria)
    least, sure = correction.review, verdict.confidence
    return counts and least is not None and (sure is None or sure < least)


def _why(correction: Correction, sure: float | None, lang: Lang) -> str:
    """The threshold in words: it is learned, so that nobody can know it from the confidence alone."""
    words, least = UNSURE[lang], correction.review or 0.0
    if least > 1:
        return words["never"]
    said = words["unknown"] if sure is None else words["sure"].format(confidence=sure)
    kind = "asks" if correction.rate is None else "under"
    return words[kind].format(sure=said, least=least, rate=correction.rate)


def rows(rubric: Rubric, attempt: Attempt, verdicts: Sequence[Verdict]) -> list[tuple[float, ...] | None]:
    """The signals of each verdict in the order of SIGNALS; None for one without coverage."""
    words = signals.grams(attempt.text)
    credits = [scoring.credit(replace(one, label=None)) or 0.0 for one in verdicts]
    by_id = {one.id: one for one in rubric.criteria}
    return [
        _row(one, by_id.get(one.criterion), words, others) if one.coverage is not None else None
        for one, others in zip(verdicts, signals.others(credits), strict=True)
    ]


def _row(
    verdict: Verdict, criterion: Criterion | None, words: frozenset[str], others: float
) -> tuple[float, ...]:
    coverage = "missing" if verdict.contradicted else verdict.coverage
    sign = {"covered": 1.0, "missing": -1.0}.get(coverage or "", 0.0)
    points = (criterion.judged, *criterion.accept) if criterion else ()
    sure = 0.0 if verdict.confidence is None else 4 * (verdict.confidence - 0.5)
    return (
        -1.0 if coverage == "missing" else 1.0,
        1.0 if coverage == "covered" else -1.0,
        sign * sure,
        0.0 if sign else sure,
        float(verdict.contradicted),
        float(scoring.unsupported(replace(verdict, label=None))),
        2 * signals.best_recall(points, words) - 1,
        2 * others - 1,
    )
