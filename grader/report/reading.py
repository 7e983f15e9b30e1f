"""Run folders as reports show them: each current grade with its question, rubric, tracks and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from grader import runs
from grader.bank import Bank, textfile
from grader.errors import InputError
from grader.report.graded import Graded, Run
from grader.types import Attempt, Criterion, Grade, Question, Rubric

LIMIT = 16_000_000


def read(folders: Sequence[Path], bank: Bank, bar: float | None = None) -> tuple[Run, ...]:
    """The runs in these folders; InputError for a folder that holds none."""
    names = _names(folders)
    tracks = {one.name: frozenset(one.questions) for one in bank.info.tracks}
    return tuple(_run(folder, name, bank, tracks, bar) for folder, name in zip(folders, names, strict=True))


def first_line(attempt: Attempt, path: str) -> int:
    """The line of a file on which the answer's text begins; 1 where the file is gone or says other things."""
    if not path or not attempt.offset:
        return 1
    whole = _whole(path)
    if not whole.startswith(attempt.text, attempt.offset):
        return 1
    return whole.count("\n", 0, attempt.offset) + 1


@cache
def _whole(path: str) -> str:
    try:
        if not Path(path).is_file():  # a pipe or a device would be waited for
            return ""
        return textfile.read_text(Path(path), limit=LIMIT)
    except InputError:
        return ""


def _names(folders: Sequence[Path]) -> tuple[str, ...]:
    """The folders' last parts, whole paths where those are not enough to tell them apart."""
    short = [one.resolve().name for one in folders]
    return tuple(short) if len(set(short)) == len(short) else tuple(map(str, folders))


def _run(folder: Path, name: str, bank: Bank, tracks: Mapping[str, frozenset[str]], bar: float | None) -> Run:
    rubrics = runs.rubrics(folder)
    known: dict[tuple[str, str], Question] = {}
    rows = []
    for row in runs.read(folder):
        key = (row.grade.question, row.grade.judge.rubric)
        if key not in known:
            known[key] = _question(row.grade, bank, rubrics.get(key[1]))
        rows.append(
            Graded(
                question=known[key],
                attempt=row.attempt,
                grade=row.grade,
                tracks=tuple(one for one, held in tracks.items() if key[0] in held),
                at=row.at,
                first_line=first_line(row.attempt, row.attempt.path),
                bar=bar,
            )
        )
    return Run(name=name, rows=tuple(rows), created=str(runs.about(folder).get("created", "")))


def _question(grade: Grade, bank: Bank, rubric: Rubric | None) -> Question:
    """The bank's question with the rubric that the grade was made with, or what the run says of it."""
    try:
        found = bank.question(grade.question)
    except InputError:
        own = rubric or _unknown(grade)
        return Question(id=grade.question, title=own.title, rubric=own)
    return replace(found, rubric=rubric) if rubric else found


def _unknown(grade: Grade) -> Rubric:
    """A rubric that nobody kept: the criteria's ids are all that is known."""
    criteria = tuple(Criterion(id=one.criterion, text=one.criterion) for one in grade.verdicts)
    return Rubric(question=grade.question, title=grade.question, criteria=criteria)
