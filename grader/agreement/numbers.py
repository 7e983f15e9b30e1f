"""Statistics of confidences and scores: AUC, calibration error, errors and correlations."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Sure = Sequence[tuple[float, bool]]
"""Confidences, each with whether the verdict was right."""


@dataclass(frozen=True)
class Bin:
    """Verdicts whose confidence lies from `low` to `high`: their mean confidence and the share right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Kept:
    """The accuracy of the `share` of verdicts that the judge is surest of."""

    share: float
    right: float


def ranks(values: Sequence[float]) -> list[float]:
    """From 1; equal values share their mean rank."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            found[place] = (start + 1 + end) / 2
        start = end
    return found


def auc(sure: Sure) -> float | None:
    """How often a right verdict has more confidence than a wrong one, ties half; None without both."""
    right = sum(one for _, one in sure)
    wrong = len(sure) - right
    if not right or not wrong:
        return None
    held = sum(rank for rank, (_, one) in zip(ranks([value for value, _ in sure]), sure, strict=True) if one)
    return (held - right * (right + 1) / 2) / (right * wrong)


def reliability(sure: Sure, count: int = 10) -> tuple[Bin, ...]:
    """Equally wide bins of confidence; empty ones are left out."""
    held: dict[int, list[tuple[float, bool]]] = {}
    for one in sure:
        held.setdefault(min(count - 1, int(one[0] * count)), []).append(one)
    return tuple(
        Bin(
            low=place / count,
            high=(place + 1) / count,
            count=len(inside),
            confidence=sum(value for value, _ in inside) / len(inside),
            right=sum(right for _, right in inside) / len(inside),
        )
        for place, inside in sorted(held.items())
    )


def calibration_error(sure: Sure, count: int = 10) -> float | None:
    """Expected calibration error: the bins' mean |confidence - share right|, weighted by their counts."""
    bins = reliability(sure, count)
    return sum(one.count * abs(one.confidence - one.right) for one in bins) / len(sure) if sure else None


def kept(sure: Sure, count: int = 10) -> tuple[Kept, ...]:
    """Accuracy of the surest tenth, two tenths ... all; among equal confidences the mean counts."""
    by_value: dict[float, list[bool]] = {}
    for value, right in sure:
        by_value.setdefault(value, []).append(right)
    each = [
        sum(by_value[value]) / len(by_value[value])
        for value in sorted(by_value, reverse=True)
        for _ in by_value[value]
    ]
    ends = [math.ceil(len(each) * part / count) for part in range(1, count + 1)]
    return tuple(
        Kept(part / count, sum(each[:end]) / end) for part, end in enumerate(ends, 1) if end and each
    )


def wilson(right: float, count: float, z: float = 1.959963984540054) -> tuple[float, float] | None:
    """Wilson's interval of a share, `z` standard errors to either side (so 95 %); None without any."""
    if not count:
        return None
    middle = right + z * z / 2
    wide = z * math.sqrt(right * (count - right) / count + z * z / 4)
    return (middle - wide) / (count + z * z), (middle + wide) / (count + z * z)


def wilson_of_units(held: Sequence[Sequence[bool]]) -> tuple[float, float] | None:
    """Wilson's 95 % interval of the share right where those of a unit go together, as verdicts on a question
    do: of as many independent ones as they are worth, by their design effect (Kish, Survey Sampling)."""
    right, count = sum(map(sum, held)), sum(map(len, held))
    if not 0 < right < count:
        return wilson(right, count)
    share = right / count
    seen = sum((sum(one) - share * len(one)) ** 2 for one in held)
    effect = max(1.0, seen / (share * (1 - share) * count))
    return wilson(right / effect, count / effect)


def mean_error(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Mean absolute difference."""
    return sum(abs(one - other) for one, other in pairs) / len(pairs) if pairs else None


def root_error(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Root of the mean squared difference."""
    return math.sqrt(sum((one - other) ** 2 for one, other in pairs) / len(pairs)) if pairs else None


def pearson(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's correlation; None for fewer than two pairs or where one side never changes."""
    try:
        return (
            max(-1.0, min(1.0, statistics.correlation(*zip(*pairs, strict=True)))) if len(pairs) > 1 else None
        )
    except statistics.StatisticsError:
        return None


def spearman(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Spearman's correlation of ranks."""
    return pearson(
        list(zip(ranks([one for one, _ in pairs]), ranks([other for _, other in pairs]), strict=True))
    )
