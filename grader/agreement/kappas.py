"""Tables of labels against verdicts and what follows from them: accuracy, kappas, F1, alpha."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

Table = tuple[tuple[int, ...], ...]
"""Counts by level: a row a label, a column a verdict."""
NOMINAL, LINEAR, QUADRATIC = 0, 1, 2


def table(levels: Iterable[tuple[int, int]], size: int = 3) -> Table:
    """The counts of (label, verdict) levels, each from 0 to size - 1."""
    counts = [[0] * size for _ in range(size)]
    for label, judged in levels:
        counts[label][judged] += 1
    return tuple(tuple(row) for row in counts)


def added(tables: Sequence[Table]) -> Table:
    """The sum of one or more tables of one size."""
    size = len(tables[0])
    counts = [[0] * size for _ in range(size)]
    for one in tables:
        for line, row in zip(counts, one, strict=True):
            for place, count in enumerate(row):
                if count:
                    line[place] += count
    return tuple(map(tuple, counts))


def met(counts: Table) -> Table:
    """The same in two levels: at least partial, or missing."""
    some = range(1, len(counts))
    return (
        (counts[0][0], sum(counts[0][column] for column in some)),
        (sum(counts[row][0] for row in some), sum(counts[row][column] for row in some for column in some)),
    )


def total(counts: Table) -> int:
    """How many pairs."""
    return sum(map(sum, counts))


def accuracy(counts: Table) -> float | None:
    """Share of equal levels."""
    every = total(counts)
    return sum(counts[one][one] for one in range(len(counts))) / every if every else None


def kappa(counts: Table, power: int = NOMINAL) -> float | None:
    """Cohen's kappa with disagreement weights |i - j| ** power (0: any disagreement counts the same).

    None where chance could not disagree: no pairs, or one and the same level throughout.
    """
    size, every = len(counts), total(counts)
    labels = [sum(row) for row in counts]
    judged = [sum(row[column] for row in counts) for column in range(size)]
    seen = chance = 0.0
    for i in range(size):
        for j in range(size):
            if i != j:
                weight = abs(i - j) ** power
                seen += weight * counts[i][j]
                chance += weight * labels[i] * judged[j]
    return 1 - seen * every / chance if chance else None


def f1(counts: Table) -> float | None:
    """F1 of `at least partial`; None when neither people nor the judge ever said so."""
    (_, false_met), (missed, found) = met(counts)
    whole = 2 * found + false_met + missed
    return 2 * found / whole if whole else None


def met_rates(counts: Table) -> tuple[float | None, float | None]:
    """Share at least partial by the labels, and by the judge."""
    (neither, false_met), (missed, found) = met(counts)
    every = neither + false_met + missed + found
    return ((missed + found) / every, (false_met + found) / every) if every else (None, None)


def alpha(
    ratings: Iterable[Sequence[int | None]], scale: Literal["nominal", "ordinal"] = "ordinal", size: int = 3
) -> float | None:
    """Krippendorff's alpha over units, each with the level that every rater gave it, or None.

    Krippendorff, Computing Krippendorff's Alpha-Reliability (2011). None where chance could not disagree.
    """
    seen = [[0.0] * size for _ in range(size)]
    for unit in ratings:
        given = [one for one in unit if one is not None]
        for place, one in enumerate(given):
            for other in given[:place] + given[place + 1 :]:
                seen[one][other] += 1 / (len(given) - 1)
    sums = [sum(row) for row in seen]
    every = sum(sums)
    pairs = [(i, j) for i in range(size) for j in range(size) if i != j]
    gaps = {(i, j): _gap(sums, i, j, scale) for i, j in pairs}
    chance = sum(sums[i] * sums[j] * gaps[i, j] for i, j in pairs)
    if not chance or every <= 1:
        return None
    return 1 - (every - 1) * sum(seen[i][j] * gaps[i, j] for i, j in pairs) / chance


def _gap(sums: Sequence[float], one: int, other: int, scale: str) -> float:
    if scale == "nominal":
        return 1.0
    low, high = min(one, other), max(one, other)
    return (sum(sums[low : high + 1]) - (sums[low] + sums[high]) / 2) ** 2
