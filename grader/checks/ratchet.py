"""Scores kept in a committed file, so that a write-up never falls below what the base branch has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.bank.textfile import read_text
from grader.errors import InputError
from grader.report.graded import Graded, judge_of
from grader.types import digest

LIMIT = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One write-up's score; `judge` is the hash of what it was graded with, the rubric too."""

    score: float
    question: str
    judge: str


def made_with(row: Graded) -> str:
    """The hash that two scores must share to be compared."""
    return digest([*judge_of(row.grade.judge), row.grade.judge.rubric])


def parse(text: str, name: str) -> dict[str, Kept]:
    """Scores by path; InputError when the text is no scores file."""
    try:
        whole = json.loads(text)
        if whole["format"] != 1:
            raise InputError(f"{name}: format {whole['format']} is unknown", "install a newer grade")
        return {str(path): _kept(one) for path, one in whole["scores"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise InputError(
            f"{name} holds no scores: {error!r:.80}", "delete it and run `grade check --update-scores`"
        ) from error


def written(rows: Iterable[Graded], before: Mapping[str, Kept]) -> str:
    """The file with these rows' scores put over those of before; ungraded rows keep what they had."""
    now = {
        row.attempt.path: Kept(score=row.grade.score, question=row.question.id, judge=made_with(row))
        for row in rows
        if row.grade.score is not None
    }
    scores = {path: vars(one) for path, one in sorted({**before, **now}.items())}
    return json.dumps({"format": 1, "scores": scores}, ensure_ascii=False, indent=1) + "\n"


def floor(row: Graded, before: Mapping[str, Kept], old_path: str, slack: float) -> float | None:
    """The least that this row may score: what the base has, less the slack.

    None where the base has nothing, or what it has was made in another way and can't be compared.
    """
    kept = before.get(old_path)
    if kept is None or kept.judge != made_with(row):
        return None
    return max(0.0, kept.score - slack)


def unlike(row: Graded, before: Mapping[str, Kept], old_path: str) -> bool:
    """True where the base has a score that can't be compared with this one."""
    kept = before.get(old_path)
    return kept is not None and row.grade.score is not None and kept.judge != made_with(row)


def moved(row: Graded, before: Mapping[str, Kept], old_path: str) -> str:
    """What is said of a write-up that answered another question on the base; "" of one that did not."""
    kept = before.get(old_path)
    if kept is None or kept.question == row.question.id:
        return ""
    return f"{row.attempt.path} ({kept.question} before, now {row.question.id})"


def load(path: Path) -> dict[str, Kept]:
    """The scores in a file; none when there is no file."""
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is no file", "delete it and run `grade check --update-scores`")
    return parse(read_text(path, limit=LIMIT), str(path)) if path.exists() else {}


def _kept(shape: Mapping[str, Any]) -> Kept:
    score = float(shape["score"])
    if not 0 <= score <= 1:
        raise ValueError(f"score {score}")
    return Kept(score=score, question=str(shape["question"]), judge=str(shape["judge"]))
