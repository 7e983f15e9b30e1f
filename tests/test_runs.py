"""A run survives being cut off anywhere, and nothing in it is asked or paid for twice."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader import runs
from grader.errors import InputError, Overloaded
from grader.runs import journal, keys
from grader.runs.replies import Replies
from grader.types import Criterion, Grade, JudgeCard, JudgeReply, JudgeRequest, Usage
from tests import fakes

CARD = JudgeCard(model="fake", strategy="joint", prompt="p", rubric="r")


def grade(attempt: str, score: float | None = 0.5) -> Grade:
    return Grade(attempt=attempt, question="Q1", score=score, verdicts=(), judge=CARD)


def key(attempt: str, text: str = "x") -> str:
    return f"{runs.number(attempt):016x}-{runs.number(text):016x}"


def add(run: runs.Run, attempt: str, text: str = "x", score: float | None = 0.5) -> None:
    run.add(key(attempt, text), grade(attempt, score), fakes.attempt(text, id=attempt), fakes.rubric())


def test_what_was_written_is_done_and_what_failed_is_open(tmp_path: Path) -> None:
    with runs.open_run(tmp_path / "r", {}) as run:
        add(run, "a")
        add(run, "b", score=None)
    with runs.open_run(tmp_path / "r", {}) as run:
        assert run.is_done(key("a"))
        assert not run.is_done(key("b"))
        assert not run.is_done(key("a", "edited"))
        assert len(json.loads((tmp_path / "r/run.json").read_text())["sittings"]) == 2


def test_the_last_grade_of_an_attempt_counts_and_the_earlier_ones_stay_in_the_file(tmp_path: Path) -> None:
    with runs.open_run(tmp_path / "r", {}) as run:
        add(run, "a", "old", 0.2)
        add(run, "b")
        add(run, "a", "new", 0.9)
    rows = list(runs.read(tmp_path / "r"))
    assert [(one.grade.attempt, one.grade.score, one.attempt.text) for one in rows] == [
        ("b", 0.5, "x"),
        ("a", 0.9, "new"),
    ]
    assert (tmp_path / "r/grades.jsonl").read_text().count("\n") == 3
    assert runs.rubrics(tmp_path / "r") == {fakes.rubric().hash: fakes.rubric()}


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_torn_last_line_is_dropped_and_said_wherever_it_is_torn(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "r/grades.jsonl"
    with runs.open_run(tmp_path / "r", {}) as run:
        add(run, "a")
        add(run, "b")
    path.write_bytes(path.read_bytes()[:-cut])
    assert [one.grade.attempt for one in runs.read(tmp_path / "r")] == ["a"]
    with runs.open_run(tmp_path / "r", {}) as run:
        assert "cut off" in run.notes[0]
        assert run.is_done(key("a"))
        assert not run.is_done(key("b"))
        add(run, "b")
    assert [one.grade.attempt for one in runs.read(tmp_path / "r")] == ["a", "b"]


def test_a_damaged_line_in_the_middle_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "r/grades.jsonl"
    with runs.open_run(tmp_path / "r", {}) as run:
        add(run, "a")
    path.write_bytes(b"\0\0\0\0\n" + path.read_bytes() + b'{"key": 3}\n')
    with runs.open_run(tmp_path / "r", {}) as run:
        assert run.is_done(key("a"))
        assert "2 damaged" in run.notes[0]


def test_a_second_process_is_refused_and_a_dead_ones_lock_is_taken_over(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    code = (
        "import sys, time; from pathlib import Path; from grader import runs\n"
        "with runs.open_run(Path(sys.argv[1]), {}):\n print('open', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert other.stdout is not None
    with other.stdout:
        assert other.stdout.readline().strip() == b"open"
        with pytest.raises(InputError, match=str(other.pid)), runs.open_run(folder, {}):
            pass
        other.kill()
        other.wait()
    with runs.open_run(folder, {}) as run:
        assert len(run.done) == 0


def test_a_folder_with_other_files_is_not_taken_for_a_run(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match="no run"), runs.open_run(tmp_path, {}):
        pass


def test_a_rubric_with_a_fault_that_takes_away_is_read_back(tmp_path: Path) -> None:
    fault = Criterion(id="Q1.3", text="It speeds up training", weight=-0.5)
    held = fakes.rubric(criteria=(*fakes.rubric().criteria, fault))
    with runs.open_run(tmp_path / "run", {}) as run:
        run.add(key("a"), grade("a"), fakes.attempt(id="a"), held)
    assert runs.rubrics(tmp_path / "run") == {held.hash: held}


def ask(text: str = "q") -> JudgeRequest:
    return JudgeRequest(model="m", endpoint="e", messages=({"role": "user", "content": text},))


def test_a_reply_is_kept_before_it_is_used_and_never_asked_for_again(tmp_path: Path) -> None:
    seen: list[JudgeRequest] = []
    reply = JudgeReply(text="早上好", stop="stop", usage=Usage(prompt=3, cost_usd=0.1))

    async def first() -> None:
        replies = Replies(tmp_path / "replies.jsonl")
        judge = replies.wrap(fakes.scripted([reply], seen))
        one, two = await asyncio.gather(judge(ask()), judge(ask()))
        assert (one.recorded, two.recorded) == (False, True)
        assert (await judge(ask())).text == "早上好"

    async def second() -> None:
        replies = Replies(tmp_path / "replies.jsonl")
        judge = replies.wrap(fakes.scripted(["new"], seen))
        kept = await judge(ask())
        assert (kept.text, kept.recorded, kept.usage) == (reply.text, True, reply.usage)
        replies.forget(ask())
        replies.close()
        judge = Replies(tmp_path / "replies.jsonl").wrap(fakes.scripted(["new"], seen))
        assert (await judge(ask())).text == "new"

    asyncio.run(first())
    asyncio.run(second())
    assert len(seen) == 2


def test_a_failed_call_is_not_kept_and_fails_all_who_wait_for_it(tmp_path: Path) -> None:
    async def play() -> None:
        replies = Replies(tmp_path / "replies.jsonl")
        scripted = fakes.scripted([Overloaded("no"), "yes"])

        async def slow(request: JudgeRequest) -> JudgeReply:
            await asyncio.sleep(0)
            return await scripted(request)

        judge = replies.wrap(slow)
        results = await asyncio.gather(judge(ask()), judge(ask()), return_exceptions=True)
        assert [type(one) for one in results] == [Overloaded, Overloaded]
        assert (await judge(ask())).text == "yes"
        replies.close()

    asyncio.run(play())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
@pytest.mark.parametrize("name", ["grades.jsonl", "rubrics.jsonl", "replies.jsonl", "run.json"])
def test_a_pipe_in_a_runs_place_is_said_and_not_waited_for(name: str, tmp_path: Path) -> None:
    with runs.open_run(tmp_path, {}):
        pass
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with (
        pytest.raises(InputError, match=r"no file but a folder or a pipe|holds no run"),
        runs.open_run(tmp_path, {}),
    ):
        pass


def test_a_kept_reply_of_many_megabytes_is_read_in_large_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took a minute: what was read so far was copied for every 16 kB."""
    read, sizes = os.read, []
    monkeypatch.setattr(os, "read", lambda fd, size: sizes.append(size) or read(fd, size))
    path = tmp_path / "replies.jsonl"
    path.write_bytes(b'{"key":"' + b"x" * 30_000_000 + b'"}\n')
    kept = journal.Journal(path)
    assert len(kept.line_at(0)["key"]) == 30_000_000
    assert set(sizes[1:]) == {journal.CHUNK}
    kept.close()


def test_what_no_further_reading_looks_at_is_no_part_of_a_grades_key() -> None:
    """So that runs from before there was such a setting go on."""
    assert "look_at" not in keys._judge(fakes.plan())
