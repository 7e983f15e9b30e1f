"""Two judges on the same labels: the difference with its interval, and whether it could be chance."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from grader.agreement import kappas
from grader.agreement.intervals import DRAWS, Interval, middle
from grader.agreement.kappas import QUADRATIC, Table
from grader.agreement.pairs import Pair, units


@dataclass(frozen=True, kw_only=True)
class Difference:
    """This judge minus the other one. `paired`: over pairs that both judged, else over two sets of labels.

    `only_this`, `only_other`: verdicts on which just one of them was right; `chance`: how likely a split at
    least as uneven is when both are equally good (exact McNemar test); None when not paired.
    """

    count: int
    paired: bool
    weighted_kappa: float | None
    weighted_kappa_95: Interval | None
    kappa: float | None
    kappa_95: Interval | None
    accuracy: float | None
    only_this: int = 0
    only_other: int = 0
    chance: float | None = None

    @property
    def falls(self) -> bool:
        """True when the weighted kappa is lower beyond noise: its whole interval lies under 0."""
        return self.weighted_kappa_95 is not None and self.weighted_kappa_95[1] < 0


Two = tuple[Table, Table]


def difference(this: Sequence[Pair], other: Sequence[Pair], *, seed: int = 0) -> Difference:
    """Paired by question, attempt and criterion with the same label where that covers half of the fewer: of
    labels that grew, the old ones tell more than two sets apart."""
    known = {(one.key, one.label): one for one in other}
    both = [(one, known[one.key, one.label]) for one in this if (one.key, one.label) in known]
    if both and 2 * len(both) >= min(len(this), len(other)):
        return _paired(both, seed)
    return _apart(this, other, seed)


def _paired(both: Sequence[tuple[Pair, Pair]], seed: int) -> Difference:
    others = {(one.key, one.label): other for one, other in both}
    _, groups = units([one for one, _ in both])
    tables = [
        (
            kappas.table(one.levels for one in group),
            kappas.table(others[one.key, one.label].levels for one in group),
        )
        for group in groups
    ]
    this = sum(one.right and not other.right for one, other in both)
    that = sum(other.right and not one.right for one, other in both)
    chance = random.Random(seed)
    draws = [chance.choices(tables, k=len(tables)) for _ in range(DRAWS)] if len(tables) > 1 else []
    summed = [_sum(one) for one in draws]
    whole = _sum(tables) if tables else (kappas.table(()), kappas.table(()))
    return _said(whole, summed, len(both), True, this, that)


def _apart(this: Sequence[Pair], other: Sequence[Pair], seed: int) -> Difference:
    """Each side drawn by itself: the noise of both sets of labels counts."""
    sides = [
        [kappas.table(one.levels for one in group) for group in units(pairs)[1]] for pairs in (this, other)
    ]
    chance = random.Random(seed)
    summed: list[Two] = []
    if min(map(len, sides)) > 1:
        for _ in range(DRAWS):
            one, two = (kappas.added(chance.choices(side, k=len(side))) for side in sides)
            summed.append((one, two))
    whole = (kappas.table(one.levels for one in this), kappas.table(one.levels for one in other))
    return _said(whole, summed, min(len(this), len(other)), False, 0, 0)


def _said(whole: Two, draws: Sequence[Two], count: int, paired: bool, this: int, that: int) -> Difference:
    return Difference(
        count=count,
        paired=paired,
        weighted_kappa=_weighted(whole),
        weighted_kappa_95=_interval([_weighted(one) for one in draws]),
        kappa=_met(whole),
        kappa_95=_interval([_met(one) for one in draws]),
        accuracy=_minus(kappas.accuracy(whole[0]), kappas.accuracy(whole[1])),
        only_this=this,
        only_other=that,
        chance=mcnemar(this, that) if paired else None,
    )


def mcnemar(one: int, other: int) -> float | None:
    """Exact two-sided p of so uneven a split of `one + other` under even odds; None for none at all."""
    count = one + other
    if not count:
        return None
    tail = sum(math.comb(count, k) for k in range(min(one, other) + 1))
    return min(1.0, 2 * tail / float(2**count)) if count < 1000 else _normal(one, other)


def _sum(tables: Sequence[Two]) -> Two:
    return kappas.added([one for one, _ in tables]), kappas.added([other for _, other in tables])


def _weighted(two: Two) -> float | None:
    return _minus(kappas.kappa(two[0], QUADRATIC), kappas.kappa(two[1], QUADRATIC))


def _met(two: Two) -> float | None:
    return _minus(kappas.kappa(kappas.met(two[0])), kappas.kappa(kappas.met(two[1])))


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _interval(values: Sequence[float | None]) -> Interval | None:
    known = [one for one in values if one is not None]
    return middle(known) if known and len(known) >= 0.9 * len(values) else None


def _normal(one: int, other: int) -> float:
    """The same for many pairs, where the exact numbers leave a float's range."""
    return math.erfc(max(0, abs(one - other) - 1) / math.sqrt(2 * (one + other)))
