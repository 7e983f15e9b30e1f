"""A run that is being written: what is done already, and where the next grade goes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader import wire
from grader.errors import InputError
from grader.links import unlinked
from grader.runs import lock
from grader.runs.journal import Journal, lines
from grader.runs.keys import halves, number
from grader.runs.numbers import Numbers
from grader.runs.reading import ABOUT, GRADES, RUBRICS, about, identity
from grader.runs.replies import Replies
from grader.types import Attempt, Grade, Rubric


@dataclass
class Run:
    """The one mutable thing of a batch. `notes`: what the user should hear about the files."""

    folder: Path
    grades: Journal
    kept: Journal
    replies: Replies
    notes: tuple[str, ...] = ()
    done: Numbers = field(default_factory=Numbers)
    _rubrics: set[int] = field(default_factory=set)

    def is_done(self, key: str) -> bool:
        """Whether the attempt's last grade has just this key and a score."""
        return is_done(self.done, key)

    def add(self, key: str, grade: Grade, attempt: Attempt, rubric: Rubric) -> None:
        """Write a grade; an earlier one of the attempt is superseded by it."""
        if number(rubric.hash) not in self._rubrics:
            self.kept.append({"hash": rubric.hash, "rubric": asdict(rubric)})
            self._rubrics.add(number(rubric.hash))
        shape: dict[str, Any] = {"key": key, "ungraded": grade.ungraded, **wire.to_json(grade)}
        own = {"person": attempt.person, "path": attempt.path, "offset": attempt.offset}
        self.grades.append({**shape, **own, "answer": attempt.text, "at": now()})
        who, made_with = halves(key)
        self.done[who] = 0 if grade.ungraded else made_with

    def close_sitting(self, facts: Mapping[str, Any]) -> None:
        """Add what came of this sitting to its entry in run.json; one that was killed has none."""
        shape = about(self.folder)
        shape["sittings"][-1].update(facts)
        _rewrite(self.folder, shape)

    async def sync(self) -> None:
        """All that was written so far is on the disk."""
        for journal in (self.kept, self.replies, self.grades):
            await journal.sync()


@contextmanager
def open_run(folder: Path, sitting: Mapping[str, Any]) -> Iterator[Run]:
    """The run in that folder, new or to be resumed. `sitting`: what goes into run.json about this time.

    InputError when another process writes it, or the folder holds something else.
    """
    _claim(folder)
    with lock.held(folder / "lock"):
        _note_sitting(folder, sitting)
        grades, kept = Journal(folder / GRADES), Journal(folder / RUBRICS)
        replies = Replies(folder / "replies.jsonl")
        done, damaged = index(folder)
        known = {number(str(one)) for one in _hashes(folder / RUBRICS)}
        try:
            yield Run(folder, grades, kept, replies, _notes(grades, damaged), done, known)
        finally:
            for journal in (replies, kept, grades):
                journal.close()


def is_done(done: Numbers, key: str) -> bool:
    """Whether an index says that the attempt's last grade has just this key and a score."""
    attempt, made_with = halves(key)
    return bool(done.get(attempt) == made_with)


def index(folder: Path) -> tuple[Numbers, int]:
    """What each attempt was last graded with, 0 when that failed; and how many lines are damaged."""
    done = Numbers()
    damaged = 0
    for _, line in lines(folder / GRADES):
        attempt, made_with, ungraded = identity(line)
        damaged += attempt == 0
        if attempt:
            done[attempt] = 0 if ungraded else made_with
    return done, damaged


def now() -> str:
    """This second, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _notes(grades: Journal, damaged: int) -> tuple[str, ...]:
    notes = []
    if grades.dropped:
        notes.append(
            f"{grades.path}: the last line was cut off ({grades.dropped} bytes); dropped, asked again"
        )
    if damaged:
        lines_are = "1 damaged line is" if damaged == 1 else f"{damaged} damaged lines are"
        notes.append(f"{grades.path}: {lines_are} left out; what stood there is asked again")
    return tuple(notes)


def _hashes(path: Path) -> Iterator[str]:
    head = b'{"hash":"'
    for _, line in lines(path):
        if line.startswith(head) and line.endswith(b"}\n"):
            yield line[len(head) :].partition(b'"')[0].decode("ascii", "replace")


def _claim(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {folder} is a file", "name a folder")
    if folder.is_dir() and not (folder / ABOUT).exists() and not (folder / GRADES).exists():
        others = [one.name for one in folder.iterdir() if one.name not in ("lock", f"{ABOUT}.new")]
        if others:
            raise InputError(
                f"--out {folder} holds other files and no run ({others[0]} ...)", "name a new or empty folder"
            )
    unlinked(folder / f"{ABOUT}.new")
    folder.mkdir(parents=True, exist_ok=True)


def _note_sitting(folder: Path, sitting: Mapping[str, Any]) -> None:
    """Rewrite run.json in one step, with this sitting at its end."""
    path = folder / ABOUT
    shape: dict[str, Any] = about(folder) if path.exists() else {"format": 1, "created": now()}
    if shape.get("format") != 1:
        raise InputError(f"{path}: format {shape.get('format')} is unknown", "install a newer grade")
    shape["sittings"] = [*shape.get("sittings", []), {"at": now(), **sitting}]
    _rewrite(folder, shape)


def _rewrite(folder: Path, shape: Mapping[str, Any]) -> None:
    fresh = folder / f"{ABOUT}.new"
    try:
        with fresh.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as file:
            json.dump(shape, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / ABOUT)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder / ABOUT)) from error  # a write knows no name
