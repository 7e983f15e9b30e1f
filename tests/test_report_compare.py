"""Runs are compared; grades of different judges are never averaged."""

from __future__ import annotations

import re

import pytest

from grader.cli.console import stdout_console
from grader.report import compare, html, markdown, overview, summary
from grader.report.graded import Run
from grader.report.words import counted
from tests import fakes


def test_grades_of_two_judges_make_two_groups_and_the_reason_is_said() -> None:
    found = summary.groups([fakes.graded(), fakes.graded(model="other"), fakes.graded(id="b")])
    assert [len(one.rows) for one in found] == [2, 1]
    assert summary.apart(found) == ("model",)


def test_two_rubrics_of_one_question_are_two_groups() -> None:
    from dataclasses import replace

    old = fakes.graded()
    new = replace(old, grade=replace(old.grade, judge=replace(old.grade.judge, rubric="sha256:new")))
    assert summary.apart(summary.groups([old, new])) == ("rubric",)


def test_a_person_over_time_is_a_line_with_the_oldest_run_first() -> None:
    late = Run(name="late", created="2026-11-02", rows=(fakes.graded(0.9), fakes.graded(None, verdicts=())))
    early = Run(name="early", created="2026-11-01", rows=(fakes.graded(0.4),))
    held = compare.columns([late, early])
    assert [one.label for one in held] == ["early", "late"]
    (line,) = compare.lines(held, "person")
    assert [one.mean for one in line.cells if one] == [0.4, 0.9]
    assert [one.ungraded for one in line.cells if one] == [0, 1]
    assert compare.comparable(held)


def test_two_judges_on_the_same_answers_are_shown_where_they_differ(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = Run(name="one", rows=(fakes.graded(),))
    other = fakes.graded(1.0, model="other", verdicts=(fakes.said("Q1.1"), fakes.said("Q1.2", "partial")))
    two = Run(name="two", rows=(other, fakes.graded(text="another answer", model="other")))
    held = compare.columns([one, two])
    (pair,) = compare.pairs(held)
    assert (pair.answers, pair.points) == (1, 2)
    assert [(one.criterion, one.first, one.second) for one in pair.differences] == [
        ("Q1.2", "missing", "partial")
    ]
    assert not compare.comparable(held)
    overview.render([one, two], stdout_console(), "zh")
    for text in (markdown.render([one, two], "zh"), "".join(capsys.readouterr().out.split())):
        assert "1处判定不同" in text.replace("1 处", "1处")
        assert "不取平均" in text


def test_of_one_thing_every_report_speaks_in_the_singular(capsys: pytest.CaptureFixture[str]) -> None:
    one = Run(name="one", rows=(fakes.graded(0.5, verdicts=(fakes.said("Q1.1"),)),))
    other = fakes.graded(1.0, model="other", verdicts=(fakes.said("Q1.1", "partial"),))
    runs = [one, Run(name="two", rows=(other,))]
    overview.render(runs, stdout_console(), "en")
    page = re.sub("<[^>]+>", "", re.sub(r'<span class="zh".*?</span>', "", html.render(runs, "en")))
    for text in (markdown.render(runs, "en"), capsys.readouterr().out, page):
        assert "2 verdicts compared, 1 verdict differs" in text
    assert "1 answer, 2 verdicts" in page
    assert "2 / 2 answers" in page
    assert [counted(number, "try", "tries") for number in (0, 1, 2)] == ["0 tries", "1 try", "2 tries"]
