"""A remark stands at the line that should have said it."""

from __future__ import annotations

from dataclasses import replace

from grader.report import place
from grader.types import Criterion, Evidence
from tests import fakes

TEXT = "Intro.\n\nThe KV cache keeps the keys.\nIts memory is large.\n\n最后一句：缓存要管理。\n"


def test_evidence_gives_the_place() -> None:
    row = replace(fakes.graded(text=TEXT), first_line=5)
    start = TEXT.index("keys")
    verdict = fakes.said(
        "Q1.1", "partial", evidence=(Evidence(quote="keys", start=start, end=start + 4, state="verified"),)
    )
    found = place.of_point(row, row.question.rubric.criteria[0], verdict)
    assert (found.line, found.column, found.end_line, found.end_column) == (7, 24, 7, 28)


def test_a_missing_point_is_shown_at_the_sentence_that_comes_nearest() -> None:
    row = fakes.graded(text=TEXT)
    missing = fakes.said("Q1.2", "missing")
    assert place.of_point(row, row.question.rubric.criteria[1], missing).line == 4


def test_a_point_that_nothing_comes_near_is_shown_at_the_last_line() -> None:
    row = fakes.graded(text=TEXT)
    far = Criterion(id="Q1.3", text="Tensor parallelism splits matrices")
    assert place.of_point(row, far, fakes.said("Q1.3", "missing")).line == 6


def test_chinese_points_find_chinese_sentences() -> None:
    start, end = place.nearest(Criterion(id="x", text="需要管理缓存"), "第一句讲别的。缓存要管理好。最后。")
    assert "第一句讲别的。缓存要管理好。最后。"[start:end] == "缓存要管理好。"


def test_an_empty_answer_has_a_place_too() -> None:
    row = fakes.graded(text="")
    assert place.of_point(row, row.question.rubric.criteria[0], fakes.said("Q1.1", "missing")).line == 1
