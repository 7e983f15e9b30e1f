"""The judge card: what was measured, on which labels, of which judge, at what cost; as JSON to commit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from grader import runs
from grader.agreement.measured import Measured, measure
from grader.agreement.pairs import LEVEL, Pair
from grader.bank.labels import Labelled
from grader.bank.textfile import read_text
from grader.calibration.joining import Beside, Joined, join, judge
from grader.errors import InputError
from grader.types import Coverage, Usage, digest

FORMAT = 1
WORST = 10
LARGEST = 100_000_000
COVERAGES = get_args(Coverage)


@dataclass(frozen=True, kw_only=True)
class Worst:
    """A disagreement to look at, with its words."""

    question: str
    attempt: str
    criterion: str
    claim: str
    label: Coverage
    judged: Coverage
    confidence: float | None
    answer: str
    quote: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """`labels`: hash of what people said; `rubrics`: of what was judged by; `cost_usd` and tokens: what all
    grades took when they were made; `review`: answers for people. `ungraded` answers are in no figure."""

    model: str
    strategy: str
    prompts: tuple[str, ...]
    rubrics: str
    calibration: str
    labels: str
    sources: tuple[str, ...]
    version: str
    at: str
    answers: int
    ungraded: Mapping[str, str]
    absent: int
    silent: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    measured: Measured
    pairs: tuple[Pair, ...]
    worst: tuple[Worst, ...] = ()
    held_out: Mapping[str, Any] = field(default_factory=dict)
    review: int = 0


def make(
    labelled: Sequence[Labelled], joined: Joined, sources: Sequence[str], *, version: str, seed: int = 0
) -> Card:
    """The card of the one judge of these grades; InputError when there is none, or several."""
    made = judge(joined.grades)
    usage = sum((one.usage for one in joined.grades), Usage())
    return Card(
        model=made.model,
        strategy=made.strategy,
        prompts=tuple(sorted({one.judge.prompt for one in joined.grades})),
        rubrics=digest(sorted({f"{one.question} {one.judge.rubric}" for one in joined.grades})),
        calibration=made.calibration,
        labels=labels_hash(labelled),
        sources=tuple(sources),
        version=version,
        at=runs.now(),
        answers=len(labelled),
        ungraded=joined.ungraded,
        absent=joined.absent,
        silent=joined.silent,
        calls=sum(one.calls for one in joined.grades),
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
        cost_usd=usage.cost_usd,
        measured=measure(joined.pairs, joined.scored, seed=seed),
        pairs=joined.pairs,
        worst=worst(joined.beside),
        review=sum(one.needs_review for one in joined.grades),
    )


def labels_hash(labelled: Sequence[Labelled]) -> str:
    """Changes when an answer or a label of it changes."""
    said = [
        [
            one.attempt.question,
            one.attempt.text,
            dict(one.labels),
            *([one.score] if one.score is not None else []),
        ]
        for one in labelled
    ]
    return digest(sorted(said, key=json.dumps))


def worst(beside: Sequence[Beside]) -> tuple[Worst, ...]:
    """The widest disagreements of which the judge was surest, first."""

    def gap(one: Beside) -> tuple[float, float]:
        label, given = one.pair.levels
        return -abs(label - given), -(one.pair.confidence if one.pair.confidence is not None else 0.5)

    wrong = sorted((one for one in beside if not one.pair.right), key=gap)
    return tuple(
        Worst(
            question=one.pair.question,
            attempt=one.pair.attempt,
            criterion=one.pair.criterion,
            claim=one.criterion.judged,
            label=one.pair.label,
            judged=one.pair.judged,
            confidence=one.pair.confidence,
            answer=one.labelled.attempt.text,
            quote=" … ".join(quote.quote for quote in one.verdict.evidence),
            reason=one.verdict.reason,
        )
        for one in wrong[:WORST]
    )


def to_json(card: Card) -> dict[str, Any]:
    """JSON-ready; every pair as [question, attempt, criterion, label, judged, confidence]."""
    shape = asdict(card)
    pairs = [
        [one.question, one.attempt, one.criterion, one.label, one.judged, one.confidence]
        for one in card.pairs
    ]
    return {"card": "judge", "format": FORMAT, **shape, "pairs": pairs}


def saved_pairs(path: Path) -> tuple[str, tuple[Pair, ...]]:
    """The judge's name and the pairs of a card that was written as JSON. InputError for anything else."""
    try:
        shape = json.loads(read_text(path, limit=LARGEST))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: not readable as JSON: {error}", "name a card that --card FILE.json wrote"
        ) from error
    if not isinstance(shape, dict) or shape.get("card") != "judge" or shape.get("format") != FORMAT:
        raise InputError(
            f"{path}: not a judge card in JSON", "make one: grade calibrate LABELS --card CARD.json"
        )
    rows = shape.get("pairs")
    if rows == []:
        raise InputError(f"{path}: a card on whole scores", "judges are compared on labels of single points")
    if not isinstance(rows, list) or not rows or not all(map(_is_pair, rows)):
        raise InputError(f"{path}: pairs: not a list of verdicts beside labels", "write the card anew")
    name = f"{shape.get('model', '?')}, {shape.get('strategy', '?')}, {str(shape.get('at', ''))[:10]}"
    return name, tuple(
        Pair(
            question=one[0], attempt=one[1], criterion=one[2], label=one[3], judged=one[4], confidence=one[5]
        )
        for one in rows
    )


def _is_pair(row: Any) -> bool:
    return (
        isinstance(row, list)
        and len(row) == 6
        and all(isinstance(one, str) for one in row[:3])
        and all(one in COVERAGES for one in row[3:5])
        and (row[5] is None or (isinstance(row[5], int | float) and 0 <= row[5] <= 1))
    )


def other_pairs(path: Path, labelled: Sequence[Labelled]) -> tuple[str, tuple[Pair, ...]]:
    """The pairs of another judge: of its card, or of its run on the same labels."""
    if not path.is_dir():
        return saved_pairs(path)
    joined = join(labelled, runs.read(path))
    made = judge(joined.grades)
    return f"{made.model}, {made.strategy}", joined.pairs


assert set(COVERAGES) == set(LEVEL)
