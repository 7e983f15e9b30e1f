"""`grade cassette` lists, prunes and compares."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.bank import load, read_attempt
from grader.cassette import Cassette
from grader.cli.main import run
from grader.strategies import Plan, looks, strategy
from grader.types import JudgeReply, JudgeRequest
from tests import fakes


def grade(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        run([str(one) for one in words])
    assert isinstance(caught.value.code, int)
    out = capsys.readouterr()
    return caught.value.code, out.out, out.err


def request(text: str) -> JudgeRequest:
    return JudgeRequest(model="m", endpoint="litellm", messages=({"role": "user", "content": text},))


def keep(folder: Path, text: str, reply: str = "yes") -> Path:
    return Cassette(folder, "record").keep(request(text), JudgeReply(text=reply, stop="stop"))


def test_recordings_are_listed_and_damaged_ones_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fine = keep(tmp_path, "a", "the\nreply")
    (tmp_path / "broken.json").write_text("{")
    code, out, _ = grade(capsys, "cassette", "list", tmp_path)
    assert code == 0
    assert fine.name in out
    assert "the reply" in out
    assert "2 recordings, 0 tokens, 1 unusable" in out
    rows = json.loads(grade(capsys, "cassette", "list", tmp_path, "--json")[1])
    assert sorted(one.get("model", "unusable") for one in rows) == ["m", "unusable"]


def test_no_recording_drives_the_terminal_through_a_list(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    keep(tmp_path, "hello", "\x1b[2J\x1b]0;title\x07 hidden \u202e turned")
    code, out, _ = grade(capsys, "cassette", "list", tmp_path)
    assert code == 0
    assert "hidden" in out
    assert not set(out) & {"\x1b", "\x07", "\u202e"}


def test_a_folder_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = grade(capsys, "cassette", "list", tmp_path / "none")
    assert code == 2
    assert "no folder of recordings" in err


def test_two_folders_differ_where_replies_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    keep(old, "same"), keep(new, "same")
    assert grade(capsys, "cassette", "diff", old, new)[:2] == (0, "")
    keep(old, "changed", "before"), keep(new, "changed", "after")
    gone = keep(old, "gone")
    code, out, _ = grade(capsys, "cassette", "diff", old, new)
    assert code == 1
    assert f"only in {old}: {gone.name}" in out
    assert "-before" in out
    assert "+after" in out


def test_two_recordings_differ_in_request_and_reply(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = grade(capsys, "cassette", "diff", keep(tmp_path, "one", "x"), keep(tmp_path, "two", "y"))
    assert code == 1
    for line in ("-one", "+two", "-x", "+y"):
        assert line in out.splitlines()


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    """An answer to Q43 with its recording, and beside it one that nothing plays."""
    (tmp_path / "Q43.md").write_text("KV cache keeps keys and values.", encoding="utf-8")
    plan = Plan(model="m", endpoint="litellm", strategy="joint")
    rubric = load().question("Q43").rubric
    attempt = read_attempt(tmp_path / "Q43.md", question=None)
    (asked,) = strategy("joint").requests(rubric, attempt, plan)
    said = fakes.reply({one.id: fakes.verdict("missing") for one in rubric.criteria})
    Cassette(tmp_path / "tapes", "record").keep(asked, JudgeReply(text=said, stop="stop"))
    keep(tmp_path / "tapes", "nobody asks this")
    return tmp_path


def test_prune_deletes_what_no_answer_plays(capsys: pytest.CaptureFixture[str], answered: Path) -> None:
    words = ("cassette", "prune", answered / "tapes", answered / "Q43.md", "--model", "m")
    code, out, err = grade(capsys, *words, "--dry-run")
    assert (code, len(out.splitlines()), len(list((answered / "tapes").iterdir()))) == (0, 1, 2)
    assert "1 would be deleted, 1 kept" in err
    assert grade(capsys, *words)[0] == 0
    assert len(list((answered / "tapes").iterdir())) == 1
    assert grade(capsys, *words)[1] == ""


def test_prune_keeps_what_further_samples_play(capsys: pytest.CaptureFixture[str], answered: Path) -> None:
    rubric = load().question("Q43").rubric
    attempt = read_attempt(answered / "Q43.md", question=None)
    said = fakes.reply({one.id: fakes.verdict("missing") for one in rubric.criteria})
    for asked in looks.requests(rubric, attempt, Plan(model="m", endpoint="litellm", samples=3)):
        Cassette(answered / "tapes", "record").keep(asked, JudgeReply(text=said, stop="stop"))
    words = ("cassette", "prune", answered / "tapes", answered / "Q43.md", "--model", "m", "--samples", "3")
    assert grade(capsys, *words)[0] == 0
    assert len(list((answered / "tapes").iterdir())) == 3


def test_prune_deletes_nothing_when_an_answer_has_no_recording(
    capsys: pytest.CaptureFixture[str], answered: Path
) -> None:
    (answered / "Q44.md").write_text("Something new.", encoding="utf-8")
    answers = (answered / "Q43.md", answered / "Q44.md")
    code, _, err = grade(capsys, "cassette", "prune", answered / "tapes", *answers, "--model", "m")
    assert code == 3
    assert "nothing was deleted" in err
    assert len(list((answered / "tapes").iterdir())) == 2
