"""The small fitted model of the embedded judge: signals become probabilities, coverage and credit. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from grader.errors import InputError
from grader.types import Coverage, Lang

_FOLDER = Path(__file__).resolve().parent.parent / "fits"
_MODEL = "qwen2.5-coder-1.5b-q4"


@dataclass(frozen=True)
class Head:
    """One logistic regression over standardised signals."""

    intercept: float
    coefficients: tuple[float, ...]

    def __call__(self, standardised: Sequence[float]) -> float:
        raw = self.intercept + sum(c * v for c, v in zip(self.coefficients, standardised, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, raw))))


@dataclass(frozen=True)
class Outcome:
    """What the stack makes of one criterion. `shares`: how far each group of signals moved the log-odds."""

    at_least_partial: float
    covered: float
    coverage: Coverage
    credit: float
    shares: Mapping[str, float] = field(default_factory=dict)

    @property
    def confidence(self) -> float:
        """The probability of the coverage that was chosen."""
        by_coverage = {
            "covered": self.covered,
            "partial": self.at_least_partial - self.covered,
            "missing": 1 - self.at_least_partial,
        }
        return by_coverage[self.coverage]


@dataclass(frozen=True)
class Stack:
    """Two logistic heads over a few named signals, and two thresholds on their mean."""

    signals: tuple[str, ...]
    groups: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    partial: Head
    covered: Head
    thresholds: tuple[float, float]

    def __call__(self, values: Mapping[str, float]) -> Outcome:
        """KeyError when a signal is missing."""
        parts = zip(self.signals, self.mean, self.scale, strict=True)
        standardised = [(values[name] - mean) / scale for name, mean, scale in parts]
        some = self.partial(standardised)
        full = min(some, self.covered(standardised))
        credit = (some + full) / 2
        low, high = self.thresholds
        coverage: Coverage = "covered" if credit > high else "partial" if credit > low else "missing"
        return Outcome(some, full, coverage, credit, self._shares(standardised))

    def _shares(self, standardised: Sequence[float]) -> dict[str, float]:
        shares = dict.fromkeys(self.groups, 0.0)
        heads = zip(self.partial.coefficients, self.covered.coefficients, strict=True)
        for group, (first, second), value in zip(self.groups, heads, standardised, strict=True):
            shares[group] += (first + second) / 2 * value
        return shares


@dataclass(frozen=True)
class Fit:
    """One file in fits/, for one wording. `about`: what it was fitted on, and how well it agreed with labels.

    `contradicted`: above it, the probe's head of that name says that a missing point is contradicted.
    """

    id: str
    stack: Stack
    contradicted: float
    probe: Mapping[str, Any]
    about: Mapping[str, Any]


def named(lang: Lang) -> str:
    """The name of the newest fit for the wording in a language."""
    return f"{_MODEL}.{lang}"


@cache
def load(name: str) -> Fit:
    """The fit of that name or id (`sha256:...`); InputError for one that this version does not carry."""
    for path in sorted(_FOLDER.glob("*.json")):
        if not path.name.startswith("nulls"):
            raw = path.read_bytes().replace(b"\r\n", b"\n")
            identifier = "sha256:" + hashlib.sha256(raw).hexdigest()
            if name in (path.stem, identifier):
                return read(json.loads(raw), identifier)
    raise InputError(f"no fit {name} in this version of grade", "grade the answer again with this version")


def read(packed: Mapping[str, Any], identifier: str) -> Fit:
    """A fit from the plain data of its file."""
    return Fit(
        id=identifier,
        stack=_stack(packed["stack"]),
        contradicted=packed["contradicted"],
        probe=packed["probe"],
        about=packed["about"],
    )


def _stack(packed: Mapping[str, Any]) -> Stack:
    heads = [
        Head(packed[name]["intercept"], tuple(packed[name]["coefficients"]))
        for name in ("partial", "covered")
    ]
    low, high = packed["thresholds"]
    return Stack(
        signals=tuple(packed["signals"]),
        groups=tuple(packed["groups"]),
        mean=tuple(packed["mean"]),
        scale=tuple(packed["scale"]),
        partial=heads[0],
        covered=heads[1],
        thresholds=(low, high),
    )


def trust(strategy: str) -> str:
    """How far the embedded judge can be trusted, by its own record, and what is better: two short lines."""
    better = "a large model judges better: set a provider's key, or --model NAME"
    if strategy != "pointwise":
        return f"the embedded model is too small for --strategy {strategy}: leave that to auto;\n{better}"
    found = load(named("zh")).about["agreement"]
    low, high = found["weighted_kappa_95"]
    kappa = f"weighted kappa {found['weighted_kappa']:.2f} ({low:.2f} to {high:.2f})"
    return f"it is a small judge: {kappa} on unseen questions;\n{better}"


@cache
def _nulls() -> dict[str, dict[str, dict[str, float]]]:
    path = _FOLDER / "nulls.json"
    shipped: dict[str, dict[str, dict[str, float]]] = (
        json.loads(path.read_text("utf-8")) if path.is_file() else {}
    )
    return shipped


def shipped_nulls(key: str) -> Mapping[str, Mapping[str, float]] | None:
    """What a packaged rubric's questions bring for an empty answer, by the request's key."""
    return _nulls().get(key)
