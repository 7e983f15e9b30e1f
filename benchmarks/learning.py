"""What a calibration brings with 0, 20, 50, 200 and all labels of interview_train, on interview_dev.

python benchmarks/learning.py [--features DIR] [--draws 10]

Scripted judges, too strict, too sure, or without a confidence, and the embedded one where its states are kept
in the folder (`benchmarks/fit.py` keeps them): on interview_train by fits that did not see the question, on
interview_dev by a fit on the other sets, as shipped. Whole answers are drawn, as people give labels. It does
what `grade calibrate --fit` does, then what `grade` makes of that. Reference labels, not people's.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

from benchmarks import gold
from grader.agreement import kappas, numbers
from grader.agreement.pairs import Pair
from grader.bank import load
from grader.bank.labels import Labelled, read
from grader.calibration import fitting
from grader.calibration.fitting import Fit, Sample
from grader.calibration.joining import join
from grader.judges.weights import cache_folder
from grader.runs import Row
from grader.strategies.correction import chances
from grader.types import Coverage, Evidence, Grade, JudgeCard, Verdict

LEVELS: tuple[Coverage, ...] = ("missing", "partial", "covered")
SIZES = (0, 20, 50, 200, 10_000)
RATE = 0.9
Says = tuple[Coverage, float | None]
Said = Mapping[tuple[str, str], Says]
"""Coverage and confidence by attempt and criterion."""


@dataclass(frozen=True)
class Line:
    """Means over the draws. `moved`: share of the fits that move verdicts; `promised`: what the fits say
    themselves, on held-out labels, of the share right among what is not flagged."""

    labels: int
    kappa: float
    lowest: float
    brier: float
    error: float
    moved: float
    kept: float
    right: float | None
    promised: float | None


def strict(chance: random.Random, label: Coverage) -> Says:
    """One level lower in seven of ten, and sure of it."""
    return LEVELS[max(0, LEVELS.index(label) - (chance.random() < 0.7))], 0.95


def sure(chance: random.Random, label: Coverage) -> Says:
    """Right in seven of ten; surer where it is, but always sure."""
    right = chance.random() < 0.7
    return (label if right else chance.choice(LEVELS)), 0.9 + 0.1 * chance.random() ** (1 if right else 3)


def silent(chance: random.Random, label: Coverage) -> Says:
    """Right in eight of ten and states no confidence, as most joint judges do."""
    return (label if chance.random() < 0.8 else chance.choice(LEVELS)), None


def scripted(rows: Sequence[Labelled], says: Callable[[random.Random, Coverage], Says]) -> Said:
    chance = random.Random(0)
    return {
        (one.attempt.id, criterion): says(chance, label)
        for one in rows
        for criterion, label in one.labels.items()
    }


def embedded(folder: Path) -> Said:
    """By fits that saw none of the questions; {} where no states are kept."""
    import features
    import numpy as np
    import table as tables
    from fit import REPORTED
    from table import SETUPS

    setup = SETUPS["zh"]
    every = [one for name in (*setup.train, REPORTED) for one in gold.read(name, gold.GOLD)]
    rows = [one for one in every if features.place(one, folder).is_file()]
    if not rows:
        return {}
    table = tables.build(rows, folder, setup.blocks)
    kern = tables.ridge(table, setup, "zh")
    train = np.flatnonzero(np.isin(table["set"], setup.train))
    test = np.flatnonzero(table["set"] == REPORTED)
    chances, levels, _ = tables.judge(table, kern, train, test, setup)
    own, crossed, given = tables.crossed(table, kern, setup, "interview_train")
    ids = [(one.attempt.id, each.id) for one in rows for each in one.rubric.criteria]
    assert len(ids) == len(table["level"]), "states are kept of other words"
    found: dict[tuple[str, str], Says] = {}
    for where, odds, said in ((test, chances, levels), (own, crossed, given)):
        for place, (some, full), level in zip(where, odds, said, strict=True):
            sure = (1 - some, some - full, full)[level]
            found[ids[place]] = (LEVELS[level], float(sure))
    return found


def samples(rows: Sequence[Labelled], said: Said) -> list[Sample]:
    """As `grade calibrate` makes them of grades that say so."""
    return fitting.samples(join(rows, (_row(one, said) for one in rows)).beside)


def _row(one: Labelled, said: Said) -> Row:
    card = JudgeCard(model="judge", strategy="joint", prompt="", rubric=one.rubric.hash)
    verdicts = []
    for criterion in one.rubric.criteria:
        coverage, confidence = said[one.attempt.id, criterion.id]
        quote = (Evidence(quote=one.attempt.text, state="verified"),) if coverage != "missing" else ()
        verdicts.append(
            Verdict(criterion=criterion.id, coverage=coverage, confidence=confidence, evidence=quote)
        )
    grade = Grade(
        attempt=one.attempt.id, question=one.attempt.question, score=0.0, verdicts=tuple(verdicts), judge=card
    )
    return Row(grade=grade, attempt=one.attempt)


def drawn(pool: Sequence[Sample], count: int, seed: int) -> list[Sample]:
    """Whole answers until there are as many labels."""
    by_answer: dict[str, list[Sample]] = {}
    for one in pool:
        by_answer.setdefault(one.pair.attempt, []).append(one)
    answers = sorted(by_answer)
    random.Random(seed).shuffle(answers)
    found: list[Sample] = []
    for name in answers:
        if len(found) >= count:
            break
        found += by_answer[name]
    return found


def applied(fit: Fit | None, rows: Sequence[Sample]) -> tuple[list[Pair], list[bool]]:
    """What `grade` makes of the test's verdicts with this fit, and which of them it does not flag."""
    if fit is None:
        return [one.pair for one in rows], [True] * len(rows)
    seen = [chances(fit.heads, one.row) for one in rows]
    levels = [odds.coverage if fit.moves else one.pair.judged for one, odds in zip(rows, seen, strict=True)]
    changed = fit.moves or fit.mends
    pairs = [
        replace(one.pair, judged=level, confidence=odds.of(level) if changed else one.pair.confidence)
        for one, odds, level in zip(rows, seen, levels, strict=True)
    ]
    return pairs, [(one.confidence or 0.0) >= fit.review for one in pairs]


def line(pool: Sequence[Sample], test: Sequence[Sample], size: int, draws: int) -> Line:
    """Means over as many draws of that many labels; all of them are drawn once."""
    found = []
    for seed in range(draws if 0 < size < len(pool) else 1):
        fit = fitting.fitted(drawn(pool, size, seed), right_rate=RATE, seed=seed) if size else None
        found.append((fit, *applied(fit, test)))
    scores = [
        kappas.kappa(kappas.table(one.levels for one in pairs), kappas.QUADRATIC) or 0.0
        for _, pairs, _ in found
    ]
    sure = [[(stated(one), one.right) for one in pairs] for _, pairs, _ in found]
    kept = [[one.right for one, stays in zip(pairs, over, strict=True) if stays] for _, pairs, over in found]
    return Line(
        labels=min(size, len(pool)),
        kappa=mean(scores),
        lowest=min(scores),
        brier=mean(mean((value - right) ** 2 for value, right in one) for one in sure),
        error=mean(numbers.calibration_error(one) or 0.0 for one in sure),
        moved=mean(bool(fit and fit.moves) for fit, _, _ in found),
        kept=mean(len(one) / len(test) for one in kept),
        right=_mean([mean(one) for one in kept if one]),
        promised=_mean([fit.right for fit, _, _ in found if fit and fit.right is not None]),
    )


def stated(pair: Pair) -> float:
    """Who states no confidence is taken at their word."""
    return 1.0 if pair.confidence is None else pair.confidence


def _mean(values: Sequence[float]) -> float | None:
    return mean(values) if values else None


def main() -> None:
    """Print a table with all judges."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--features", type=Path, default=cache_folder() / "features", help="where states are kept"
    )
    parser.add_argument("--draws", type=int, default=10)
    chosen = parser.parse_args()
    shelf = load()
    train, test = (read([gold.OWN / f"interview_{name}.jsonl"], shelf) for name in ("train", "dev"))
    judges = {
        "too strict": scripted([*train, *test], strict),
        "too sure": scripted([*train, *test], sure),
        "no confidence": scripted([*train, *test], silent),
        "embedded": embedded(chosen.features),
    }
    heads = (
        "judge",
        "labels",
        "weighted kappa",
        "lowest",
        "Brier",
        "off by",
        "moves",
        "not flagged",
        "right",
        "promised",
    )
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for name, said in judges.items():
        if said:
            pool, held = samples(train, said), samples(test, said)
            for size in SIZES:
                one = line(pool, held, size, chosen.draws)
                kappa = f"{one.kappa:.2f} | {one.lowest:.2f} | {one.brier:.3f} | {one.error:.2f}"
                right = f"{one.kept:.0%} | {share(one.right)} | {share(one.promised)}"
                print(f"| {name} | {one.labels} | {kappa} | {one.moved:.0%} | {right} |", flush=True)


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


if __name__ == "__main__":
    main()
