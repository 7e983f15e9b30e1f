"""Read a run for reports: its current grades one after the other, its rubrics, what it was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader import scoring, wire
from grader.errors import InputError
from grader.runs import labels
from grader.runs.journal import lines, parse
from grader.runs.keys import halves
from grader.types import Attempt, Criterion, Grade, Group, Rubric

GRADES, RUBRICS, ABOUT = "grades.jsonl", "rubrics.jsonl", "run.json"
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

    InputError when the folder holds no run.
    """
    path = folder / GRADES
    if not path.is_file():
        raise InputError(f"{folder} holds no run (no {GRADES})", "name the folder that was given to --out")
    last = {identity(line)[0]: start for start, line in lines(path)}
    current = set(last.values())
    del last
    said = labels.read(folder)
    known = rubrics(folder) if said else {}
    for start, line in lines(path):
        shape = parse(line) if start in current else None
        if shape is not None:
            yield _with_labels(row(shape), said, known)


def _with_labels(row: Row, said: labels.Said, known: Mapping[str, Rubric]) -> Row:
    rubric = known.get(row.grade.judge.rubric)
    own = labels.of(said, row.attempt, rubric) if rubric else {}
    return replace(row, grade=scoring.labelled(row.grade, rubric, own)) if rubric and own else row


def row(shape: dict[str, Any]) -> Row:
    """One line of grades.jsonl."""
    attempt = Attempt(
        id=shape["attempt"],
        question=shape["question"],
        text=shape.get("answer", ""),
        person=shape.get("person", ""),
        path=shape.get("path", ""),
        offset=shape.get("offset", 0),
    )
    return Row(grade=wire.from_json(shape), attempt=attempt, at=shape.get("at", ""))


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
    """The rubrics of a run by their hash."""
    shapes = (parse(line) for _, line in lines(folder / RUBRICS))
    return {one["hash"]: _rubric(one["rubric"]) for one in shapes if one is not None}


def about(folder: Path) -> dict[str, Any]:
    """run.json; InputError when it is missing or damaged."""
    path = folder / ABOUT
    try:
        shape = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{folder} holds no run (no {ABOUT})", "name the folder given to --out") from error
    except ValueError as error:
        raise InputError(f"{path}: not readable as JSON: {error}", "delete it; the grades stay") from error
    return shape if isinstance(shape, dict) else {}


def _rubric(shape: dict[str, Any]) -> Rubric:
    criteria = []
    for one in shape["criteria"]:
        fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in one.items()}
        criteria.append(Criterion(**fields))
    groups = tuple(Group(**one) for one in shape.get("groups", ()))
    return Rubric(**{**shape, "criteria": tuple(criteria), "groups": groups})
