"""A small logistic regression that starts from a prior guess: few labels move it little. Pure Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Vector = Sequence[float]
STEPS = 12
SMALL = 1e-8


def chance(coefficients: Vector, row: Vector) -> float:
    """The probability that a row is positive; the first coefficient is the intercept."""
    raw = coefficients[0] + sum(c * v for c, v in zip(coefficients[1:], row, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, raw))))


def fit(rows: Sequence[Vector], positive: Sequence[bool], prior: Vector, penalty: float) -> tuple[float, ...]:
    """Newton's method on the log-loss plus penalty / 2 times the squared distance from the prior; the
    intercept's penalty is a tenth of it. Without rows the prior itself."""
    design = [(1.0, *row) for row in rows]
    size = len(prior)
    ridge = [penalty / 10, *[penalty] * (size - 1)]
    at = list(prior)
    for _ in range(STEPS):
        slope = [ridge[i] * (at[i] - prior[i]) for i in range(size)]
        curve = [[ridge[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
        for row, label in zip(design, positive, strict=True):
            p = chance(at, row[1:])
            gap, weight = p - label, max(p * (1 - p), SMALL)
            for i, value in enumerate(row):
                slope[i] += gap * value
                scaled, line = weight * value, curve[i]
                for j in range(i + 1):
                    line[j] += scaled * row[j]
        step = solve(curve, slope)
        if max(map(abs, step)) < SMALL:
            break
        at = _downhill(at, step, lambda tried: _loss(design, positive, tried, prior, ridge))
    return tuple(at)


def _downhill(at: Vector, step: Vector, loss: Callable[[Vector], float]) -> list[float]:
    """The full step where it helps, else a half, a quarter ...: Newton alone can leap away."""
    before = loss(at)
    for halving in range(12):
        tried = [one - move / 2**halving for one, move in zip(at, step, strict=True)]
        if loss(tried) <= before:
            return tried
    return list(at)


def _loss(
    design: Sequence[Vector], positive: Sequence[bool], at: Vector, prior: Vector, ridge: Vector
) -> float:
    total = sum(r * (one - start) ** 2 for r, one, start in zip(ridge, at, prior, strict=True)) / 2
    for row, label in zip(design, positive, strict=True):
        raw = sum(c * v for c, v in zip(at, row, strict=True))
        margin = -raw if label else raw
        total += margin if margin > 30 else math.log1p(math.exp(margin))
    return total


def solve(lower: Sequence[Sequence[float]], right: Vector) -> list[float]:
    """x with A x = right, for the positive definite A whose lower half is given (Cholesky)."""
    size = len(right)
    root = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = lower[i][j] - sum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = math.sqrt(max(rest, SMALL)) if i == j else rest / root[j][j]
    forward: list[float] = []
    for i in range(size):
        forward.append((right[i] - sum(root[i][k] * forward[k] for k in range(i))) / root[i][i])
    found = [0.0] * size
    for i in reversed(range(size)):
        found[i] = (forward[i] - sum(root[k][i] * found[k] for k in range(i + 1, size))) / root[i][i]
    return found
