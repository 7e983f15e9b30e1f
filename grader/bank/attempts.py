"""Read one answer file: its text, the question it answers, whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from grader.bank.ids import normalise
from grader.bank.textfile import decode, read_text
from grader.errors import InputError
from grader.types import Attempt

LIMIT = 1_000_000
HEAD_LIMIT = 20_000
HEAD = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
ENDS = re.compile(r"\Z|(?=[-_.\s（(])")
"""Where the id in a file's name may end."""
PERSON = re.compile(r"[-_.\s（(]*(.*?)[)）]?", re.DOTALL)
NUMBERED = re.compile(r"(?i)q\d{1,5}")
QUESTION_FIELDS = ("q", "question", "Q")
PERSON_FIELDS = ("person", "author", "name")


def read_attempt(
    source: Path | str,
    *,
    question: str | None,
    text: str | bytes | None = None,
    known: Mapping[str, str] = MappingProxyType({}),
) -> Attempt:
    """One answer from a file, or from `text` when `source` is `-`. `known` as in `from_name`.

    Line ends become `\\n`; `Attempt.offset` counts in that text. Raises InputError for what is no readable
    text of at most 1 MB, and when nothing says which question is answered.
    """
    piped = str(source) == "-"
    path = Path("-") if piped else Path(source)
    if not str(source).strip():
        raise InputError("the path of the answer is empty", "name a file, or - for standard input")
    whole = _piped(text) if piped else _file(path)
    fields, offset = front_matter(whole, str(path))
    named, person = ("", "") if piped else from_name(path, known)
    identifier = question or said(fields, QUESTION_FIELDS) or named
    if not identifier:
        one = example(known)
        raise InputError(
            f"{'standard input' if piped else path}: it doesn't say which question is answered",
            f"add --q {one}, or begin it with --- / q: {one} / ---, or name it {one}.md or {one}-anna.md",
        )
    return Attempt(
        id="stdin" if piped else path.stem,
        question=normalise(identifier),
        text=whole[offset:],
        person=said(fields, PERSON_FIELDS) or person,
        path="" if piped else str(path),
        offset=offset,
    )


def front_matter(text: str, name: str) -> tuple[Mapping[str, object], int]:
    """The fields between `---` lines at the very top, and where the body begins; ({}, 0) without any."""
    found = HEAD.match(text)
    if not found or len(found[1]) > HEAD_LIMIT:
        return {}, 0
    from grader.bank.safe_yaml import load

    try:
        fields = load(found[1], name, first_line=2).value
    except InputError:
        if re.search(r"(?m)^(q|question)\s*:", found[1]):
            raise
        return {}, 0  # a text that begins with a rule
    return (fields, found.end()) if isinstance(fields, dict) else ({}, 0)


def from_name(path: Path, known: Mapping[str, str]) -> tuple[str, str]:
    """Question and person as in `Q43.md`, `Q43-anna.md`; empty when the name says neither.

    `known`: the bank's ids by their lower case; of several that fit the longest counts. Without one any
    number after a Q is taken, which the bank then refuses by name.
    """
    ends = [one.start() for one in ENDS.finditer(path.stem)]
    for end in reversed(ends):
        first = path.stem[:end]
        if question := known.get(first.lower()):
            break
    else:
        if not NUMBERED.fullmatch(first := path.stem[: ends[0]]):
            return "", ""
        end, question = ends[0], normalise(first)
    person = PERSON.fullmatch(path.stem[end:])
    return question, person[1].strip() if person else ""


def example(known: Mapping[str, str]) -> str:
    """An id to show in a hint: one of the bank's."""
    return "Q43" if "q43" in known else next(iter(known.values()), "Q43")


def _file(path: Path) -> str:
    try:
        folder = path.is_dir()
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r}: can't be read: {error}", "check the path") from error
    if folder:
        raise InputError(f"{path} is a folder", "grade batch grades a folder; grade takes one file")
    return read_text(path, limit=LIMIT)


def _piped(text: str | bytes | None) -> str:
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text or b""
    if len(raw) > LIMIT:
        raise InputError("standard input is larger than 1 MB", "check that it is the right text")
    return decode(raw, "standard input")


def said(fields: Mapping[str, object], names: tuple[str, ...]) -> str:
    """What the first of these fields that holds a text or a number says; "" for none."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""
