"""Read and write one rubric file: rubrics/Q43.yaml."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.bank.ids import is_safe
from grader.bank.safe_yaml import Loaded, Place, load
from grader.bank.textfile import decode, read_bytes
from grader.errors import InputError
from grader.links import unlinked
from grader.types import Criterion, Group, Question, Rubric

if TYPE_CHECKING:
    from pydantic import BaseModel

LIMIT = 256_000
FIRST_LINE = "# yaml-language-server: $schema=rubric.schema.json\n"

TEXTS = ("title", "section", "frequency", "reference")
NAMES = ("tags", "companies", "notes")
CRITERION_TEXTS = ("id", "text", "claim", "source", "note")
CRITERION_LISTS = ("parts", "accept", "mistakes")


def read(path: Path) -> Question:
    """The question and rubric of a file; InputError names file, line, field and fix."""
    question = parse(decode(read_bytes(path, limit=LIMIT), str(path)), str(path))
    if question.id != path.stem:
        raise InputError(
            f"{path}: id is {question.id} but the file is called {path.name}", f"call it {question.id}.yaml"
        )
    return question


def parse(text: str, name: str) -> Question:
    """The same of a text; `name` stands in messages."""
    loaded = load(text, name)
    if not isinstance(loaded.value, dict):
        raise InputError(f"{name}: holds no rubric", "begin with id:, title: and criteria:")
    if not _surely_fine(loaded.value):
        _check(loaded, name)
    return _question(loaded.value)


def refusal(question: Question, notes: Sequence[str] = ()) -> str:
    """Why a file could not hold this question; empty when one can."""
    value = fields(question, notes)
    if _surely_fine(value):
        return ""
    try:
        _check(Loaded(value, {(): 1}), "")
    except InputError as error:
        return error.message.splitlines()[0].removeprefix(":1: ")
    return ""


def fields(question: Question, notes: Sequence[str] = ()) -> dict[str, Any]:
    """A question as plain data, empty and default fields left out."""
    rubric = question.rubric
    whole: dict[str, Any] = {
        "id": question.id,
        "title": question.title,
        "lang": rubric.lang,
        "section": question.section,
        "stars": question.stars,
        "tags": list(question.tags),
        "companies": list(question.companies),
        "frequency": question.frequency,
        "reference": rubric.reference,
        "notes": list(notes),
        "groups": [_filled(asdict(one)) for one in rubric.groups],
        "criteria": [_criterion_fields(one) for one in rubric.criteria],
    }
    return {key: value for key, value in whole.items() if value or key == "lang"}


def _criterion_fields(criterion: Criterion) -> dict[str, Any]:
    weight = None if criterion.weight == 1 else criterion.weight
    whole = {**asdict(criterion), "weight": weight}
    return _filled({key: list(one) if isinstance(one, tuple) else one for key, one in whole.items()})


def _filled(whole: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in whole.items() if value}


def to_yaml(question: Question, notes: Sequence[str] = ()) -> str:
    """The text of its file."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return FIRST_LINE + yaml.dump(
        fields(question, notes), Dumper=dumper, allow_unicode=True, sort_keys=False, width=1_000_000
    )


def write(question: Question, folder: Path, notes: Sequence[str] = ()) -> Path:
    """Write it; returns the path."""
    path = unlinked(folder / f"{question.id}.yaml")
    path.write_text(to_yaml(question, notes), encoding="utf-8", newline="\n")
    return path


def _question(value: Mapping[str, Any]) -> Question:
    rubric = Rubric(
        question=value["id"],
        title=value["title"],
        lang=value.get("lang", "zh"),
        reference=value.get("reference", ""),
        groups=tuple(Group(**one) for one in value.get("groups", ())),
        criteria=tuple(_criterion(one) for one in value["criteria"]),
    )
    return Question(
        id=value["id"],
        title=value["title"],
        rubric=rubric,
        section=value.get("section", ""),
        stars=value.get("stars", 0),
        tags=tuple(value.get("tags", ())),
        companies=tuple(value.get("companies", ())),
        frequency=value.get("frequency", ""),
    )


def _criterion(value: Mapping[str, Any]) -> Criterion:
    lists = {name: tuple(value.get(name, ())) for name in (*CRITERION_LISTS, "requires", "excludes")}
    return Criterion(**{**value, **lists, "weight": float(value.get("weight", 1.0))})


def _surely_fine(value: dict[str, Any]) -> bool:
    """True only for what rubric_model accepts too (a property test holds them together); logic goes there."""
    known = {"id", "lang", "stars", "criteria", *TEXTS, *NAMES}
    return (
        value.keys() <= known
        and isinstance(value.get("id"), str)
        and is_safe(value["id"])
        and _is_text(value.get("title"), 1, 4000)
        and value.get("lang", "zh") in ("zh", "en")
        and type(value.get("stars", 0)) is int
        and 0 <= value.get("stars", 0) <= 5
        and all(_is_text(value.get(one, ""), 0, 300) for one in ("section", "frequency"))
        and _is_text(value.get("reference", ""), 0, 20000)
        and all(_are_texts(value.get(one, []), 300) for one in NAMES)
        and _are_criteria(value.get("criteria"), value["id"])
    )


def _are_criteria(value: object, question: str) -> bool:
    if not isinstance(value, list) or not 1 <= len(value) <= 64:
        return False
    return all(_is_criterion(one, question) for one in value) and len({one["id"] for one in value}) == len(
        value
    )


def _is_criterion(value: object, question: str) -> bool:
    if not isinstance(value, dict):
        return False
    weight = value.get("weight", 1.0)
    return (
        value.keys() <= {"weight", "optional", *CRITERION_TEXTS, *CRITERION_LISTS}
        and _is_text(value.get("id"), len(question) + 2, 300)
        and value["id"].startswith(f"{question}.")
        and _is_text(value.get("text"), 1, 4000)
        and _is_text(value.get("claim", "-"), 1, 4000)
        and _is_text(value.get("source", ""), 0, 1000)
        and _is_text(value.get("note", ""), 0, 4000)
        and type(weight) in (int, float)
        and math.isfinite(weight)
        and 0 < weight <= 100
        and isinstance(value.get("optional", False), bool)
        and all(_are_texts(value.get(one, []), 4000) for one in CRITERION_LISTS)
    )


def _is_text(value: object, least: int, most: int) -> bool:
    return isinstance(value, str) and least <= len(value) <= most


def _are_texts(value: object, most: int) -> bool:
    return isinstance(value, list) and len(value) <= 100 and all(_is_text(one, 1, most) for one in value)


def _check(loaded: Loaded, name: str) -> None:
    """Raises InputError with every fault of the file, by line and field."""
    from pydantic import ValidationError

    from grader.bank.rubric_model import RubricFile

    try:
        model = RubricFile.model_validate(loaded.value)
    except ValidationError as error:
        faults = [_fault(one, loaded, name) for one in error.errors()[:20]]
        misspelt = [hint for _, hint in faults if hint.startswith("did you mean")]
        raise InputError("\n".join(text for text, _ in faults), (misspelt or [faults[0][1]])[0]) from error
    if not is_safe(model.id):
        raise InputError(f"{name}: id: {model.id} is not a file name on Windows", "choose another id")


def _fault(error: Any, loaded: Loaded, name: str) -> tuple[str, str]:
    place: Place = error["loc"]
    line = next(loaded.lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in loaded.lines)
    kind, field = str(error["type"]), _dotted(place)
    said = str(error["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        said, hint = "there is no such field", _nearest_field(place)
    elif kind == "missing":
        said, hint = "is missing", f"add {place[-1]}: ..."
    elif kind == "string_type" and not isinstance(error["input"], (dict, list)):
        given = "empty" if error["input"] is None else f"read as {error['input']!r}"
        said, hint = f"must be text, but it is {given}", 'put the text in quotes: "..."'
    elif kind == "list_type":
        said, hint = "must be a list", "write one entry a line, each after '- '"
    else:
        hint = "rubric.schema.json says what each field takes"
    return f"{name}:{line}: {field}: {said}" if field else f"{name}:{line}: {said}", hint


def _dotted(place: Place) -> str:
    """criteria[2].weight"""
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in place).removeprefix(".")


def _nearest_field(place: Place) -> str:
    from grader.bank.rubric_model import CriterionEntry, GroupEntry, RubricFile

    parts: dict[str | int, type[BaseModel]] = {"criteria": CriterionEntry, "groups": GroupEntry}
    known = list((parts[place[0]] if len(place) > 1 else RubricFile).model_fields)
    close = difflib.get_close_matches(str(place[-1]), known, n=1)
    return f"did you mean {close[0]}?" if close else f"the fields are {', '.join(known)}"
