"""Ridge probes, a logistic stack and their nested cross-validation: numpy only, pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Ints = NDArray[np.int64]


def folds(groups: Sequence[str], count: int, seed: int) -> Ints:
    """A fold number a row; rows of one group share it."""
    names = sorted(set(groups))
    order = np.random.RandomState(seed).permutation(len(names))
    fold = {names[place]: index % count for index, place in enumerate(order)}
    return np.array([fold[group] for group in groups])


def standardise(block: F64, weight: F64) -> tuple[F64, F64, F64]:
    """The block with weighted mean 0 and spread 1, divided by the root of its width; mean; scale."""
    share = weight / weight.sum()
    mean = share @ block
    spread = np.sqrt(share @ (block - mean) ** 2)
    scale = (spread + 1e-3 * spread.mean()) * np.sqrt(block.shape[1])
    return (block - mean) / scale, mean, scale


@dataclass(frozen=True)
class Ridge:
    """Weighted kernel ridge on `rows`, solved once: a fit without some of them only solves for those.

    `kernel` (all, all), `targets` (all, heads) and `weight` (all,) hold the rows of a whole table.
    """

    kernel: F64
    targets: F64
    weight: F64
    ridge: float
    rows: Ints

    @cached_property
    def _inverse(self) -> F64:
        own = np.ix_(self.rows, self.rows)
        inverse: F64 = np.linalg.inv(self.kernel[own] + self.ridge * np.diag(1 / self.weight[self.rows]))
        return inverse

    def dual(self, train: Ints) -> tuple[F64, F64]:
        """Dual coefficients, a row each of `rows` (0 for what is not in `train`), and intercepts."""
        left = ~np.isin(self.rows, train)
        weight = np.where(left, 0.0, self.weight[self.rows])
        targets = self.targets[self.rows]
        base = weight @ targets / weight.sum()
        alpha = self._inverse @ np.where(left[:, None], 0.0, targets - base)
        if left.any():
            alpha -= self._inverse[:, left] @ np.linalg.solve(self._inverse[np.ix_(left, left)], alpha[left])
        return alpha, base

    def predict(self, train: Ints, test: Ints) -> F64:
        alpha, base = self.dual(train)
        return self.kernel[np.ix_(test, self.rows)] @ alpha + base

    def out_of_fold(self, rows: Ints, fold: Ints) -> F64:
        """Predictions for `rows`, each from the rows of the other folds."""
        result = np.zeros((len(rows), self.targets.shape[1]))
        for number in np.unique(fold):
            held = fold == number
            result[held] = self.predict(rows[~held], rows[held])
        return result


def logistic(z: F64, positive: NDArray[np.bool_], weight: F64, penalty: float) -> F64:
    """Intercept and coefficients by Newton's method; the penalty leaves out the intercept."""
    design = np.column_stack([np.ones(len(z)), z])
    keep = np.diag([1e-9] + [penalty] * z.shape[1])
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        slope = design.T @ (weight * (chance - positive)) + keep @ beta
        curve = (design * (weight * chance * (1 - chance))[:, None]).T @ design + keep
        step = np.linalg.solve(curve, slope)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    return beta


@dataclass(frozen=True, slots=True)
class Stacked:
    """A fitted stack: two logistic heads and two thresholds."""

    mean: F64
    scale: F64
    some: F64
    full: F64
    thresholds: tuple[float, float]

    def chances(self, values: F64) -> F64:
        design = np.column_stack([np.ones(len(values)), (values - self.mean) / self.scale])
        both = [1 / (1 + np.exp(-np.clip(design @ beta, -30, 30))) for beta in (self.some, self.full)]
        return np.column_stack([both[0], np.minimum(both[0], both[1])])

    def verdicts(self, values: F64) -> Ints:
        credit = self.chances(values).mean(axis=1)
        low, high = self.thresholds
        return (credit > low).astype(np.int64) + (credit > high)


def fit_stack(values: F64, levels: Ints, weight: F64, penalty: float) -> Stacked:
    """Fit both heads and the thresholds."""
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-9
    z = (values - mean) / scale
    some, full = (logistic(z, levels > least, weight, penalty) for least in (0, 1))
    plain = Stacked(mean, scale, some, full, (0.5, 0.75))
    credit = plain.chances(values).mean(axis=1)
    return Stacked(mean, scale, some, full, best_thresholds(credit, levels, weight))


def best_thresholds(credit: F64, levels: Ints, weight: F64) -> tuple[float, float]:
    """The pair with the best weighted kappa plus kappa at covered-or-partial, as a mean over near pairs."""
    grid = np.linspace(0.15, 0.85, 29)
    table = np.zeros((29, 29))
    for i, low in enumerate(grid):
        for j in range(i, 29):
            given = (credit > low).astype(np.int64) + (credit > grid[j])
            whole = kappa(levels, given, weight=weight)
            table[i, j] = whole + kappa(np.minimum(levels, 1), np.minimum(given, 1), weight=weight)
    smooth = np.array(
        [[table[max(i - 3, 0) : i + 4, max(j - 3, 0) : j + 4].mean() for j in range(29)] for i in range(29)]
    )
    i, j = np.unravel_index(int(smooth.argmax()), smooth.shape)
    return float(grid[min(i, j)]), float(grid[max(i, j)])


def kappa(one: Ints, other: Ints, power: int = 2, weight: F64 | float = 1.0) -> float:
    """Cohen's kappa with weights |i - j| ** power: 2 quadratic, 1 linear, 0 plain."""
    table = np.zeros((3, 3))
    np.add.at(table, (one, other), weight)
    table /= table.sum()
    rows, columns = np.indices((3, 3))
    gap = np.abs(rows - columns)
    cost = (gap > 0).astype(float) if power == 0 else gap.astype(float) ** power
    chance = (cost * np.outer(table.sum(axis=1), table.sum(axis=0))).sum()
    return 1 - float((cost * table).sum() / chance) if chance else 1.0


def interval(
    groups: Sequence[str], measure: Callable[[Ints], float], draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """A 95 % bootstrap interval, whole groups drawn."""
    names = sorted(set(groups))
    members = [np.flatnonzero([group == name for group in groups]) for name in names]
    random = np.random.RandomState(seed)
    found = [
        measure(np.concatenate([members[i] for i in random.randint(0, len(names), len(names))]))
        for _ in range(draws)
    ]
    return float(np.percentile(found, 2.5)), float(np.percentile(found, 97.5))
