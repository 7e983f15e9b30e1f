"""A practice round becomes jobs, one after the other: folders, globs, Markdown, JSONL and CSV, mixed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from grader.bank import headings, tables
from grader.bank.attempts import LIMIT, PERSON_FIELDS, QUESTION_FIELDS, example, from_name, front_matter, said
from grader.bank.ids import normalise
from grader.bank.sources import TABLES, Source, sources
from grader.bank.store import Bank
from grader.bank.tables import OWN, Refused, Row
from grader.bank.textfile import read_text
from grader.errors import InputError
from grader.runs.keys import number
from grader.runs.numbers import Numbers
from grader.types import Attempt, Question, Rubric

NOT_IN_A_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])(\s*\..*)?")
UNOWNED = re.compile(r"(?i)(rounds?|answers?|practice|notes?|一轮|练习|回答|答案)?[-_\s\d]*")
"""What a round file is called that is not called after a person."""
LONGEST_ID = 100
LONGEST_NAME = 240
"""Bytes: with an ending it is a file name everywhere."""
LONGEST_ROUND = 20_000_000


@dataclass(frozen=True)
class Job:
    """An attempt with the rubric that it is graded by. `note`: what must be said of whose that rubric is."""

    attempt: Attempt
    rubric: Rubric
    note: str = ""


def read_round(paths: Sequence[str], bank: Bank, *, question: str | None = None) -> Iterator[Job | Refused]:
    """Every answer as a job, or what is wrong with it. Only one answer is in memory at a time.

    `question` is for answers that don't say which they answer. Ids of attempts are unique and file names
    on every system; the same attempt given twice comes once.
    """
    shelf = _Shelf(bank)
    for source in sources(paths, bank.known):
        try:
            for one in _answers(source, shelf, question):
                job = one if isinstance(one, Refused) else shelf.job(one, source)
                if isinstance(one, Row) and isinstance(job, Job):
                    yield from shelf.namesake(one, job.rubric)
                yield job
        except InputError as error:
            yield Refused(str(source.path), error.message, "unreadable", error.hint)


def _answers(source: Source, shelf: _Shelf, question: str | None) -> Iterator[Row | Refused]:
    if source.path.suffix.lower() in TABLES:
        for row in tables.read(source.path):
            yield row if isinstance(row, Refused) else _placed(row, source, question)
        return
    text = read_text(source.path, limit=LONGEST_ROUND)
    fields, start = front_matter(text, str(source.path))
    named, owner = from_name(source.path, shelf.bank.known)
    own = said(fields, QUESTION_FIELDS) or named or source.question
    in_folder = source.path.stem if source.question and not named else source.person
    person = said(fields, PERSON_FIELDS) or owner or in_folder
    if not own:
        parts = headings.split(text, start, shelf.has)
        if parts.sections:
            named = "" if UNOWNED.fullmatch(source.path.stem) else source.path.stem
            yield from _sections(parts, source.path, person or named, text)
            return
    own = own or question or ""
    if not own:
        yield _unasked(source.path, example(shelf.bank.known))
        return
    together = _identifier(normalise(own), person) if person and not owner else source.path.stem
    where, answer = str(source.path), text[start:]
    yield Row(question=own, answer=answer, attempt=together, person=person, where=where, offset=start)


def _unasked(path: Path, one: str) -> Refused:
    return Refused(
        str(path),
        "it doesn't say which question is answered",
        "question",
        f"name it {one}-anna.md, begin it with front matter (q: {one}), or use headings like ## {one}",
    )


def _sections(parts: headings.Parts, path: Path, person: str, text: str) -> Iterator[Row | Refused]:
    if parts.ignored:
        yield Refused(str(path), f"the text before the first question is left out ({parts.ignored})", "note")
    for one in parts.sections:
        yield Row(
            question=one.question, answer=text[one.start : one.end], person=person,
            attempt=_identifier(normalise(one.question), person), where=f"{path}:{one.line}",
            offset=one.start,
        )  # fmt: skip


def _placed(row: Row, source: Source, question: str | None) -> Row:
    asked = row.question or ("" if row.question_text else source.question or question or "")
    return replace(row, person=row.person or source.person, question=asked)


def _identifier(question: str, person: str) -> str:
    return f"{question}-{person}" if person else question


@dataclass
class _Shelf:
    """Questions and ids met so far."""

    bank: Bank
    ids: frozenset[str] = frozenset()
    questions: dict[str, Question | InputError] = field(default_factory=dict)
    own: dict[str, Rubric] = field(default_factory=dict)
    namesakes: set[str] = field(default_factory=set)
    taken: Numbers = field(default_factory=Numbers)
    further: Numbers = field(default_factory=Numbers)

    def has(self, identifier: str) -> bool:
        self.ids = self.ids or frozenset(self.bank.ids())
        return identifier in self.ids

    def job(self, row: Row, source: Source) -> Job | Refused:
        rubric = self._own_rubric(row) if row.criteria else self._bank_rubric(row)
        if isinstance(rubric, Refused):
            return rubric
        if len(row.answer) > LIMIT:
            return Refused(row.where, "the answer is longer than 1 MB", "unreadable")
        content = number(f"{rubric.question}\0{row.answer}")
        name = row.attempt or (_identifier(rubric.question, row.person) if row.person else "")
        identifier = self._free(tidy(name or row.fallback), content)
        if identifier is None:
            return Refused(row.where, f"the same answer again ({name})", "repeated")
        attempt = Attempt(
            id=identifier, question=rubric.question, text=row.answer, person=row.person,
            path=row.where, offset=row.offset,
        )  # fmt: skip
        theirs = row.criteria and not source.named and rubric.question.lower() in self.bank.known
        note = f"{rubric.question} judged by criteria from {source.path}, not the bank's" if theirs else ""
        return Job(attempt, rubric, note)

    def namesake(self, row: Row, rubric: Rubric) -> Iterator[Refused]:
        """A note, once, where a row's own criteria stand under a title of the bank and no id with them."""
        own = rubric.question
        held = self.titles.get(rubric.title) if row.criteria and own.startswith(OWN) else None
        if held and own not in self.namesakes:
            self.namesakes.add(own)
            said = f"has the title of {held}, no id and criteria of its own, so it is shown as {own}"
            yield Refused(row.where, f"{said}; with {held} in a column question it is shown there", "note")

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """The bank's questions by title; none where a file of it can't be read, which others say."""
        try:
            return {one.title: one.id for one in self.bank.questions()}
        except InputError:
            return {}

    def _free(self, wanted: str, content: int) -> str | None:
        """The id, or with -2, -3 ... behind it; None when the same text has it already."""
        name, first = wanted, _place(wanted)
        same = number(f"{first} {content}")
        while (holder := self.taken.get(_place(name))) is not None:
            if content == holder or same in self.further:
                return None
            count = self.further.get(first, 1) + 1
            self.further[first], name = count, f"{wanted}-{count}"
        if name != wanted:
            self.further[same] = 1
        self.taken[_place(name)] = content
        return name

    def _own_rubric(self, row: Row) -> Rubric | Refused:
        content = f"{row.question}\0{row.question_text}\0{row.criteria!r}"
        if content not in self.own:
            rubric = tables.rubric_of(row)
            if isinstance(rubric, Refused):
                return rubric
            if len(self.own) > 500:
                self.own.clear()
            self.own[content] = rubric
        return self.own[content]

    def _bank_rubric(self, row: Row) -> Rubric | Refused:
        if not row.question:
            return Refused(row.where, "the row names no question", "question")
        asked = normalise(row.question)
        if asked not in self.questions:
            try:
                self.questions[asked] = self.bank.question(asked)
            except InputError as error:
                self.questions[asked] = error
        found = self.questions[asked]
        if isinstance(found, InputError):
            return Refused(row.where, found.message, "unknown", found.hint)
        return found.rubric


def _place(name: str) -> int:
    """The same for two names that are one file on some system."""
    return number(unicodedata.normalize("NFKC", name).casefold())


def tidy(name: str) -> str:
    """`name` as a file name on every system, at most 100 characters."""
    name = NOT_IN_A_NAME.sub("-", name).strip(" .-")[:LONGEST_ID]
    name = (
        name.encode("utf-8", "surrogatepass")[:LONGEST_NAME].decode("utf-8", "ignore").rstrip(" .")
        or "answer"
    )
    found = RESERVED.fullmatch(name)  # con.md is no file name on Windows either
    return f"{found[1]}-{found[2] or ''}" if found else name
