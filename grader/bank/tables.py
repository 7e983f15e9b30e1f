"""Rounds as rows: JSONL and CSV, read a row at a time, in UTF-8 (with or without BOM), UTF-16 or GBK."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TextIO

from grader.bank.ids import is_safe, normalise
from grader.errors import InputError
from grader.types import Criterion, Rubric

Kind = Literal["unknown", "unreadable", "question", "repeated", "note"]
OWN = "own-"
"""How an id of our own begins, for a question that has none."""
CHUNK = 1 << 20
LONGEST_CELL = 1 << 24
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "q", "question_id", "qid", "题号", "题目编号", "问题编号"),
    "answer": ("answer", "text", "response", "回答", "答案", "作答"),
    "attempt": ("attempt", "id", "answer_id", "编号"),
    "person": ("person", "name", "author", "candidate", "姓名", "名字", "考生"),
    "question_text": ("question_text", "title", "题目", "问题"),
    "criteria": ("criteria", "points", "key_points", "考点", "要点"),
}
FIELDS = frozenset(
    ("id", "text", "claim", "weight", "optional", "parts", "accept", "mistakes", "source", "note")
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """An answer as it was found. `where` names file and line, `fallback` is its id when nothing else is."""

    question: str
    answer: str
    where: str
    attempt: str = ""
    person: str = ""
    question_text: str = ""
    criteria: tuple[Any, ...] = ()
    offset: int = 0
    fallback: str = ""


@dataclass(frozen=True)
class Refused:
    """An answer, or a part of a file, that isn't graded, and why. A `note` is no fault."""

    where: str
    why: str
    kind: Kind
    hint: str = ""


def read(path: Path) -> Iterator[Row | Refused]:
    """The rows of a .jsonl, .ndjson, .csv or .tsv file, in order. InputError when it is no table at all."""
    try:
        encoding = _encoding(path)
        if path.suffix.lower() in (".csv", ".tsv"):
            yield from _csv(path, encoding)
        else:
            yield from _jsonl(path, encoding)
    except OSError as error:
        raise InputError(
            f"{path}: can't be read: {error.strerror}", "check the path and its permissions"
        ) from error


def rubric_of(row: Row) -> Rubric | Refused:
    """The rubric that a row brings with it."""
    title = row.question_text or row.question
    question = normalise(row.question) if row.question else ""
    if not is_safe(question):
        question = OWN + sha256(title.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    criteria = [_criterion(one, f"{question}.{count}") for count, one in enumerate(row.criteria, 1)]
    wrong = next((one for one in criteria if isinstance(one, str)), "")
    if not wrong and len({one.id for one in criteria if isinstance(one, Criterion)}) < len(criteria):
        wrong = "two criteria have the same id"
    if wrong:
        return Refused(row.where, f"criteria: {wrong}", "unreadable")
    points = tuple(one for one in criteria if isinstance(one, Criterion))
    words = title + "".join(one.text for one in points)
    chinese = sum("\u4e00" <= one <= "\u9fff" for one in words)
    return Rubric(
        question=question, title=title, criteria=points, lang="zh" if chinese * 5 > len(words) else "en"
    )


def _criterion(value: Any, identifier: str) -> Criterion | str:
    if isinstance(value, str) and value.strip():
        return Criterion(id=identifier, text=value.strip())
    if not isinstance(value, dict) or not isinstance(value.get("text"), str) or not value["text"].strip():
        return "each is a text, or an object with id, text, weight"
    given: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in value.items() if name in FIELDS
    }
    weight = given.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 100:
        return f"weight {weight!r} of {given['text'][:30]!r} is not a number over 0"
    for name in ("parts", "accept", "mistakes"):
        if not all(isinstance(one, str) for one in given.get(name, ())) or isinstance(given.get(name), str):
            return f"{name} of {given['text'][:30]!r} is not a list of texts"
    texts = ("id", "claim", "source", "note")
    odd = next((name for name in texts if not isinstance(given.get(name, ""), str)), "")
    if odd or not isinstance(given.get("optional", False), bool):
        return f"{odd or 'optional'} of {given['text'][:30]!r} is not a {'text' if odd else 'yes or no'}"
    return Criterion(**{"id": identifier, **given, "weight": float(weight)})


def _jsonl(path: Path, encoding: str) -> Iterator[Row | Refused]:
    with path.open(encoding=encoding, newline="\n") as file:
        for number, line in enumerate(_lines(file), 1):
            where = f"{path}:{number}"
            if len(line) > LONGEST_CELL:
                yield Refused(where, "the line is longer than 16 MB", "unreadable")
                continue
            if not line.strip("\ufeff \t\r\n"):
                continue
            try:
                shape = json.loads(line.lstrip("\ufeff"))
            except (ValueError, RecursionError) as error:
                yield Refused(where, f"not readable as JSON: {error}", "unreadable")
                continue
            if not isinstance(shape, dict):
                yield Refused(where, "not an object", "unreadable", '{"question": "Q43", ...}')
                continue
            yield _row(shape, where, f"{path.stem}-{number}")


def _lines(file: TextIO) -> Iterator[str]:
    """Each line; of one that is too long only the beginning, so that no file fills the memory."""
    while line := file.readline(LONGEST_CELL + 1):
        rest = line
        while len(line) > LONGEST_CELL and rest and not rest.endswith("\n"):
            rest = file.readline(CHUNK)
        yield line


def _short_lines(file: TextIO) -> Iterator[str]:
    for line in _lines(file):
        if len(line) > LONGEST_CELL:
            raise csv.Error("a line is longer than 16 MB")
        yield line


def _csv(path: Path, encoding: str) -> Iterator[Row | Refused]:
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline(CHUNK).lstrip("\ufeff")
        file.seek(0)
        delimiter = max(",;\t", key=first.count)
        reader = csv.DictReader(_short_lines(file), delimiter=delimiter)
        try:
            names = {name: _column(name, reader.fieldnames or ()) for name in COLUMNS}
        except csv.Error as error:
            raise InputError(f"{path}:1: not readable as CSV: {error}", "save it as CSV in UTF-8") from error
        if names["answer"] is None:
            raise InputError(
                f"{path}: no column answer among {', '.join(reader.fieldnames or ()) or 'none'}",
                "the first row names the columns: question,answer,attempt,person",
            )
        try:
            for number, cells in enumerate(reader, 1):
                shape = {name: cells.get(column) for name, column in names.items() if column is not None}
                if any(shape.values()):
                    yield _row(shape, f"{path}:{reader.line_num}", f"{path.stem}-{number}")
        except csv.Error as error:
            yield Refused(f"{path}:{reader.line_num}", f"not readable as CSV: {error}", "unreadable")


def _column(name: str, given: Any) -> str | None:
    bare = {one.strip().lstrip("\ufeff").casefold(): one for one in given if one is not None}
    return next((bare[one] for one in COLUMNS[name] if one in bare), None)


def _row(shape: Mapping[str, Any], where: str, fallback: str) -> Row | Refused:
    texts: dict[str, Any] = {}
    for name in ("question", "answer", "attempt", "person", "question_text"):
        value = next((shape[one] for one in COLUMNS[name] if shape.get(one) is not None), "")
        if isinstance(value, bool) or not isinstance(value, str | int):
            return Refused(where, f"{name} is not a text", "unreadable")
        texts[name] = str(value) if name == "answer" else str(value).strip()
    if not any(shape.get(one) is not None for one in COLUMNS["answer"]):
        return Refused(where, "there is no answer", "unreadable", "the field is called answer")
    criteria = _listed(next((shape[one] for one in COLUMNS["criteria"] if shape.get(one)), ()))
    if criteria is None:
        return Refused(where, "criteria is not a list", "unreadable")
    return Row(**texts, criteria=criteria, where=where, fallback=fallback)


def _listed(value: Any) -> tuple[Any, ...] | None:
    """A list as it is; a cell as JSON or a criterion a line."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = [one.strip(" -*\t") for one in value.splitlines() if one.strip(" -*\t")]
    return tuple(value) if isinstance(value, list | tuple) else None


def _encoding(path: Path) -> str:
    """utf-8-sig, utf-16 or gb18030, after a look at every byte; InputError for none of them."""
    with path.open("rb") as file:
        head = file.read(4)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encodings: tuple[str, ...] = ("utf-16",)
        else:
            encodings = ("utf-8", "gb18030")
        for encoding in encodings:
            file.seek(0)
            decoder = codecs.getincrementaldecoder(encoding)()
            try:
                while chunk := file.read(CHUNK):
                    if encoding != "utf-16" and b"\0" in chunk:
                        raise InputError(f"{path} is binary, not text", "save it as CSV or JSONL in UTF-8")
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
            return "utf-8-sig" if encoding == "utf-8" else encoding
    raise InputError(f"{path} is neither UTF-8 nor GBK text", "save it in UTF-8")
