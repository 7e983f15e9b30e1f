"""What a bank says about itself: sections, tracks, learning path, advice; kept in bank.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from grader.bank.ids import natural, number
from grader.bank.textfile import HIDDEN, read_bytes
from grader.errors import InputError
from grader.links import unlinked

LIMIT = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the bank. `claimed` is the count its heading states, None when it states none."""

    heading: str
    title: str
    number: str = ""
    claimed: int | None = None
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TrackEntry:
    """One line of a track: `spec` as the bank writes it (`Q38、Q53-Q55`), `questions` the ids it reaches."""

    title: str
    spec: str
    questions: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Track:
    """What one kind of job (算法岗, 开发岗 ...) has to know."""

    name: str
    heading: str
    entries: tuple[TrackEntry, ...]

    @property
    def questions(self) -> tuple[str, ...]:
        """All ids of the track, each once."""
        return tuple(dict.fromkeys(one for entry in self.entries for one in entry.questions))


@dataclass(frozen=True, kw_only=True)
class Day:
    """A step of the learning path; `sections` are the titles it reaches."""

    label: str
    first: int
    last: int
    text: str
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A labelled line of advice or resources."""

    label: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Note:
    """Lines that have no other place."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BankInfo:
    """A bank without its questions. `promised`, `theory`, `coding`: the counts that it states, else 0."""

    title: str = ""
    audience: tuple[str, ...] = ()
    study_time: str = ""
    sections: tuple[Section, ...] = ()
    tracks: tuple[Track, ...] = ()
    days: tuple[Day, ...] = ()
    advice: tuple[Entry, ...] = ()
    resources: tuple[Entry, ...] = ()
    updated: str = ""
    count: str = ""
    promised: int = 0
    theory: int = 0
    coding: int = 0
    coding_name: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def questions(self) -> tuple[str, ...]:
        """All ids in the bank's own order."""
        return tuple(one for section in self.sections for one in section.questions)

    def section_of(self, identifier: str) -> Section | None:
        """The section that holds a question."""
        return next((one for one in self.sections if identifier in one.questions), None)

    def absent(self) -> tuple[str, ...]:
        """Ids that the numbering of Q1, Q2 ... skips."""
        held = {number(one) for one in self.questions}
        numbers = sorted(one for one in held if one is not None)
        if not numbers or numbers[-1] > 50 * len(numbers):
            return ()
        return tuple(f"Q{one}" for one in range(numbers[0], numbers[-1]) if one not in held)

    def are_coding(self) -> tuple[str, ...]:
        """The skipped ids, when they are just as many as the coding questions that the bank counts."""
        absent = self.absent()
        return absent if absent and len(absent) == self.coding else ()


def spans(identifiers: tuple[str, ...]) -> Iterator[str]:
    """Ids in short: Q1-Q3, Q7."""
    ordered = sorted(identifiers, key=natural)
    runs: list[list[str]] = []
    for one in ordered:
        if runs and number(one) == (number(runs[-1][-1]) or 0) + 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    return (run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def read(path: Path) -> BankInfo:
    """bank.json; InputError names the field that is wrong."""
    from pydantic import TypeAdapter, ValidationError

    try:
        info = TypeAdapter(BankInfo).validate_json(read_bytes(path, limit=LIMIT))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(
            f"{path}: {place}: {first['msg']}", "import the bank again: grade bank import"
        ) from error
    for text in _texts(asdict(info)):
        if HIDDEN.search(text):
            raise InputError(f"{path}: a control character in {text[:40]!r}", "delete it")
    return info


def write(info: BankInfo, path: Path) -> None:
    """Write bank.json."""
    unlinked(path).write_text(
        json.dumps(asdict(info), ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
    )


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
