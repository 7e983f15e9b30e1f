"""The examples are graded from their recordings, and the README's picture is one of them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.bank import load, read_attempt
from grader.config import choose_model
from grader.config import load as load_settings
from grader.grading import grade_attempt
from grader.judges import endpoint
from grader.strategies import Plan, resolve
from grader.types import Grade, Judge
from scripts import record

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
