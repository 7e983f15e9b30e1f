"""`grade batch` from the outside: a round over a loopback server, resumed, edited, stopped, replayed."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.chaos import ROOT, Chaos, server, write_round
from grader.bank import load
from grader.bank.rounds import Job, read_round
from grader.cli.batch import decided
from grader.cli.main import run as grade
from grader.cli.summary import Summary
from grader.engines.estimates import Estimate
from grader.engines.local import Outcome
from grader.report import formats, overview
from grader.report.reading import read as read_report
from grader.runs import labels
from grader.types import Grade, JudgeCard, Label
from tests import fakes
from tests.fakes import said

pytestmark = pytest.mark.loopback


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A stub that always answers, after 20 ms; its log is server.jsonl."""
    with server(Chaos(answers=0, kills=0, faults=0.0), tmp_path / "server.jsonl") as where:
        yield where


def command(address: str, *more: str) -> list[str]:
    ours = [sys.executable, "-m", "grader", "batch", "--out", "run", "--model", "stub"]
    return [*ours, "--api-base", address, *more]


def batch(folder: Path, address: str, *more: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(address, *more), cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done


def asked(folder: Path) -> int:
    path = folder / "server.jsonl"
    return len(path.read_text().splitlines()) if path.exists() else 0


def grades(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in (folder / "run/grades.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def test_a_round_is_planned_graded_and_not_asked_for_again(tmp_path: Path, address: str) -> None:
    expected = write_round(tmp_path / "round.jsonl", 16)
    dry = batch(tmp_path, address, "round.jsonl", "--dry-run")
    assert "plan: 16 answers" in dry.stderr
    assert "16 calls, 8 at a time" in dry.stderr
    assert (asked(tmp_path), (tmp_path / "run").exists()) == (0, False)
    first = batch(tmp_path, address, "round.jsonl")
    assert "16 graded, mean score" in first.stdout
    assert {one["attempt"]: one["score"] for one in grades(tmp_path)} == expected
    again = batch(tmp_path, address, "round.jsonl")
    assert "16 graded already" in again.stderr
    assert asked(tmp_path) == 16


def test_an_edited_answer_is_graded_anew_and_the_old_grade_kept(tmp_path: Path, address: str) -> None:
    write_round(tmp_path / "round.jsonl", 4)
    batch(tmp_path, address, "round.jsonl")
    path = tmp_path / "round.jsonl"
    path.write_text(path.read_text().replace("(2)", "(two)"))
    second = batch(tmp_path, address, "round.jsonl", "--json")
    assert "1 to be graded anew" in second.stderr
    assert [json.loads(line)["attempt"] for line in second.stdout.splitlines()] == ["a2"]
    assert [one["attempt"] for one in grades(tmp_path)].count("a2") == 2
    assert asked(tmp_path) == 5


def test_replies_survive_the_loss_of_the_grades(tmp_path: Path, address: str) -> None:
    write_round(tmp_path / "round.jsonl", 4)
    batch(tmp_path, address, "round.jsonl")
    (tmp_path / "run/grades.jsonl").write_bytes((tmp_path / "run/grades.jsonl").read_bytes()[:-10])
    again = batch(tmp_path, address, "round.jsonl")
    assert "the last line was cut off" in again.stderr
    assert "1 call answered by recordings" in again.stderr
    assert len({one["attempt"] for one in grades(tmp_path)}) == 4
    assert asked(tmp_path) == 4


def test_max_cost_stops_before_it_is_passed_and_goes_on_later(tmp_path: Path, address: str) -> None:
    write_round(tmp_path / "round.jsonl", 30)
    unknown = batch(tmp_path, address, "round.jsonl", "--max-cost", "1", code=2)
    assert "no price of stub" in unknown.stderr
    priced = ["round.jsonl", "--model", "gpt-4o-mini", "--concurrency", "1"]
    stopped = batch(tmp_path, address, *priced, "--max-cost", "0.004", code=3)
    assert "answers are left" in stopped.stderr
    count = len(grades(tmp_path))
    assert 0 < count < 30
    spent = json.loads((tmp_path / "run/run.json").read_text())["sittings"][-1]["cost_usd"]
    assert 0 < spent <= 0.004
    batch(tmp_path, address, *priced, "--concurrency", "8")
    assert (len(grades(tmp_path)), asked(tmp_path)) == (30, 30)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a console of its own there")
def test_ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on(tmp_path: Path, address: str) -> None:
    write_round(tmp_path / "round.jsonl", 400)
    process = subprocess.Popen(
        command(address, "round.jsonl", "--concurrency", "4"), cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 30
    while asked(tmp_path) < 8 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "in flight" in said
    assert "the same command goes on" in said
    assert 8 <= len(grades(tmp_path)) == asked(tmp_path) < 400
    batch(tmp_path, address, "round.jsonl", "--concurrency", "32")
    assert (len(grades(tmp_path)), asked(tmp_path)) == (400, 400)


def test_a_cassette_answers_without_a_server_and_a_miss_is_a_row_with_exit_3(
    tmp_path: Path, address: str
) -> None:
    write_round(tmp_path / "round.jsonl", 3)
    batch(tmp_path, address, "round.jsonl", "--cassette", "tapes")
    (tmp_path / "run").rename(tmp_path / "first")
    path = tmp_path / "round.jsonl"
    path.write_text(path.read_text().replace("(2)", "(two)"))
    replayed = batch(tmp_path, address, "round.jsonl", "--cassette", "tapes", "--mode", "replay", code=3)
    assert "2 calls answered by recordings" in replayed.stderr
    assert "no recording" in replayed.stderr
    assert [one["ungraded"] for one in sorted(grades(tmp_path), key=lambda one: str(one["attempt"]))] == [
        False, False, True,
    ]  # fmt: skip
    assert asked(tmp_path) == 3


def test_a_bar_that_an_answer_misses_is_exit_1(tmp_path: Path, address: str) -> None:
    write_round(tmp_path / "round.jsonl", 4)
    assert "below the bar" in batch(tmp_path, address, "round.jsonl", "--min", "0.9", code=1).stderr


def test_what_cannot_be_graded_is_named_before_anything_is_asked(tmp_path: Path, address: str) -> None:
    (tmp_path / "round.jsonl").write_text('{"question": "Q999", "answer": "x"}\n{broken\n')
    said = batch(tmp_path, address, "round.jsonl", code=2).stderr
    assert "skipped: round.jsonl:1" in said
    assert "1 that can't be read" in said
    assert "nothing to grade" in said


def test_a_server_that_refuses_everything_stops_the_batch_after_some_answers(tmp_path: Path) -> None:
    write_round(tmp_path / "round.jsonl", 200)
    stopped = batch(tmp_path, "http://127.0.0.1:9/v1", "round.jsonl", code=3)
    assert "20 answers in a row got no grade" in stopped.stderr
    assert "nothing answers at http://127.0.0.1:9/v1" in stopped.stderr
    assert 20 <= len(grades(tmp_path)) < 100


def test_criteria_that_a_candidate_brought_are_said_in_the_plan_the_summary_and_every_report(
    tmp_path: Path, address: str
) -> None:
    (tmp_path / "round").mkdir()
    row = {"question": "Q43", "attempt": "Q43-eve", "answer": "Any words.", "criteria": ["It has any words"]}
    (tmp_path / "round/eve.jsonl").write_text(json.dumps(row))
    note = "Q43 judged by criteria from round/eve.jsonl, not the bank's"
    done = batch(tmp_path, address, "round")
    assert f"note: {note} (1 answer)" in done.stderr
    assert "1 needs review; 1 judged by criteria from their own table, not the bank's" in done.stdout
    [grade] = grades(tmp_path)
    assert (grade["problems"], grade["needs_review"]) == ([note], True)
    held = read_report([tmp_path / "run"], load())
    shown = io.StringIO()
    overview.render(held, Console(file=shown, width=200))
    for name in ("terminal", *formats.TABLE):
        page = shown.getvalue() if name == "terminal" else unescape(formats.render(name, held, "en", "1"))
        assert "Q43 judged by criteria from round/eve.jsonl" in page.replace("\\", ""), name
    (tmp_path / "run").rename(tmp_path / "first")
    done = batch(tmp_path, address, "round/eve.jsonl")
    assert "judged by" not in done.stderr + done.stdout
    assert grades(tmp_path)[0]["problems"] == []


def test_a_path_that_is_not_there_makes_no_run(tmp_path: Path, address: str) -> None:
    write_round(tmp_path / "round.jsonl", 1)
    assert "did you mean round.jsonl?" in batch(tmp_path, address, "rund.jsonl", code=2).stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({}, "2 graded, mean score 0.50"),
        ({"calibration": "sha256:c"}, "2 graded, no mean: graded in different ways (calibration)"),
        (
            {"model": "n", "strategy": "pointwise"},
            "2 graded, no mean: graded in different ways (model, strategy)",
        ),
        ({"rubric": "sha256:other"}, "2 graded, no mean: graded in different ways (rubric)"),
    ],
)
def test_grades_that_were_made_in_different_ways_have_no_mean(
    made: dict[str, str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = Job(fakes.attempt(), fakes.rubric())
    one = fakes.graded(0.25, model="m").grade
    other = replace(one, score=0.75, judge=replace(one.judge, **made))
    failed = replace(one, score=None, problems=("busy",), judge=replace(one.judge, model="another"))
    summary = Summary(Estimate(answers=3), tmp_path)
    for each in (one, other, failed):
        summary.add(Outcome(job, each), None)
    assert summary.close(None, json=False) == 3
    told = capsys.readouterr()
    assert told.out.startswith(f"{words}; 1 ungraded\n")
    assert "error: 1 answer is ungraded" in told.err


def test_labels_that_an_edited_answer_puts_out_of_force_are_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    examples = ROOT / "examples"
    shutil.copytree(examples / "answers", "answers")
    replay = [
        "batch",
        "answers",
        "--out",
        "run",
        "--cassette",
        str(examples / "cassette"),
        "--mode",
        "replay",
    ]

    def again(code: int) -> str:
        with pytest.raises(SystemExit) as done:
            grade(replay)
        assert done.value.code == code
        return capsys.readouterr().err

    assert "no longer count" not in again(0)
    job = next(one for one in read_round(["answers/Q43-anna.md"], load()) if isinstance(one, Job))
    for criterion in ("Q43.1", "Q43.2"):
        labels.add(Path("run"), job.attempt, job.rubric, criterion, Label(coverage="missing"), own=False)
    Path("answers/Q43-anna.md").write_text("Other words.", "utf-8")
    said = again(3)
    assert said.count("no longer count") == 1
    assert "note: 2 labels by people no longer count: the answer was edited (2); `grade label run`" in said


def test_what_people_said_of_an_answer_counts_when_it_is_graded_again(tmp_path: Path) -> None:
    write_round(tmp_path / "round.jsonl", 1)
    [job] = read_round([str(tmp_path / "round.jsonl")], load())
    assert isinstance(job, Job)
    verdicts = tuple(said(one.id) for one in job.rubric.criteria)
    card = JudgeCard(model="m", strategy="joint", prompt="p", rubric=job.rubric.hash)
    grade = Grade(
        attempt=job.attempt.id, question=job.rubric.question, score=1.0, verdicts=verdicts, judge=card
    )
    outcome = Outcome(job, grade)
    for one in job.rubric.criteria:
        labels.add(tmp_path, job.attempt, job.rubric, one.id, Label(coverage="missing"), own=True)
    assert decided(outcome, {}) is outcome
    counted = decided(outcome, labels.read(tmp_path)).grade
    assert (counted.score, [one.coverage for one in counted.verdicts]) == (0.0, ["covered"] * len(verdicts))
