"""Several runs: people over time and side by side, two judges on the same answers, never averaged. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from grader.report import summary
from grader.report.graded import Graded, Run
from grader.report.summary import Group, Tally


@dataclass(frozen=True, kw_only=True)
class Column:
    """One run's grades by one judge: what a column of a comparison shows."""

    run: str
    created: str
    group: Group
    alone: bool

    @property
    def label(self) -> str:
        """The run, and the judge where the run has more than one."""
        return self.run if self.alone else f"{self.run} ({self.group.label})"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A criterion of which two judges say different things for the same answer."""

    attempt: str
    question: str
    criterion: str
    first: str
    second: str


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two judges on the same answers: how many answers and points were compared, and the unequal points."""

    first: str
    second: str
    answers: int
    points: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A person or a section across columns; None where a column has nothing of it."""

    label: str
    cells: tuple[Tally | None, ...]

    @property
    def means(self) -> list[float | None]:
        """A mean a column."""
        return [one.mean if one else None for one in self.cells]


def columns(runs: Sequence[Run]) -> tuple[Column, ...]:
    """Each run's groups, the oldest run first; runs without a date keep their place."""
    dated = all(one.created for one in runs)
    ordered = sorted(runs, key=lambda one: one.created) if dated else list(runs)
    found = [(run, group, summary.groups(run.rows)) for run in ordered for group in summary.groups(run.rows)]
    return tuple(
        Column(run=run.name, created=run.created, group=group, alone=len(every) == 1)
        for run, group, every in found
    )


def lines(held: Sequence[Column], view: str) -> tuple[Line, ...]:
    """One line a label of the view (`person`, `section` ...), one cell a column."""
    tables = [{one.label: one for one in summary.tallies(c.group.rows, summary.VIEWS[view])} for c in held]
    labels = dict.fromkeys(label for table in tables for label in table)
    return tuple(Line(label=label, cells=tuple(table.get(label) for table in tables)) for label in labels)


def groups(held: Sequence[Column]) -> tuple[Group, ...]:
    """All rows of the columns, as far as they can be averaged."""
    return summary.groups(row for column in held for row in column.group.rows)


def comparable(held: Sequence[Column]) -> bool:
    """True when a change from one column to the next is a change of the answers, not of the judge."""
    return len(groups(held)) <= 1


def pairs(held: Sequence[Column]) -> tuple[Pair, ...]:
    """Each two columns of different judges that graded at least one same answer by the same key points."""
    found = (
        _pair(one, other) for one, other in combinations(held, 2) if one.group.judge != other.group.judge
    )
    return tuple(one for one in found if one is not None)


def _pair(first: Column, second: Column) -> Pair | None:
    known = {_same(row): row for row in second.group.rows if row.grade.score is not None}
    answers = points = 0
    differences: list[Difference] = []
    for row in first.group.rows:
        other = known.get(_same(row))
        if other is None or row.grade.score is None:
            continue
        answers += 1
        points += len(tuple(row.points()))
        differences.extend(_differences(row, other))
    if not answers:
        return None
    names = (first.label, second.label)
    if first.run == second.run:
        names = (first.group.label, second.group.label)
    return Pair(
        first=names[0], second=names[1], answers=answers, points=points, differences=tuple(differences)
    )


def _same(row: Graded) -> tuple[str, str, str]:
    """What makes an answer the same one for two judges: question, rubric and words."""
    return (row.question.id, row.grade.judge.rubric, row.attempt.text)


def _differences(row: Graded, other: Graded) -> Iterator[Difference]:
    """The judges' own verdicts, people's labels left aside."""
    second = {criterion.id: other.judged(criterion) for criterion, _ in other.points()}
    for criterion, _ in row.points():
        said = row.judged(criterion)
        if said != second.get(criterion.id, said):
            yield Difference(
                attempt=row.attempt.id,
                question=row.question.id,
                criterion=criterion.id,
                first=said,
                second=second[criterion.id],
            )


def shape(runs: Sequence[Run]) -> dict[str, Any]:
    """The comparison as JSON-ready values."""
    held = columns(runs)
    return {
        "columns": [{"run": one.run, "created": one.created, "judge": one.group.label} for one in held],
        "same_judge": comparable(held),
        **{f"by_{view}": [_line(one) for one in lines(held, view)] for view in ("person", "section")},
        "judges": [asdict(one) for one in pairs(held)],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "label": line.label,
        "means": line.means,
        "graded": [one.graded if one else 0 for one in line.cells],
        "ungraded": [one.ungraded if one else 0 for one in line.cells],
    }
