"""The Python interface: the names that are promised, one answer, many answers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

import grader
from grader import Attempt, Criterion, Grade, InputError, JudgeReply, JudgeRequest, Rubric
from tests import fakes


async def covering(request: JudgeRequest) -> JudgeReply:
    assert request.schema is not None
    return JudgeReply(
        text=fakes.reply({one: fakes.verdict("covered", "keys") for one in request.schema["required"]})
    )


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_public_name_is_there_and_listed() -> None:
    for name in grader.__all__:
        assert getattr(grader, name) is not None
        assert name in dir(grader)
    assert list(grader.__all__) == sorted(grader.__all__)
    assert set(grader._WHERE) == set(grader.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = grader.nothing


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, grader; grader.Rubric, grader.grade, grader.Plan;"
        "heavy = 'litellm openai pydantic jinja2 httpx rich typer yaml numpy'.split();"
        "print([one for one in heavy if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.stdout.strip() == "[]"


def test_a_text_is_graded_by_a_rubric_of_ones_own() -> None:
    got = grader.grade("It keeps keys.", fakes.rubric(), judge=covering)
    assert (got.score, got.question, got.attempt) == (1.0, "Q1", "Q1")


def test_a_text_is_graded_by_a_question_of_the_bank() -> None:
    got = grader.grade("keys", "Q43", judge=covering)
    assert (got.score, got.question) == (1.0, "Q43")


def test_a_judge_of_ones_own_is_asked_by_the_same_settings_as_a_model() -> None:
    async def inventing(request: JudgeRequest) -> JudgeReply:
        names = (request.schema or {})["required"]
        return JudgeReply(text=fakes.reply({one: fakes.verdict("covered", "never said") for one in names}))

    made = grader.grade("It keeps keys.", fakes.rubric(), judge=inventing, unverified="credit_none")
    assert (made.score, made.judge.model) == (0.0, "custom")


def test_a_grade_can_be_had_where_a_loop_runs_already() -> None:
    async def notebook() -> Grade:
        return grader.grade("keys", fakes.rubric(), judge=covering)

    assert asyncio.run(notebook()).score == 1.0


def test_many_answers_come_as_they_are_ready() -> None:
    attempts = [Attempt(id=f"a{index}", question="Q43", text="keys") for index in range(5)]

    async def collect() -> list[str]:
        return [one.attempt async for one in grader.grade_all(attempts, judge=covering, concurrency=2)]

    assert sorted(asyncio.run(collect())) == [one.id for one in attempts]


def test_a_setting_that_does_not_exist_is_named() -> None:
    with pytest.raises(InputError, match="modle"):
        grader.grade("keys", "Q43", judge=covering, modle="x")


def test_an_answer_to_no_question_is_an_error_with_a_hint() -> None:
    with pytest.raises(InputError, match="names no question") as error:
        grader.grade("keys", judge=covering)
    assert "Q43" in error.value.hint


@pytest.mark.parametrize(
    ("criteria", "flaw"),
    [
        ((), "has no criteria"),
        ((Criterion(id="A", text="x"), Criterion(id="A", text="y")), "two criteria have the id A"),
        ((Criterion(id="A", text=" "),), "has no id or no text"),
        ((Criterion(id="", text="x"),), "has no id or no text"),
        ((Criterion(id="A", text="x", weight=float("inf")), Criterion(id="B", text="y")), "weight of A"),
        ((Criterion(id="A", text="x", weight=float("nan")),), "weight of A"),
        ((Criterion(id="A", text="x", weight="2"),), "weight of A"),  # type: ignore[arg-type]
    ],
)
def test_a_rubric_that_nothing_can_be_scored_by_is_refused_before_anybody_is_asked(
    criteria: tuple[Criterion, ...], flaw: str
) -> None:
    """Two points of one id were scored as one, and a weight without end made everything 0."""
    with pytest.raises(InputError, match=f"the rubric of own: .*{flaw}"):
        grader.grade("It keeps keys.", Rubric(question="own", title="t", criteria=criteria), judge=covering)
