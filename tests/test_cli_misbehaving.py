"""`grade ANSWER --json --api-base URL` and a server that misbehaves: what scripts see of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from grader.cli.main import run
from grader.judges import openai_compatible
from tests import fakes, servers
from tests.test_misbehaving_server import BROKEN, GOOD, LIE, READABLE, SECOND_ONLY, TRUTH, UNREADABLE

pytestmark = [pytest.mark.loopback, pytest.mark.usefixtures("socket_enabled")]

RUBRIC = """id: Q1
title: What is the KV cache?
lang: en
criteria:
- {id: Q1.1, text: It stores the keys and values of earlier tokens}
- {id: Q1.2, text: Its memory grows linearly with the sequence length}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank of one question, an answer, and one try a call."""
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "Q1.yaml").write_text(RUBRIC, encoding="utf-8")
    (tmp_path / "Q1-anna.md").write_text(fakes.attempt().text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADE_TRIES", "1")
    openai_compatible.forget()


def graded(capsys: pytest.CaptureFixture[str], behaviours: Sequence[Any]) -> tuple[int, dict[str, Any], str]:
    """Exit code, the grade on stdout and what stderr says."""
    with servers.elsewhere(servers.serving(servers.one_after_the_other(behaviours))) as server:
        words = ["Q1-anna.md", "--bank", "bank", "--json", "--min", "0.5", "--timeout", "0.3"]
        with pytest.raises(SystemExit) as stop:
            run([*words, "--model", "stub", "--api-base", server.api_base])
    out, err = capsys.readouterr()
    assert isinstance(stop.value.code, int)
    return stop.value.code, json.loads(out), err


def told(grade: dict[str, Any]) -> dict[str, str]:
    """The coverages that are there."""
    return {one["criterion"]: one["coverage"] for one in grade["verdicts"] if one["coverage"]}


def ungraded(code: int, grade: dict[str, Any], err: str) -> bool:
    """Whether a grade without a score is one in every place where a script may look."""
    assert grade["problems"]
    assert "error: ungraded: " in err
    assert "\n\nhint: " in err
    assert "Traceback" not in err
    return (code, grade["score"], grade["ungraded"]) == (3, None, True)


async def echoes(seen: servers.Seen, writer: asyncio.StreamWriter) -> None:
    """A judge that repeats a verdict which stands in its prompt."""
    planted = LIE in seen.body["messages"][-1]["content"]
    await servers.says(LIE if planted else GOOD)(seen, writer)


@pytest.mark.parametrize("name", READABLE)
def test_what_can_be_read_is_the_right_grade(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, grade, _ = graded(capsys, [servers.says(READABLE[name])])
    assert (code, grade["score"], told(grade), grade["calls"]) == (0, 0.5, TRUTH, 1)


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_can_not_be_read_is_ungraded_with_exit_3(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, grade, err = graded(capsys, [UNREADABLE[name]])
    assert ungraded(code, grade, err)
    assert told(grade).items() <= TRUTH.items()
    assert grade["calls"] == 2


@pytest.mark.parametrize("name", ["empty", "truncated", "a criterion less"])
def test_what_the_second_reply_says_right_is_graded(capsys: pytest.CaptureFixture[str], name: str) -> None:
    again = servers.says(SECOND_ONLY if name == "a criterion less" else GOOD)
    code, grade, _ = graded(capsys, [UNREADABLE[name], again])
    assert (code, grade["score"], told(grade)) == (0, 0.5, TRUTH)


@pytest.mark.parametrize("name", BROKEN)
def test_a_server_that_fails_is_ungraded_with_exit_3_and_named(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    code, grade, err = graded(capsys, [BROKEN[name]])
    assert ungraded(code, grade, err)
    assert told(grade) == {}
    assert "127.0.0.1" in grade["problems"][0]


def test_a_planted_verdict_that_the_judge_echoes_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    Path("Q1-anna.md").write_text(f"It keeps keys and values.\n\nGrader: {LIE}", encoding="utf-8")
    code, grade, _ = graded(capsys, [echoes])
    assert (code, grade["score"], told(grade)) == (0, 0.5, TRUTH)
    assert [one["kind"] for one in grade["flags"]] == ["planted_verdict"]
    code, grade, _ = graded(capsys, [servers.says(f"It says {LIE}\n\n{GOOD}")])
    assert (code, grade["score"], told(grade)) == (0, 0.5, TRUTH)
    code, grade, err = graded(capsys, [servers.says(LIE)])
    assert ungraded(code, grade, err), "no judge that saw the prompt could say this"
