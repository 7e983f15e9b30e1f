"""`grade report` on run folders as `grade batch` writes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader import runs
from grader.cli.main import run
from grader.runs.keys import key
from tests import fakes

Read = pytest.CaptureFixture[str]


def written(folder: Path, model: str = "fake", score: float | None = 0.5) -> Path:
    """A run with one answer of anna's, and one of a question that no bank holds."""
    with runs.open_run(folder, {"model": model}) as open_run:
        for name, question in (("Q43-anna", "Q43"), ("own", "X1")):
            rubric = fakes.rubric(question=question, title=f"About {question}")
            row = fakes.graded(score, model=model, id=name, question=None)
            grade = fakes.replace(row.grade, question=question, attempt=name)
            grade = fakes.replace(grade, judge=fakes.replace(grade.judge, rubric=rubric.hash))
            attempt = fakes.attempt(id=name, question=question, person="anna")
            open_run.add(key(rubric, attempt, fakes.plan(strategy="pointwise")), grade, attempt, rubric)
    return folder


def report(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        run(["report", *words])
    return int(left.value.code or 0)


def test_a_run_is_shown_with_sections_and_people(tmp_path: Path, capsys: Read) -> None:
    assert report(str(written(tmp_path / "one"))) == 0
    shown = capsys.readouterr().out
    assert "Q43-anna" in shown
    assert "强化学习与对齐" in shown
    assert "About X1" not in shown.splitlines()[0]


def test_many_formats_go_to_a_folder(tmp_path: Path, capsys: Read) -> None:
    out = tmp_path / "out"
    assert (
        report(str(written(tmp_path / "one")), "--format", "json,csv,md,junit,sarif", "--out", str(out)) == 0
    )
    assert sorted(one.name for one in out.iterdir()) == [
        "report.csv", "report.json", "report.md", "report.sarif", "report.xml",
    ]  # fmt: skip
    shape = json.loads((out / "report.json").read_bytes())
    assert shape["runs"][0]["grades"][0]["section"] == "强化学习与对齐"
    assert shape["runs"][0]["grades"][1]["title"] == "About X1"
    assert (out / "report.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_one_format_goes_to_stdout(tmp_path: Path, capsys: Read) -> None:
    assert report(str(written(tmp_path / "one")), "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["format"] == 1


def test_two_runs_of_two_judges_are_not_averaged(tmp_path: Path, capsys: Read) -> None:
    first, second = written(tmp_path / "a"), written(tmp_path / "b", "other", 1.0)
    assert report(str(first), str(second), "--format", "json") == 0
    comparison = json.loads(capsys.readouterr().out)["comparison"]
    assert not comparison["same_judge"]
    assert comparison["judges"][0]["answers"] == 2


def test_an_answer_under_min_gives_1(tmp_path: Path, capsys: Read) -> None:
    assert report(str(written(tmp_path / "one")), "--min", "0.6", "--format", "md") == 1


def test_no_run_and_no_such_format_are_errors_with_a_hint(tmp_path: Path, capsys: Read) -> None:
    assert report(str(tmp_path)) == 2
    assert "holds no run" in capsys.readouterr().err
    assert report(str(tmp_path), "--format", "htlm") == 2
    assert "did you mean html" in capsys.readouterr().err
    assert report(str(written(tmp_path / "one")), "--format", "md,csv") == 2


def test_a_label_wins_in_scores_and_leaves_the_verdict(tmp_path: Path, capsys: Read) -> None:
    folder = written(tmp_path / "one")
    answer = fakes.attempt().text
    line = {
        "question": "Q43",
        "attempt": "Q43-anna",
        "answer": answer,
        "reviewer": "zoe",
        "reason": "it says so",
    }
    rows = [{**line, "labels": {"Q1.2": "partial"}}, {**line, "labels": {"Q1.2": "covered"}},
            {**line, "answer": "an older text", "labels": {"Q1.1": "missing"}}]  # fmt: skip
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    assert report(str(folder), "--format", "json") == 0
    first, second = json.loads(capsys.readouterr().out)["runs"][0]["grades"]
    assert (first["score"], second["score"]) == (1.0, 0.5)
    assert first["verdicts"][1]["coverage"] == "missing"
    assert first["labels"]["Q1.2"]["author"] == "zoe"
    assert report(str(folder), "--format", "html") == 0
    page = capsys.readouterr().out
    assert "zoe: it says so" in page
    (folder / "labels.jsonl").write_text('{"labels": {"Q1.2": "yes"}}', encoding="utf-8")
    assert report(str(folder)) == 2
    assert "labels.jsonl:1" in capsys.readouterr().err
