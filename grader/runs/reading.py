"""Read a run for reports: its current grades one after the other, its rubrics, what it was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader import scoring
from grader.bank.textfile import read_bytes
from grader.errors import InputError
from grader.runs import labels
from grader.runs.journal import lines, parse
from grader.runs.keys import halves
from grader.types import Attempt, Grade, Rubric

GRADES, RUBRICS, ABOUT = "grades.jsonl", "rubrics.jsonl", "run.json"
LARGEST = 100_000_000
_HEAD = b'{"key":"'
_DAMAGED = (0, 0, True)
_UNGRADED = b',"ungraded":true,'


@dataclass(frozen=True, kw_only=True)
class Row:
    """A grade with the attempt that it is of. `at`: when, ISO 8601 in UTC."""

    grade: Grade
    attempt: Attempt
    at: str = ""


def read(folder: Path) -> Iterator[Row]:
    """The current grade of each attempt, with people's labels, in the order written.

    InputError when the folder holds no run, or a line that is no grade.
    """
    from grader.runs import typed

    path = folder / GRADES
    if not path.is_file():
        raise InputError(f"{folder} holds no run (no {GRADES})", "name the folder that was given to --out")
    last = {identity(line)[0]: start for start, line in lines(path)}
    current = set(last.values())
    del last
    said = labels.read(folder)
    known = rubrics(folder) if said else {}
    for number, (start, line) in enumerate(lines(path), 1):
        shape = parse(line) if start in current else None
        if shape is not None:
            grade, attempt = typed.grade(shape, f"{path}:{number}")
            row = Row(grade=grade, attempt=attempt, at=shape.get("at", ""))
            yield _with_labels(row, said, known)


def _with_labels(row: Row, said: labels.Said, known: Mapping[str, Rubric]) -> Row:
    rubric = known.get(row.grade.judge.rubric)
    own = labels.of(said, row.attempt, rubric) if rubric else {}
    return replace(row, grade=scoring.labelled(row.grade, rubric, own)) if rubric and own else row


def identity(line: bytes) -> tuple[int, int, bool]:
    """Attempt, what it was graded with, whether it is ungraded; (0, 0, True) for a damaged line.

    Read from the line's head, so that 100,000 of them take a second.
    """
    at = len(_HEAD)
    try:
        if line.startswith(_HEAD) and line.endswith(b"}\n") and line[at + 33 : at + 36] == b'","':
            return (*halves(line[at : at + 33]), line.startswith(_UNGRADED, at + 34))
        shape = parse(line)
        return (*halves(shape["key"]), bool(shape["ungraded"])) if shape else _DAMAGED
    except (KeyError, TypeError, ValueError):
        return _DAMAGED


def rubrics(folder: Path) -> dict[str, Rubric]:
    """The rubrics of a run by their hash; InputError for a line that is none."""
    from grader.runs import typed

    path = folder / RUBRICS
    shapes = ((number, parse(line)) for number, (_, line) in enumerate(lines(path), 1))
    return dict(typed.rubric(one, f"{path}:{number}") for number, one in shapes if one is not None)


def about(folder: Path) -> dict[str, Any]:
    """run.json; InputError when it is missing or damaged."""
    path = folder / ABOUT
    try:
        if not path.is_file():
            raise InputError(f"{folder} holds no run (no {ABOUT})", "name the folder given to --out")
        shape = json.loads(read_bytes(path, limit=LARGEST))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON: {error}", "delete it; the grades stay") from error
    sittings = shape.get("sittings", []) if isinstance(shape, dict) else None
    if not isinstance(sittings, list) or not all(isinstance(one, dict) for one in sittings):
        raise InputError(f"{path}: doesn't say what was asked for", "delete it; the grades stay")
    return dict(shape)
