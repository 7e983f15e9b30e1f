"""Files of labels: what is read, what is refused, and in which words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.bank import load
from grader.bank.labels import read
from grader.errors import InputError

ROW = {"question": "Q43", "attempt": "anna", "answer": "It is closed form.", "labels": {"Q43.1": "covered"}}
OWN = {
    "question": "H1", "question_text": "Why?", "answer": "Because.", "labels": {"H1.1": "partial"},
    "criteria": [{"id": "H1.1", "text": "A reason", "weight": 2}], "raters": [{"H1.1": "partial"}, {}],
    "kind": "short", "contradicted": [],
}  # fmt: skip


def written(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows), encoding="utf-8-sig")
    return path


def test_rows_of_the_bank_and_of_own_questions_are_read(tmp_path: Path) -> None:
    first, second = read([written(tmp_path / "a.jsonl", ROW, OWN)], load())
    assert (first.attempt.id, first.labels, first.rubric.question) == ("anna", {"Q43.1": "covered"}, "Q43")
    assert (second.kind, second.raters, second.lang) == ("short", ({"H1.1": "partial"}, {}), "en")
    assert second.rubric.criteria[0].weight == 2


def test_a_later_line_about_the_same_answer_adds_to_it_and_wins(tmp_path: Path) -> None:
    more = {**ROW, "labels": {"Q43.1": "missing", "Q43.2": "covered"}}
    [one] = read([written(tmp_path / "a.jsonl", ROW, more)], load())
    assert one.labels == {"Q43.1": "missing", "Q43.2": "covered"}


def test_two_reviewers_of_the_same_answers_are_raters_and_the_last_label_counts(tmp_path: Path) -> None:
    other = {**ROW, "attempt": "ben", "answer": "Pairs."}
    rows = [
        {**ROW, "reviewer": "zoe", "labels": {"Q43.1": "covered", "Q43.2": "partial"}},
        {**other, "reviewer": "zoe"},
        {**ROW, "reviewer": "adam", "labels": {"Q43.1": "missing", "Q43.3": "covered"}},
        {**ROW, "labels": {"Q43.3": None}},
    ]
    first, second = read([written(tmp_path / "a.jsonl", *rows)], load())
    assert first.labels == {"Q43.1": "missing", "Q43.2": "partial"}
    assert first.raters == ({"Q43.1": "missing"}, {"Q43.1": "covered", "Q43.2": "partial"})
    assert second.raters == ({}, {"Q43.1": "covered"})
    [one] = read([written(tmp_path / "b.jsonl", rows[0])], load())
    assert one.raters == ()
    named = {**ROW, "raters": [{"Q43.1": "missing"}]}
    [told] = read([written(tmp_path / "c.jsonl", named, rows[0], rows[2])], load())
    assert told.raters == ({"Q43.1": "missing"},)


def test_two_answers_of_one_name_stay_two(tmp_path: Path) -> None:
    found = read([written(tmp_path / "a.jsonl", ROW, {**ROW, "answer": "Another."})], load())
    assert [one.attempt.id for one in found] == ["anna", "anna-2"]


def test_whole_scores_are_read_and_a_reference_stands_in_for_criteria(tmp_path: Path) -> None:
    bare = {"question": "L1", "question_text": "为什么？", "answer": "因为快。", "reference": "因为它快。"}
    named = {**OWN, "reference": "A good one."}
    one, two, three = read(
        [written(tmp_path / "a.jsonl", {**bare, "score": 0.5}, named, {**ROW, "labels": {}, "score": 1})],
        load(),
    )
    assert (one.score, one.labels, one.rubric.reference) == (0.5, {}, "")
    assert [each.text for each in one.rubric.criteria] == ["因为它快。"]
    assert (two.score, two.rubric.reference) == (None, "A good one.")
    assert (three.score, three.rubric.question) == (1.0, "Q43")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({**ROW, "labels": {"Q43.1": "yes"}}, r"a.jsonl:1: labels: Q43.1 is 'yes'"),
        ({**ROW, "labels": {"Q43.9": "covered"}}, r"Q43.9 is no criterion of Q43"),
        ({**ROW, "labels": ["covered"]}, "labels is not an object"),
        ({"question": "Q43", "labels": {}}, "answer is missing"),
        ({**ROW, "question": "Q999"}, r"a.jsonl:1: .*Q999"),
        ({**ROW, "contradicted": "Q43.1"}, "contradicted is not a list"),
        ([1], "not an object"),
        ({**ROW, "labels": {}}, "no labels"),
        ({**ROW, "score": 7}, "score is 7"),
        ({**ROW, "score": True}, "score is True"),
        ({**OWN, "reference": 1}, "reference is not a text"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, row: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read([written(tmp_path / "a.jsonl", row)], load())


def test_a_run_without_labels_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read([tmp_path], load())
    assert "grade label" in caught.value.hint
