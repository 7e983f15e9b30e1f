"""Recordings made for a test, so that a whole `grade` can be replayed in another process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from grader.bank import load, read_attempt
from grader.cassette import Cassette
from grader.grading import grade_attempt
from tests import fakes


def recorded(folder: Path, answer: Path) -> list[str]:
    """Record a covered verdict for each criterion of an answer; the options of `grade` that replay it."""
    asked = read_attempt(answer, question=None)
    whole = load().question(asked.question).rubric
    said = fakes.reply({one.id: fakes.verdict("covered", asked.text[:12]) for one in whole.criteria})
    judge = Cassette(folder, "record").wrap(fakes.scripted([said]))
    asyncio.run(grade_attempt(whole, asked, judge, fakes.plan(model="fake", endpoint="litellm")))
    return ["--model", "fake", "--cassette", str(folder), "--mode", "replay"]
