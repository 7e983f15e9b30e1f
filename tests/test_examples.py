"""The examples are graded from their recordings, and the README's picture is one of them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.bank import load, read_attempt
from grader.bank.labels import read
from grader.bank.lint import rubric as rubric_findings
from grader.config import choose_model
from grader.config import load as load_settings
from grader.grading import grade_attempt
from grader.judges import endpoint
from grader.scoring import score
from grader.strategies import Plan, joint, resolve
from grader.types import Grade, Judge
from scripts import record
from tests import fakes

ROOT = Path(__file__).parent.parent
ANSWERS = sorted((ROOT / "examples" / "answers").glob("*.md"))


pytestmark = pytest.mark.skipif(not record.CASSETTE.exists(), reason="not recorded: scripts/record.py")


def replayed(path: Path, judge: Judge) -> Grade:
    """The grade of one example, from its recording."""
    settings = load_settings(
        {"cassette": record.CASSETTE, "mode": "replay", "model": "embedded"}, cwd=ROOT, environ={}
    )
    choice = choose_model(settings, {})
    where = endpoint(settings, choice)
    plan = Plan(model=choice.model, endpoint=where, strategy=resolve("auto", where))
    attempt = read_attempt(path, question=None)
    return asyncio.run(grade_attempt(load().question(attempt.question).rubric, attempt, judge, plan))


def test_every_example_has_a_grade(tape: Callable[[Path], Judge]):
    grades = [replayed(path, tape(record.CASSETTE)) for path in ANSWERS]
    assert [one.attempt for one in grades if one.ungraded] == []


def test_there_are_good_and_bad_answers_to_three_questions():
    assert len(ANSWERS) >= 6
    assert len({path.stem.split("-")[0] for path in ANSWERS}) == 3


def test_the_labels_are_of_the_examples():
    rows = [json.loads(line) for line in (ROOT / "examples" / "labels.jsonl").read_text("utf-8").splitlines()]
    assert {row["attempt"] for row in rows} == {path.stem for path in ANSWERS}
    for row in rows:
        path = ROOT / "examples" / "answers" / f"{row['attempt']}.md"
        assert row["answer"].strip() == path.read_text(encoding="utf-8").strip()
        assert set(row["labels"]) == {one.id for one in load().question(row["question"]).rubric.criteria}


@pytest.mark.skipif(
    bool({one for one in os.environ if one.startswith("GRADE_")}), reason="settings of this machine"
)
def test_the_picture_in_the_readme_is_what_grade_shows():
    assert record.PICTURE.read_text(encoding="utf-8") == record.picture() + "\n", (
        "run scripts/record.py --picture"
    )


def test_the_rubric_of_ones_own_is_clean_and_its_reference_is_shown_and_left_out() -> None:
    shelf = load(ROOT / "examples" / "own")
    question = shelf.question("C1")
    assert rubric_findings(question) == ()
    [request] = joint.requests(question.rubric, fakes.attempt("a lock"), fakes.plan())
    [without] = joint.requests(question.rubric, fakes.attempt("a lock"), fakes.plan(reference=False))
    for shown, one in ((True, request), (False, without)):
        assert (
            "random jitter on expiry times keeps many keys" in one.messages[1]["content"].lower()
        ) is shown


def test_the_labels_of_ones_own_rubric_score_as_its_logic_says() -> None:
    labelled = read([ROOT / "examples" / "own" / "labels.jsonl"], load(ROOT / "examples" / "own"))
    scores = {}
    for one in labelled:
        verdicts = [fakes.said(criterion, coverage) for criterion, coverage in one.labels.items()]
        scores[one.attempt.person] = score(one.rubric, verdicts)
    assert scores == {"anna": 1.0, "ben": 0.0, "chen": 0.75, "dora": 0.5, "emil": 0.375, "fay": 0.0}
