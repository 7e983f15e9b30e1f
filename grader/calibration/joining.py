"""Labels beside the verdicts on the same criteria of the same answers; what can't be joined is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from grader import scoring
from grader.agreement.pairs import Pair, Scored
from grader.bank.labels import Labelled
from grader.errors import InputError
from grader.runs import Row
from grader.types import Coverage, Criterion, Grade, JudgeCard, Verdict


@dataclass(frozen=True, kw_only=True)
class Beside:
    """One label beside its verdict, with all that either was given for."""

    pair: Pair
    verdict: Verdict
    labelled: Labelled
    grade: Grade

    @property
    def criterion(self) -> Criterion:
        """What both are about."""
        return self.labelled.rubric.criterion(self.pair.criterion)


@dataclass(frozen=True, kw_only=True)
class Joined:
    """`ungraded`: why, by attempt; `absent`: labelled answers without a grade; `silent`: labels without a
    verdict in a graded answer; `grades`: all that were found."""

    beside: tuple[Beside, ...]
    scored: tuple[Scored, ...]
    grades: tuple[Grade, ...]
    ungraded: Mapping[str, str]
    absent: int
    silent: int

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """What agreement is counted on."""
        return tuple(one.pair for one in self.beside)


def join(labelled: Sequence[Labelled], rows: Iterable[Row]) -> Joined:
    """By question and words of the answer, whatever the attempts are called."""
    grades = {(row.grade.question, row.attempt.text.strip()): row.grade for row in rows}
    both = [(one, grades.get((one.attempt.question, one.attempt.text.strip()))) for one in labelled]
    graded = [(one, grade) for one, grade in both if grade is not None and not _unjudged(grade)]
    beside = tuple(found for one, grade in graded for found in _beside(one, grade))
    return Joined(
        beside=beside,
        scored=tuple(found for one, grade in graded for found in _scored(one, grade)),
        grades=tuple(grade for _, grade in both if grade is not None),
        ungraded={
            one.attempt.id: "; ".join(grade.problems)
            for one, grade in both
            if grade is not None and _unjudged(grade)
        },
        absent=sum(grade is None for _, grade in both),
        silent=sum(len(one.labels) for one, _ in graded) - len(beside),
    )


def judge(grades: Sequence[Grade]) -> JudgeCard:
    """The one judge of all grades, with the prompt and rubric of the first. InputError for several judges."""
    kinds = {(one.judge.model, one.judge.strategy, one.judge.calibration): one.judge for one in grades}
    if len(kinds) > 1:
        names = ", ".join(" ".join(filter(None, kind)) for kind in sorted(kinds))
        raise InputError(f"the run holds grades of more than one judge: {names}", "measure one at a time")
    if not kinds:
        raise InputError("none of the labelled answers is in the run", "grade the labelled answers first")
    return next(iter(kinds.values()))


def judged(verdict: Verdict) -> Coverage | None:
    """The judge's coverage for agreement: contradicted counts as missing."""
    return "missing" if verdict.contradicted and verdict.coverage is not None else verdict.coverage


def _unjudged(grade: Grade) -> bool:
    """Ungraded by the judge, whatever people said of it since."""
    return grade.ungraded or any(one.coverage is None for one in grade.verdicts) or not grade.verdicts


def _beside(labelled: Labelled, grade: Grade) -> Iterator[Beside]:
    for verdict in grade.verdicts:
        label, given = labelled.labels.get(verdict.criterion), judged(verdict)
        if label is None or given is None:
            continue
        pair = Pair(
            question=labelled.attempt.question,
            attempt=labelled.attempt.id,
            criterion=verdict.criterion,
            label=label,
            judged=given,
            confidence=verdict.confidence,
            raters=tuple(one.get(verdict.criterion) for one in labelled.raters),
            lang=labelled.lang,
            kind=labelled.kind,
        )
        yield Beside(pair=pair, verdict=verdict, labelled=labelled, grade=grade)


def _scored(labelled: Labelled, grade: Grade) -> Iterator[Scored]:
    """Where people gave a score, or labelled all that counts."""
    verdicts = [
        Verdict(criterion=one, coverage=label, contradicted=one in labelled.contradicted)
        for one, label in labelled.labels.items()
    ]
    people = scoring.score(labelled.rubric, verdicts) if labelled.score is None else labelled.score
    judge_score = scoring.score(labelled.rubric, [replace(one, label=None) for one in grade.verdicts])
    if people is not None and judge_score is not None:
        yield Scored(
            question=grade.question, attempt=labelled.attempt.id, labelled=people, judged=judge_score
        )
