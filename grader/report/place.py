"""Where in a write-up something was said, or should have been said. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from grader.report.graded import Graded
from grader.signals import grams, quotable
from grader.types import Criterion, Verdict

NEAR = 0.15


@dataclass(frozen=True)
class Place:
    """Lines and columns of a file, counted from 1; the end column is the one after the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


def of_span(row: Graded, start: int, end: int) -> Place:
    """A stretch of the answer as a place in its file."""
    line, column = _at(row, start)
    end_line, end_column = _at(row, max(start, end))
    return Place(line, column, end_line, end_column)


def of_point(row: Graded, criterion: Criterion, verdict: Verdict) -> Place:
    """Where the evidence is, else the sentence that comes nearest to the point, else the last line."""
    for one in verdict.evidence:
        if one.start is not None and one.end is not None:
            return of_span(row, one.start, one.end)
    start, end = nearest(criterion, row.attempt.text)
    return of_span(row, start, end)


def nearest(criterion: Criterion, text: str) -> tuple[int, int]:
    """The sentence that shares most words with the point, or the last line that says anything."""
    wanted = grams(" ".join((criterion.text, criterion.claim, *criterion.parts, *criterion.accept)))
    best, span = NEAR, _last_line(text)
    for start, end in quotable(text):
        said = grams(text[start:end])
        share = len(said & wanted) / (len(said) + 2)
        if share > best:
            best, span = share, (start, end)
    return span


def _at(row: Graded, offset: int) -> tuple[int, int]:
    before = row.attempt.text[:offset]
    return row.first_line + before.count("\n"), offset - (before.rfind("\n") + 1) + 1


def _last_line(text: str) -> tuple[int, int]:
    end = len(text.rstrip())
    start = text.rfind("\n", 0, end) + 1
    return start, end
