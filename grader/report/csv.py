"""A line for each answer, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from grader.report import escape
from grader.report.graded import Graded, Run, state

COLUMNS = (
    "run", "attempt", "person", "question", "title", "section", "stars", "tags", "score", "ungraded",
    "needs_review", "covered", "partial", "missing", "contradicted", "missed", "flags", "problems", "path",
    "at", "model", "strategy", "prompt", "calibration", "rubric", "cost_usd",
)  # fmt: skip


def render(runs: Iterable[Run]) -> str:
    """The whole table with its heading."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for run in runs:
        for row in run.rows:
            writer.writerow([escape.cell(one) if isinstance(one, str) else one for one in _cells(run, row)])
    return out.getvalue()


def _cells(run: Run, row: Graded) -> Iterator[object]:
    """In the order of COLUMNS; None is an empty cell."""
    question, attempt, grade = row.question, row.attempt, row.grade
    said = {
        criterion.id: state(criterion, verdict)
        for criterion, verdict in row.points()
        if not criterion.optional
    }
    yield from (run.name, attempt.id, attempt.person, question.id, question.title, question.section)
    yield from (question.stars or None, ", ".join(question.tags))
    yield None if grade.score is None else round(grade.score, 4)
    yield from (str(grade.ungraded).lower(), str(grade.needs_review).lower())
    yield from (list(said.values()).count(one) for one in ("covered", "partial", "missing", "contradicted"))
    yield ", ".join(criterion.id for criterion, _, what in row.missed() if what != "partial")
    yield ", ".join(dict.fromkeys(one.kind for one in grade.flags))
    yield from ("; ".join(grade.problems), attempt.path, row.at)
    yield from (grade.judge.model, grade.judge.strategy, grade.judge.prompt, grade.judge.calibration)
    yield from (grade.judge.rubric, grade.usage.cost_usd)
