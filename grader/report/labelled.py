"""People's labels of a run: they win in scores and stand beside the verdicts, which stay as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from grader import scoring
from grader.bank.textfile import read_text
from grader.errors import InputError
from grader.report.graded import Graded, Label
from grader.types import Coverage

FILE = "labels.jsonl"
LIMIT = 100_000_000
Labels = Mapping[tuple[str, str], Mapping[str, Label]]
"""Labels by criterion, by attempt and its text."""


def read(folder: Path) -> Labels:
    """The labels of a run, the last word on each criterion; none when nobody labelled it."""
    path = folder / FILE
    found: dict[tuple[str, str], dict[str, Label]] = {}
    if path.is_file():
        for number, line in enumerate(read_text(path, limit=LIMIT).split("\n"), 1):
            if line.strip():
                shape = _object(line, f"{path}:{number}")
                key = (str(shape.get("attempt", "")), str(shape.get("answer", "")))
                found.setdefault(key, {}).update(_labels(shape, f"{path}:{number}"))
    return found


def applied(row: Graded, labels: Labels) -> Graded:
    """The row with its labels, and the score that they give it."""
    own = labels.get((row.attempt.id, row.attempt.text))
    if not own:
        return row
    seen = replace(row, labels=own)
    score = scoring.score(row.question.rubric, [verdict for _, verdict in seen.points()])
    everything = all(one.id in own for one in row.question.rubric.criteria)
    review = row.grade.needs_review and not everything
    return replace(seen, grade=replace(row.grade, score=score, needs_review=review))


def _labels(shape: Mapping[str, Any], where: str) -> Iterator[tuple[str, Label]]:
    said, against = shape.get("labels") or {}, shape.get("contradicted") or ()
    if not isinstance(said, dict):
        raise InputError(f"{where}: labels is not an object", '{"Q43.1": "covered"}')
    for criterion, coverage in said.items():
        if coverage not in get_args(Coverage):
            raise InputError(
                f"{where}: labels: {criterion} is {coverage!r}", f"one of {', '.join(get_args(Coverage))}"
            )
        yield (
            criterion,
            Label(
                coverage=coverage,
                contradicted=criterion in against,
                reviewer=str(shape.get("reviewer") or ""),
                reason=str(shape.get("reason") or ""),
                at=str(shape.get("at") or ""),
            ),
        )


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        shape = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not readable as JSON: {error}", "labels are JSONL") from error
    if not isinstance(shape, dict):
        raise InputError(f"{where}: not an object", "each line labels one answer")
    return shape
