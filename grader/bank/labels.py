"""Files of labels, a JSON object a line: answers with what people said of each criterion."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grader import addressed
from grader.bank.ids import normalise
from grader.bank.rounds import Job, tidy
from grader.bank.store import Bank
from grader.bank.tables import Refused, Row, rubric_of
from grader.bank.textfile import read_text
from grader.errors import InputError
from grader.runs import rubrics
from grader.runs.labels import asked_hash, coverages
from grader.strategies.examples import LONGEST, Example, ranked
from grader.types import Attempt, Coverage, Lang, Rubric

LARGEST = 100_000_000
Said = Mapping[str, Coverage]
"""Coverage by criterion id."""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """An answer with its labels. `raters`: what each person said where that is known; `score`: what people
    gave the whole answer, where they did."""

    attempt: Attempt
    rubric: Rubric
    labels: Said
    contradicted: frozenset[str] = frozenset()
    raters: tuple[Said, ...] = ()
    lang: str = ""
    kind: str = ""
    score: float | None = None

    @property
    def job(self) -> Job:
        """What a judge is asked to grade."""
        return Job(self.attempt, self.rubric)


def examples(labelled: Sequence[Labelled]) -> tuple[Example, ...]:
    """What of it may be shown to a judge: short answers without a word to a grader."""
    return ranked(
        [
            Example(
                question=one.rubric.question,
                attempt=one.attempt.id,
                text=one.attempt.text.strip(),
                said=tuple(
                    (each.judged, one.labels[each.id] + " contradicted" * (each.id in one.contradicted))
                    for each in one.rubric.criteria
                    if each.id in one.labels
                ),
                person=one.attempt.person,
            )
            for one in labelled
            if one.labels and len(one.attempt.text) <= LONGEST and not addressed.find(one.attempt.text)
        ]
    )


@dataclass
class _Shelf:
    """Answers met so far; a later line about the same one adds to it. `said`: what each reviewer said.
    `graded`: of the run that is read, the rubric in which a criterion with that hash stood last."""

    bank: Bank
    found: dict[tuple[str, str, str], Labelled] = field(default_factory=dict)
    said: dict[tuple[str, str, str], dict[str, dict[str, Coverage]]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    rubrics: dict[str, Rubric] = field(default_factory=dict)
    graded: Mapping[str, Rubric] = field(default_factory=dict)


def read(paths: Sequence[Path], bank: Bank) -> list[Labelled]:
    """The labelled answers of JSONL files, or of run folders that people labelled. InputError names file,
    line, field and fix."""
    shelf = _Shelf(bank)
    for path in paths:
        file = path / "labels.jsonl" if path.is_dir() else path
        if not file.is_file():
            hint = "label some: grade label RUN" if path.is_dir() else "labels are JSONL, an answer a line"
            raise InputError(f"{file}: there is no such file", hint)
        known = rubrics(path).values() if path.is_dir() else ()
        shelf.graded = {asked_hash(point): one for one in known for point in one.criteria}
        for number, line in enumerate(read_text(file, limit=LARGEST).split("\n"), 1):
            if line.strip():
                _add(shelf, _object(line, f"{file}:{number}"), f"{file}:{number}")
    if not any(one.labels or one.score is not None for one in shelf.found.values()):
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        raise InputError(f"{paths[0]}{more}: there are no labels", '{"question": "Q43", "answer": "...", '
                         '"labels": {"Q43.1": "covered"}}, or a "score" from 0 to 1')  # fmt: skip
    return _with_raters(shelf)


def _with_raters(shelf: _Shelf) -> list[Labelled]:
    """Two reviewers or more are raters, in one order for all answers, unless lines name raters themselves."""
    who = sorted({name for said in shelf.said.values() for name in said})
    if len(who) < 2 or any(one.raters for one in shelf.found.values()):
        return list(shelf.found.values())
    return [
        replace(one, raters=tuple(shelf.said.get(key, {}).get(name, {}) for name in who))
        for key, one in shelf.found.items()
    ]


def _add(shelf: _Shelf, shape: Mapping[str, Any], where: str) -> None:
    for name in ("question", "answer"):
        if not isinstance(shape.get(name), str):
            raise InputError(f"{where}: {name} is missing or not a text", "label rows carry their answer")
    rubric = _rubric(shelf, shape, where)
    attempt = shape.get("attempt") or f"{rubric.question}-{where.rpartition(':')[2]}"
    key = (rubric.question, str(attempt), shape["answer"])
    labels, contradicted = _decided(rubric, shape, where)
    gone = {one for one, coverage in (shape.get("labels") or {}).items() if coverage is None}
    _note(shelf.said.setdefault(key, {}), str(shape.get("reviewer") or ""), labels, gone)
    if (before := shelf.found.get(key)) is not None:
        both = {one: said for one, said in {**before.labels, **labels}.items() if one not in gone}
        kept = (before.contradicted - labels.keys() - gone) | contradicted
        score = before.score if shape.get("score") is None else _score(shape, where)
        shelf.found[key] = replace(before, labels=both, contradicted=kept, score=score)
        return
    shelf.found[key] = Labelled(
        attempt=Attempt(
            id=_free(shelf, str(attempt)),
            question=rubric.question,
            text=shape["answer"],
            person=str(shape.get("person") or ""),
        ),
        rubric=rubric,
        labels=labels,
        contradicted=contradicted,
        raters=_raters(shape.get("raters"), where),
        lang=str(shape.get("lang") or rubric.lang),
        kind=str(shape.get("kind") or ""),
        score=_score(shape, where),
    )


def _note(said: dict[str, dict[str, Coverage]], who: str, labels: Said, gone: set[str]) -> None:
    """What is taken back is so for everyone, as in a run's scores."""
    if who:
        said.setdefault(who, {}).update(labels)
    for name, one in ((name, one) for name in said for one in gone):
        said[name].pop(one, None)


def _raters(raw: Any, where: str) -> tuple[Said, ...]:
    if raw is not None and not isinstance(raw, list):
        raise InputError(f"{where}: raters is not a list of labels", '[{"Q43.1": "covered"}]')
    return tuple(_said(one, where, "raters") for one in raw or ())


def _decided(rubric: Rubric, shape: Mapping[str, Any], where: str) -> tuple[Said, frozenset[str]]:
    """Labels and contradictions; of a run's line only for what the criterion still says."""
    labels, against = _said(shape.get("labels"), where, "labels"), _against(shape.get("contradicted"), where)
    if asked := shape.get("criterion"):
        same = {one.id for one in rubric.criteria if asked_hash(one) == asked}
        labels, against = {one: said for one, said in labels.items() if one in same}, against & same
    if unknown := next((one for one in labels if all(one != own.id for own in rubric.criteria)), None):
        known = ", ".join(one.id for one in rubric.criteria)
        raise InputError(
            f"{where}: labels: {unknown} is no criterion of {rubric.question}", f"known: {known}"
        )
    return labels, against


def _free(shelf: _Shelf, wanted: str) -> str:
    """An id that no other answer has, safe as a file name."""
    name = tidy(wanted)
    shelf.names[name] = shelf.names.get(name, 0) + 1
    return name if shelf.names[name] == 1 else f"{name}-{shelf.names[name]}"


def _rubric(shelf: _Shelf, shape: Mapping[str, Any], where: str) -> Rubric:
    if shape.get("criteria") and shape.get("criterion") in shelf.graded:
        return shelf.graded[shape["criterion"]]  # with weights, groups and all that the line does not tell
    about = ("question", "question_text", "criteria", "reference")
    content = json.dumps([shape.get(one) for one in about])
    if content not in shelf.rubrics:
        shelf.rubrics[content] = _read_rubric(shelf.bank, shape, where)
    return shelf.rubrics[content]


def _read_rubric(bank: Bank, shape: Mapping[str, Any], where: str) -> Rubric:
    reference = shape.get("reference") or ""
    if not isinstance(reference, str):
        raise InputError(f"{where}: reference is not a text", "a good answer to the question")
    criteria = shape.get("criteria") or ([reference] if shape.get("question_text") and reference else ())
    if not criteria:
        try:
            return bank.question(normalise(shape["question"])).rubric
        except InputError as error:
            raise InputError(f"{where}: {error.message}", error.hint) from error
    if not isinstance(criteria, list):
        raise InputError(f"{where}: criteria is not a list", '[{"id": "A.1", "text": "...", "weight": 1}]')
    made = rubric_of(
        Row(
            question=shape["question"],
            answer=shape["answer"],
            where=where,
            question_text=str(shape.get("question_text") or ""),
            criteria=tuple(criteria),
        )
    )
    if isinstance(made, Refused):
        raise InputError(f"{where}: {made.why}", made.hint)
    if shape.get("criteria"):
        made = replace(made, reference=reference)
    lang: Lang = "en" if shape.get("rubric_lang") == "en" else "zh"
    return replace(made, lang=lang) if shape.get("rubric_lang") in ("zh", "en") else made


def _score(shape: Mapping[str, Any], where: str) -> float | None:
    value = shape.get("score")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"{where}: score is {value!r}", "a number from 0 to 1")
    return float(value)


def _said(raw: Any, where: str, field_name: str) -> dict[str, Coverage]:
    return {one: said for one, said in coverages(raw, where, field_name).items() if said is not None}


def _against(raw: Any, where: str) -> frozenset[str]:
    if raw is None:
        return frozenset()
    if not isinstance(raw, list) or not all(isinstance(one, str) for one in raw):
        raise InputError(f"{where}: contradicted is not a list of criterion ids", '["Q43.2"]')
    return frozenset(raw)


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        shape = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not readable as JSON: {error}", "labels are JSONL") from error
    if not isinstance(shape, dict):
        raise InputError(f"{where}: not an object", '{"question": "Q43", "answer": "...", "labels": {}}')
    return shape
