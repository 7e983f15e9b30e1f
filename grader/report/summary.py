"""Counts and means for a report, only ever over grades that were made in the same way. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from grader.report.graded import Graded, judge_of, state

STATES = ("covered", "partial", "missing", "contradicted")


@dataclass(frozen=True, kw_only=True)
class Tally:
    """One line of a table. `mean` is over the graded answers only; None when there are none.

    `points` counts the criteria that count towards a score, by state.
    """

    label: str
    graded: int
    ungraded: int
    mean: float | None
    points: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Grades that may be averaged: one judge, prompt, strategy and calibration, one rubric a question."""

    judge: tuple[str, str, str, str]
    rows: tuple[Graded, ...]

    @property
    def label(self) -> str:
        """Model, strategy and the first digits of the prompt's hash."""
        model, strategy, prompt, calibration = self.judge
        parts = [model, strategy, short(prompt), f"calibration {short(calibration)}" if calibration else ""]
        return " · ".join(one for one in parts if one)


def short(digest: str) -> str:
    """The first eight digits of a hash."""
    return digest.removeprefix("sha256:")[:8]


def groups(rows: Iterable[Graded]) -> tuple[Group, ...]:
    """The rows in as few groups as can be averaged, in order of appearance."""
    found: list[tuple[tuple[str, str, str, str], dict[str, str], list[Graded]]] = []
    for row in rows:
        judge, question, rubric = judge_of(row.grade.judge), row.question.id, row.grade.judge.rubric
        for known, rubrics, held in found:
            if known == judge and rubrics.setdefault(question, rubric) == rubric:
                held.append(row)
                break
        else:
            found.append((judge, {question: rubric}, [row]))
    return tuple(Group(judge=judge, rows=tuple(held)) for judge, _, held in found)


def apart(found: Sequence[Group]) -> tuple[str, ...]:
    """In what the groups differ: some of model, strategy, prompt, calibration, rubric. () for one group."""
    if len(found) < 2:
        return ()
    names = ("model", "strategy", "prompt", "calibration")
    differ = tuple(name for place, name in enumerate(names) if len({one.judge[place] for one in found}) > 1)
    return differ if len({one.judge for one in found}) == len(found) else (*differ, "rubric")


def tally(label: str, rows: Iterable[Graded]) -> Tally:
    """One line over rows of the same group."""
    held = tuple(rows)
    scores = [one.grade.score for one in held if one.grade.score is not None]
    points = Counter(
        state(criterion, verdict)
        for row in held
        if row.grade.score is not None
        for criterion, verdict in row.points()
        if not criterion.optional
    )
    return Tally(
        label=label,
        graded=len(scores),
        ungraded=len(held) - len(scores),
        mean=sum(scores) / len(scores) if scores else None,
        points={one: points[one] for one in STATES},
    )


def tallies(rows: Iterable[Graded], labels: Callable[[Graded], Iterable[str]]) -> tuple[Tally, ...]:
    """A line for each label; a row counts under each of its labels, under none when it has none."""
    held: dict[str, list[Graded]] = {}
    for row in rows:
        for label in labels(row):
            held.setdefault(label, []).append(row)
    return tuple(tally(label, rows) for label, rows in held.items())


VIEWS: Mapping[str, Callable[[Graded], tuple[str, ...]]] = {
    "section": lambda row: (row.question.section,) if row.question.section else (),
    "tag": lambda row: row.question.tags,
    "stars": lambda row: ("★" * row.question.stars,) if row.question.stars else (),
    "track": lambda row: row.tracks,
    "person": lambda row: (row.attempt.person,) if row.attempt.person else (),
}
"""The labels that an answer is counted under, by what a table is of."""
