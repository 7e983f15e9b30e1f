"""A calibration from labels, judged on questions that it was not fitted on; pure arithmetic."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from grader.agreement import kappas, numbers
from grader.agreement.differences import Difference, difference
from grader.agreement.intervals import Interval, intervals
from grader.agreement.kappas import QUADRATIC
from grader.agreement.logistic import fit
from grader.agreement.pairs import LEVEL, Pair
from grader.calibration.joining import Beside
from grader.strategies import correction
from grader.strategies.correction import PRIOR_COVERED, PRIOR_PARTIAL, Chances, Heads, chances

PENALTIES = (0.5, 2.0, 8.0)
ENOUGH = 400
"""Labels from which on the penalty hardly matters and is not looked for."""
FOLDS = 5
LEAST = 10
MARGIN = 0.5
"""Standard errors. Without them .87 of what was not flagged was right, not .9: benchmarks/learning.py."""


@dataclass(frozen=True)
class Sample:
    """A pair with its signals; `unit` is the question, or the answer where there are few questions."""

    pair: Pair
    row: tuple[float, ...]
    unit: str
    contradicted: bool


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Both heads and what held-out labels say of them; `before` and `after` hold the same figures.

    `moves`: verdicts change, since the gain lies over 0 with its whole interval; `mends`: confidences change,
    since there were none, or since their Brier score falls beyond noise (`brier_95`: of after minus before).

    `review`: the confidence under which a verdict is for people; `unflagged`: the held-out share of verdicts
    over it, `right`: how many of those are right; None where no threshold was found.
    """

    heads: Heads
    moves: bool
    mends: bool
    brier_95: Interval | None
    count: int
    units: int
    unit: str
    gain: Difference
    before: Mapping[str, float | None]
    after: Mapping[str, float | None]
    right_rate: float
    review: float
    unflagged: float
    right: float | None
    right_95: Interval | None

    def held_out(self) -> dict[str, Any]:
        """JSON-ready, without the numbers of the fit itself."""
        return {name: value for name, value in asdict(self).items() if name != "heads"}


def samples(beside: Sequence[Beside]) -> list[Sample]:
    """With signals from the judge's own verdicts, labels left out."""
    by_question = len({one.pair.question for one in beside}) >= FOLDS
    known: dict[int, dict[str, tuple[float, ...] | None]] = {}
    found = []
    for one in beside:
        key = id(one.grade)
        if key not in known:
            rubric, attempt = one.labelled.rubric, one.labelled.attempt
            rows = correction.rows(rubric, attempt, one.grade.verdicts)
            known[key] = {v.criterion: row for v, row in zip(one.grade.verdicts, rows, strict=True)}
        row = known[key][one.pair.criterion]
        unit = one.pair.question if by_question else f"{one.pair.question}\0{one.pair.attempt}"
        if row is not None:
            found.append(Sample(one.pair, row, unit, one.verdict.contradicted))
    return found


def fitted(found: Sequence[Sample], *, right_rate: float, seed: int) -> Fit | None:
    """The fit on all samples and its held-out record; None for fewer than ten labels or three units."""
    names = sorted({one.unit for one in found})
    if len(found) < LEAST or len(names) < 3:
        return None
    fold = folds(names, min(FOLDS, len(names)), seed)
    before = [one.pair for one in found]
    moved, same = _both_ways(found, held_out(found, fold, seed))
    gain = difference(moved, before, seed=seed)
    moves = gain.weighted_kappa_95 is not None and gain.weighted_kappa_95[0] > 0
    fall = _fall(before, same, found, seed)
    mends = moves or any(one.confidence is None for one in before) or (fall is not None and fall[1] < 0)
    after = moved if moves else same if mends else before
    sure = [(one.confidence or 0.0, one.right) for one in after]
    kept = crossed(sure, [one.unit for one in found], fold, right_rate)
    return Fit(
        heads=heads(found, penalty(found, seed)),
        moves=moves,
        mends=mends,
        brier_95=fall,
        count=len(found),
        units=len(names),
        unit="answer" if "\0" in names[0] else "question",
        gain=gain,
        before=_figures(before),
        after=_figures(after),
        right_rate=right_rate,
        review=threshold(sure, right_rate),
        **_shares(kept, len(sure)),
    )


def _shares(kept: Sequence[Sequence[bool]], every: int) -> dict[str, Any]:
    """Of what is kept, by unit: the share of all, and of it the share right."""
    count, right = sum(map(len, kept)), sum(map(sum, kept))
    return {
        "unflagged": count / every,
        "right": right / count if count else None,
        "right_95": numbers.wilson_of_units(kept),
    }


def _both_ways(found: Sequence[Sample], seen: Sequence[Chances]) -> tuple[list[Pair], list[Pair]]:
    """What a fit makes of the samples where it moves verdicts, and where it mends confidences only."""
    both = list(zip(found, seen, strict=True))
    return [_after(*one, moves=True) for one in both], [_after(*one, moves=False) for one in both]


def folds(names: Sequence[str], count: int, seed: int) -> dict[str, int]:
    """A fold for each unit."""
    shuffled = list(names)
    random.Random(seed).shuffle(shuffled)
    return {name: place % count for place, name in enumerate(shuffled)}


def held_out(found: Sequence[Sample], fold: Mapping[str, int], seed: int) -> list[Chances]:
    """For each sample the chances by a fit on the other folds, its penalty chosen on those as well."""
    by_fold = {}
    for number in sorted(set(fold.values())):
        train = [one for one in found if fold[one.unit] != number]
        by_fold[number] = heads(train, penalty(train, seed))
    return [chances(by_fold[fold[one.unit]], one.row) for one in found]


def heads(found: Sequence[Sample], strength: float) -> Heads:
    """Both logistic heads."""
    rows = [one.row for one in found]
    levels = [LEVEL[one.pair.label] for one in found]
    return (
        fit(rows, [one > 0 for one in levels], PRIOR_PARTIAL, strength),
        fit(rows, [one > 1 for one in levels], PRIOR_COVERED, strength),
    )


def penalty(found: Sequence[Sample], seed: int) -> float:
    """The one with the least log-loss over three folds of units."""
    names = sorted({one.unit for one in found})
    if len(found) >= ENOUGH or len(names) < 3:
        return PENALTIES[1]
    fold = folds(names, 3, seed + 1)

    def loss(strength: float) -> float:
        total = 0.0
        for number in range(3):
            made = heads([one for one in found if fold[one.unit] != number], strength)
            held = [one for one in found if fold[one.unit] == number]
            total -= sum(math.log(max(1e-6, chances(made, one.row).of(one.pair.label))) for one in held)
        return total

    return min(PENALTIES, key=loss)


def threshold(sure: numbers.Sure, rate: float) -> float:
    """The confidence over which most verdicts are kept with that share of them right, less the MARGIN that
    picking the best one takes; 2, which nothing reaches, where there is none."""
    found, right = 2.0, 0
    ordered = sorted(sure, reverse=True)
    for place, (value, one) in enumerate(ordered, 1):
        right += one
        last = place == len(ordered) or ordered[place][0] < value
        low, _ = numbers.wilson(right, place, MARGIN) or (0.0, 0.0)
        if last and place >= LEAST / 2 and low >= rate:
            found = value
    return found


def crossed(
    sure: numbers.Sure, units: Sequence[str], fold: Mapping[str, int], rate: float
) -> list[list[bool]]:
    """By unit, whether each kept verdict is right, each fold's threshold chosen on the others."""
    both = list(zip(sure, units, strict=True))
    least = {
        number: threshold([one for one, unit in both if fold[unit] != number], rate)
        for number in set(fold.values())
    }
    kept: dict[str, list[bool]] = {}
    for (value, right), unit in both:
        if value >= least[fold[unit]]:
            kept.setdefault(unit, []).append(right)
    return list(kept.values())


def _after(one: Sample, seen: Chances, *, moves: bool) -> Pair:
    level = seen.coverage if moves and not one.contradicted else one.pair.judged
    return replace(one.pair, judged=level, confidence=seen.of(level))


def _brier(one: Pair) -> float:
    """The squared error of a confidence; a verdict without one is taken at its word."""
    return ((1.0 if one.confidence is None else one.confidence) - one.right) ** 2


def _fall(
    before: Sequence[Pair], after: Sequence[Pair], found: Sequence[Sample], seed: int
) -> Interval | None:
    """The interval of the mean change of the Brier score, whole units drawn."""
    by_unit: dict[str, list[float]] = {}
    for old, new, one in zip(before, after, found, strict=True):
        by_unit.setdefault(one.unit, []).append(_brier(new) - _brier(old))

    def mean(units: Sequence[list[float]]) -> float:
        return sum(map(sum, units)) / sum(map(len, units))

    return intervals(list(by_unit.values()), mean, {"fall": float}, seed=seed)["fall"]


def _figures(pairs: Sequence[Pair]) -> dict[str, float | None]:
    counts = kappas.table(one.levels for one in pairs)
    sure = [(one.confidence, one.right) for one in pairs if one.confidence is not None]
    return {
        "weighted_kappa": kappas.kappa(counts, QUADRATIC),
        "accuracy": kappas.accuracy(counts),
        "auc": numbers.auc(sure),
        "brier": sum(map(_brier, pairs)) / len(pairs),
        "calibration_error": numbers.calibration_error(sure),
    }
