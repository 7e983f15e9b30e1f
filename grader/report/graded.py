"""What every report shows: a graded answer with its question, and the runs they come from. Frozen, no IO."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from grader.report.counting import lacking
from grader.scoring import under
from grader.types import Attempt, Criterion, Grade, JudgeCard, Label, Question, Verdict, Vote


@dataclass(frozen=True, kw_only=True)
class Graded:
    """One answer and its grade. `first_line` is the line of `attempt.path` on which the answer's text begins.

    `bar` is the score that it should reach, `floor` what it must not fall below (the base branch's score),
    None where nobody set one. `faults` are rules that it breaks beside those; `excused`: it may be ungraded.
    """

    question: Question
    attempt: Attempt
    grade: Grade
    tracks: tuple[str, ...] = ()
    at: str = ""
    first_line: int = 1
    bar: float | None = None
    floor: float | None = None
    faults: tuple[str, ...] = ()
    excused: bool = False

    @property
    def labels(self) -> Mapping[str, Label]:
        """What people said, by criterion."""
        return {one.criterion: one.label for one in self.grade.verdicts if one.label is not None}

    @property
    def below(self) -> bool:
        """True when there is a score and it is under the bar."""
        return under(self.grade.score, self.bar)

    @property
    def worse(self) -> bool:
        """The same for the floor."""
        return under(self.grade.score, self.floor)

    @property
    def failed(self) -> bool:
        """True when it has a score and breaks any rule."""
        return self.grade.score is not None and (self.below or self.worse or bool(self.faults))

    def points(self) -> Iterator[tuple[Criterion, Verdict]]:
        """Each criterion with its verdict, in the rubric's order; one without a verdict gets an empty one.

        A person's label takes the place of coverage, contradiction and credit.
        """
        said = {one.criterion: one for one in self.grade.verdicts}
        for criterion in self.question.rubric.criteria:
            verdict = said.get(criterion.id) or Verdict(criterion=criterion.id, coverage=None)
            if label := verdict.label:
                verdict = replace(
                    verdict, coverage=label.coverage, contradicted=label.contradicted, credit=None
                )
            yield criterion, verdict

    def judged(self, criterion: Criterion) -> str:
        """The judge's own state of a criterion, labels left aside."""
        said = (replace(one, label=None) for one in self.grade.verdicts if one.criterion == criterion.id)
        return next((state(criterion, one) for one in said), "none")

    def missed(self) -> Iterator[tuple[Criterion, Verdict, str]]:
        """The criteria that cost score, with verdict and state; where others of a group count, none of it."""
        lost = lacking(self.question.rubric, self.grade.verdicts)
        for criterion, verdict in self.points():
            said = state(criterion, verdict)
            if criterion.id in lost and said in LOST:
                yield criterion, verdict, said


@dataclass(frozen=True, kw_only=True)
class Run:
    """The graded answers of one run folder, or of one check."""

    name: str
    rows: tuple[Graded, ...]
    created: str = ""


LOST = ("partial", "missing", "contradicted", "committed")


def state(criterion: Criterion, verdict: Verdict) -> str:
    """covered, partial, missing, contradicted, or none without a verdict; a fault is committed or avoided.

    A person's label counts first.
    """
    said = verdict.label or verdict
    if said.coverage is None:
        return "none"
    if criterion.fault:
        return "committed" if said.coverage != "missing" and not said.contradicted else "avoided"
    return "contradicted" if said.contradicted else said.coverage


def said_by(vote: Vote) -> str:
    """The state that one of several judges or looks gave."""
    return "contradicted" if vote.contradicted else vote.coverage or "none"


def judge_of(card: JudgeCard) -> tuple[str, str, str, str]:
    """What must be the same for two grades to be comparable, the question's rubric left out."""
    return (card.model, card.strategy, card.prompt, card.calibration)
