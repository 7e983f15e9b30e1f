"""Bootstrap intervals: whole questions are drawn, by a seed, so that the same labels give the same values."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")
Interval = tuple[float, float]
DRAWS = 1000
UNDEFINED = 0.1
"""Share of draws without a value above which no interval is given."""


def intervals(
    groups: Sequence[T],
    gather: Callable[[Sequence[T]], U],
    measures: Mapping[str, Callable[[U], float | None]],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Interval | None]:
    """The 95 % interval of each measure of what was gathered from as many groups as there are, drawn with
    replacement.

    None for fewer than two groups, or where a tenth of the draws has no value.
    """
    if len(groups) < 2:
        return dict.fromkeys(measures)
    chance = random.Random(seed)
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(draws):
        drawn = gather(chance.choices(groups, k=len(groups)))
        for name, measure in measures.items():
            value = measure(drawn)
            if value is not None:
                found[name].append(value)
    return {name: middle(values) if len(values) >= draws * (1 - UNDEFINED) else None
            for name, values in found.items()}  # fmt: skip


def middle(values: Sequence[float]) -> Interval:
    """What lies between the outer fortieths, with linear interpolation as numpy.percentile does."""
    cuts = statistics.quantiles(values, n=40, method="inclusive")
    return cuts[0], cuts[-1]
