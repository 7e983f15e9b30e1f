"""JUnit XML: a test case an answer; under the bar is a failure, ungraded an error."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from junitparser import Error, Failure, JUnitXml, Properties, Property, Skipped, TestCase, TestSuite

from grader.report.counting import idle
from grader.report.escape import xml
from grader.report.graded import Graded, Run, state
from grader.report.words import idle_words
from grader.types import Criterion, Verdict


def render(runs: Iterable[Run]) -> str:
    """One suite a run."""
    whole = JUnitXml("grade")
    for run in runs:
        suite = TestSuite(xml(run.name))
        suite.timestamp = run.created or None
        suite.add_testcases([_case(row) for row in run.rows])  # one by one it counts all again each time
        whole.add_testsuite(suite)
    whole.update_statistics()
    out = io.BytesIO()
    whole.write(out)
    return out.getvalue().decode("utf-8")


def _case(row: Graded) -> TestCase:
    case = TestCase(xml(row.attempt.path or row.attempt.id), classname=xml(row.question.id), time=0.0)
    grade = row.grade
    if grade.score is None:
        kind = Skipped if row.excused else Error
        case.result = [kind(xml("; ".join(grade.problems)) or "ungraded", "ungraded")]
    elif row.failed:
        failure = Failure(xml("; ".join(_reasons(row))), "below-bar" if row.below else "grade")
        failure.text = "\n".join(_lines(row.missed()))
        case.result = [failure]
    case.system_out = "\n".join([*_lines(_told(row)), *map(xml, grade.problems)])
    properties = Properties()
    for name, value in (
        ("score", grade.score),
        ("model", grade.judge.model),
        ("needs_review", grade.needs_review),
    ):
        properties.add_property(Property(name, xml(str(value))))
    case.append(properties)
    return case


def _told(row: Graded) -> Iterator[tuple[Criterion, Verdict, str]]:
    """Every point, with a word on what does not count."""
    out = idle(row.question.rubric, row.grade.verdicts)
    for one, said in row.points():
        found = out.get(one.id)
        why = " (optional, not counted)" if one.optional else f" ({idle_words(found, 'en')})" if found else ""
        yield one, said, state(one, said) + why


def _reasons(row: Graded) -> list[str]:
    """Why an answer with a score fails."""
    score = row.grade.score or 0.0
    bar = [f"{score:.2f} is under the bar of {row.bar:.2f}"] if row.below else []
    floor = [f"{score:.2f} is under the base branch's {row.floor:.2f}"] if row.worse else []
    return [*bar, *floor, *row.faults]


def _lines(points: Iterable[tuple[Criterion, Verdict, str]]) -> list[str]:
    return [xml(f"{criterion.id} {said}: {criterion.judged}") for criterion, _, said in points]
