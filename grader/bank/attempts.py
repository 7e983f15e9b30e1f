"""Read one answer file: its text, the question it answers, whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from grader.bank.ids import normalise
from grader.bank.textfile import decode, read_text
from grader.errors import InputError
from grader.types import Attempt

LIMIT = 1_000_000
HEAD_LIMIT = 20_000
HEAD = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
FILE_NAME = re.compile(r"(?i)(q\d{1,5})(?:[-_.\s（(]+(.*?)[)）]?)?")
QUESTION_FIELDS = ("q", "question", "Q")
PERSON_FIELDS = ("person", "author", "name")


def read_attempt(source: Path | str, *, question: str | None, text: str | bytes | None = None) -> Attempt:
    """One answer from a file, or from `text` when `source` is `-`.

    Line ends become `\\n`; `Attempt.offset` counts in that text. Raises InputError for what is no readable
    text of at most 1 MB, and when nothing says which question is answered.
    """
    piped = str(source) == "-"
    path = Path("-") if piped else Path(source)
    if not str(source).strip():
        raise InputError("the path of the answer is empty", "name a file, or - for standard input")
    whole = _piped(text) if piped else _file(path)
    fields, offset = front_matter(whole, str(path))
    named, person = ("", "") if piped else from_name(path)
    identifier = question or said(fields, QUESTION_FIELDS) or named
    if not identifier:
        raise InputError(
            f"{'standard input' if piped else path}: it doesn't say which question is answered",
            "add --q Q43, or begin the file with --- / q: Q43 / ---, or name it Q43.md or Q43-anna.md",
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


def from_name(path: Path) -> tuple[str, str]:
    """Question and person as in `Q43.md`, `Q43-anna.md`; empty when the name says neither."""
    found = FILE_NAME.fullmatch(path.stem)
    return (normalise(found[1]), (found[2] or "").strip()) if found else ("", "")


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
