"""The labelled sets as rubrics, attempts and levels (0 missing, 1 partial, 2 covered)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.types import Attempt, Criterion, Lang, Rubric

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
ROOT = Path(__file__).resolve().parent.parent
GOLD = ROOT.parent / "shared" / "gold"
OWN = ROOT / "examples" / "labelled"
SETS = (
    "interview_train",
    "interview_more",
    "interview_hands",
    "english_more",
    "english_hands",
    "interview_dev",
    "khan",
    "kqa",
    "physics",
    "realsumm_lite",
    "le_zh",
)
LEVEL = {"missing": 0, "partial": 1, "covered": 2}


@dataclass(frozen=True)
class Labelled:
    """One answer with its labels; the rubric holds the labelled criteria only.

    Where people only gave a `score`, the reference is the one criterion, its level the nearest to it.
    """

    set: str
    rubric: Rubric
    attempt: Attempt
    levels: tuple[int, ...]
    contradicted: tuple[bool, ...]
    raters: tuple[tuple[int | None, ...], ...]
    kind: str
    score: float | None = None

    @property
    def name(self) -> str:
        return f"{self.set}/{self.attempt.id}"


def read(name: str, folder: Path) -> list[Labelled]:
    """A set by name, [] where there is none. The interview sets lie here, with the claims as labelled."""
    for place in (OWN, folder):
        path = place / f"{name}.jsonl"
        if path.is_file():
            lines = path.read_text("utf-8").splitlines()
            return list(_rows(name, [json.loads(line) for line in lines if line.strip()]))
    return []


def _rows(name: str, rows: list[dict[str, Any]]) -> Iterator[Labelled]:
    for row in rows:
        points, labels = _asked(row)
        lang: Lang = "zh" if _CHINESE.search(row["question_text"]) else "en"
        rubric = Rubric(question=row["question"], title=row["question_text"], criteria=points, lang=lang)
        kept = tuple(one for one in rubric.criteria if one.id in labels)
        yield Labelled(
            set=name,
            rubric=replace(rubric, criteria=kept),
            attempt=Attempt(id=row["attempt"], question=row["question"], text=row["answer"]),
            levels=tuple(LEVEL[labels[one.id]] for one in kept),
            contradicted=tuple(one.id in row.get("contradicted", ()) for one in kept),
            raters=tuple(
                tuple(LEVEL.get(rater.get(one.id, "")) for one in kept) for rater in row.get("raters") or ()
            ),
            kind=row.get("kind") or "",
            score=row.get("score"),
        )


def _asked(row: dict[str, Any]) -> tuple[tuple[Criterion, ...], dict[str, str]]:
    """The criteria and their labels."""
    if "criteria" in row:
        return tuple(_criterion(one) for one in row["criteria"]), row["labels"]
    name = f"{row['question']}.1"
    return (Criterion(id=name, text=row["reference"]),), {name: list(LEVEL)[round(2 * row["score"])]}


def _criterion(raw: dict[str, Any]) -> Criterion:
    lists = {name: tuple(raw.get(name, ())) for name in ("parts", "accept", "mistakes")}
    return Criterion(id=raw["id"], text=raw["text"], **lists)
