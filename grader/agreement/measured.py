"""All that is said of a judge on labels: overall, by criterion, question, language, kind, and rater."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations

from grader.agreement import kappas, numbers
from grader.agreement.intervals import Interval, intervals
from grader.agreement.kappas import LINEAR, QUADRATIC, Table
from grader.agreement.pairs import LEVEL, Pair, Scored, units

ASPECTS: Mapping[str, Callable[[Pair], str]] = {
    "criterion": lambda one: one.criterion,
    "question": lambda one: one.question,
    "language": lambda one: one.lang,
    "kind": lambda one: one.kind,
}
IN_TABLE: Mapping[str, Callable[[Table], float | None]] = {
    "accuracy": kappas.accuracy,
    "kappa": lambda counts: kappas.kappa(kappas.met(counts)),
    "weighted_kappa": lambda counts: kappas.kappa(counts, QUADRATIC),
    "linear_kappa": lambda counts: kappas.kappa(counts, LINEAR),
    "f1": kappas.f1,
}
SCORED = {"mean_error": numbers.mean_error, "pearson": numbers.pearson}


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Figures over some pairs. `kappa` and `f1` are of at least partial against missing; `weighted_kappa`
    has quadratic weights over the three levels and is the one to compare judges by.

    `confusion`: a row a label, a column a verdict, both missing, partial, covered.
    """

    count: int
    accuracy: float | None
    kappa: float | None
    weighted_kappa: float | None
    linear_kappa: float | None
    f1: float | None
    met_people: float | None
    met_judge: float | None
    auc: float | None
    calibration_error: float | None
    confusion: Table
    intervals: Mapping[str, Interval | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Labelled scores against judged ones, over answers with a score or all labels."""

    count: int
    mean_error: float | None
    root_error: float | None
    pearson: float | None
    spearman: float | None
    people: float | None
    judge: float | None
    intervals: Mapping[str, Interval | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Raters:
    """Single raters. `judge`: mean kappa of the judge with each; `people`: mean kappa of their pairs, each
    weighted by the labels that both gave, so that a rater of a few answers moves little.

    The alphas are Krippendorff's and only given for three raters or more.
    """

    count: int
    judge: float | None
    people: float | None
    judge_weighted: float | None
    people_weighted: float | None
    alpha_ordinal: float | None = None
    alpha_nominal: float | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Everything at once. `unit` says what the bootstrap drew: question or answer."""

    overall: Agreement
    scores: Scores
    raters: Raters
    by: Mapping[str, Mapping[str, Agreement]]
    reliability: tuple[numbers.Bin, ...]
    kept: tuple[numbers.Kept, ...]
    unit: str


def measure(pairs: Sequence[Pair], scored: Sequence[Scored] = (), *, seed: int = 0) -> Measured:
    """All figures; any number of pairs, also none."""
    unit, groups = units(pairs)
    tables = [kappas.table(one.levels for one in group) for group in groups]
    sure = _sure(pairs)
    return Measured(
        overall=agreement(pairs, intervals(tables, kappas.added, IN_TABLE, seed=seed)),
        scores=scores(scored, seed=seed),
        raters=raters(pairs),
        by={
            name: {label: agreement(held) for label, held in _split(pairs, aspect).items()}
            for name, aspect in ASPECTS.items()
        },
        reliability=numbers.reliability(sure),
        kept=numbers.kept(sure),
        unit=unit if pairs else units(scored)[0],
    )


def agreement(pairs: Sequence[Pair], found: Mapping[str, Interval | None] | None = None) -> Agreement:
    """The figures over these pairs, with the intervals that were `found`."""
    counts = kappas.table(one.levels for one in pairs)
    people, judge = kappas.met_rates(counts)
    sure = _sure(pairs)
    return Agreement(
        count=len(pairs),
        **{name: figure(counts) for name, figure in IN_TABLE.items()},
        met_people=people,
        met_judge=judge,
        auc=numbers.auc(sure),
        calibration_error=numbers.calibration_error(sure),
        confusion=counts,
        intervals=found or {},
    )


def scores(scored: Sequence[Scored], *, seed: int = 0) -> Scores:
    """Errors and correlations of scores; for two of them what whole questions drawn anew leave open."""
    both = _both([scored])
    _, groups = units(scored)
    return Scores(
        count=len(both),
        mean_error=numbers.mean_error(both),
        root_error=numbers.root_error(both),
        pearson=numbers.pearson(both),
        spearman=numbers.spearman(both),
        people=_mean([one for one, _ in both]),
        judge=_mean([one for _, one in both]),
        intervals=intervals(groups, _both, SCORED, seed=seed),
    )


def _both(groups: Sequence[Sequence[Scored]]) -> list[tuple[float, float]]:
    return [(one.labelled, one.judged) for one in chain(*groups)]


def raters(pairs: Sequence[Pair]) -> Raters:
    """The judge with each single rater, beside the raters with each other."""
    count = max((len(one.raters) for one in pairs), default=0)
    said = [[LEVEL[who] if who else None for who in one.raters] for one in pairs if one.raters]
    judged = [one.levels[1] for one in pairs if one.raters]
    with_judge = [
        kappas.table(
            (row[place], level)  # type: ignore[misc]  # None is left out by the condition
            for row, level in zip(said, judged, strict=True)
            if place < len(row) and row[place] is not None
        )
        for place in range(count)
    ]
    among = [_between(said, one, other) for one, other in combinations(range(count), 2)]
    many = count > 2
    return Raters(
        count=count,
        judge=_over(with_judge, IN_TABLE["kappa"]),
        people=_over(among, IN_TABLE["kappa"]),
        judge_weighted=_over(with_judge, IN_TABLE["weighted_kappa"]),
        people_weighted=_over(among, IN_TABLE["weighted_kappa"]),
        alpha_ordinal=kappas.alpha(said, "ordinal") if many else None,
        alpha_nominal=kappas.alpha(said, "nominal") if many else None,
    )


def _between(said: Sequence[Sequence[int | None]], one: int, other: int) -> Table:
    return kappas.table(
        (row[one], row[other])  # type: ignore[misc]  # None is left out by the condition
        for row in said
        if max(one, other) < len(row) and row[one] is not None and row[other] is not None
    )


def _over(tables: Sequence[Table], figure: Callable[[Table], float | None]) -> float | None:
    """The mean over the tables where it is defined, by their counts."""
    known = [(value, sum(map(sum, one))) for one in tables if (value := figure(one)) is not None]
    whole = sum(count for _, count in known)
    return sum(value * count for value, count in known) / whole if whole else None


def _mean(values: Sequence[float | None]) -> float | None:
    """Over those that are defined."""
    known = [one for one in values if one is not None]
    return sum(known) / len(known) if known else None


def _sure(pairs: Sequence[Pair]) -> list[tuple[float, bool]]:
    return [(one.confidence, one.right) for one in pairs if one.confidence is not None]


def _split(pairs: Sequence[Pair], aspect: Callable[[Pair], str]) -> dict[str, list[Pair]]:
    held: dict[str, list[Pair]] = {}
    for one in pairs:
        if aspect(one):
            held.setdefault(aspect(one), []).append(one)
    return held
