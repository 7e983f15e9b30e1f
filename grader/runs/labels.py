"""What people said of a run's verdicts: lines only ever appended, beside the grades, never in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from grader.bank.textfile import read_bytes
from grader.errors import InputError
from grader.runs import lock
from grader.runs.journal import Journal, parse
from grader.runs.keys import number
from grader.types import Attempt, Coverage, Criterion, Label, Rubric, digest

FILE = "labels.jsonl"
LARGEST = 100_000_000
Key = tuple[str, int, str]
"""Attempt, 64 bits of its text without blanks around it, criterion."""
Said = Mapping[Key, tuple[str, Label]]
"""The last label of each, with the hash of the criterion that it was given for, "" when that is not known."""


def read(folder: Path) -> Said:
    """All labels in force; {} for a run without any.

    A torn last line is left out; InputError names any other that is no label, since a decision that is
    silently lost is a wrong score.
    """
    path = folder / FILE
    found: dict[Key, tuple[str, Label]] = {}
    rows = read_bytes(path, limit=LARGEST).split(b"\n") if path.is_file() else []
    for place, line in enumerate(rows, 1):
        shape = parse(line.removeprefix(b"\xef\xbb\xbf")) if line.strip() else {}
        if shape is None and place < len(rows):
            raise InputError(f"{path}:{place}: not a label in JSON", "mend or delete this line")
        for criterion, coverage in coverages((shape or {}).get("labels"), f"{path}:{place}").items():
            assert shape is not None
            key = (str(shape.get("attempt")), number(str(shape.get("answer")).strip()), criterion)
            if coverage is None:  # takes a label back
                found.pop(key, None)
            else:
                found[key] = (str(shape.get("criterion") or ""), _label(shape, criterion))
    return found


def coverages(raw: Any, where: str, field: str = "labels") -> Mapping[str, Coverage | None]:
    """Coverage by criterion, None where it is taken back; InputError names place and field."""
    if not isinstance(raw, dict | None):
        raise InputError(f"{where}: {field} is not an object", '{"Q43.1": "covered"}')
    for criterion, coverage in (raw or {}).items():
        if coverage is not None and coverage not in get_args(Coverage):
            known = ", ".join(get_args(Coverage))
            raise InputError(f"{where}: {field}: {criterion} is {coverage!r}", f"one of {known}")
    return raw or {}


def of(said: Said, attempt: Attempt, rubric: Rubric) -> dict[str, Label]:
    """The labels of one attempt by criterion, as long as its words and the criterion are what they were."""
    mark = number(attempt.text.strip())
    found = {}
    for one in rubric.criteria:
        asked, label = said.get((attempt.id, mark, one.id), ("", None))
        if label is not None and asked in ("", asked_hash(one)):
            found[one.id] = label
    return found


def points(said: Said) -> Mapping[str, set[str]]:
    """The criteria that people decided on, by attempt, for whatever words of it."""
    found: dict[str, set[str]] = {}
    for attempt, _, criterion in said:
        found.setdefault(attempt, set()).add(criterion)
    return found


def lapsed(said: Said, decided: Mapping[str, set[str]], attempt: Attempt, rubric: Rubric) -> Counter[str]:
    """How many points of the attempt have labels of which none is in force, by what was changed since: its
    `answer`, or only the `criterion`. `decided`: what `points` says."""
    held, mark = of(said, attempt, rubric), number(attempt.text.strip())
    gone = decided.get(attempt.id, set()) - held.keys()
    return Counter("criterion" if (attempt.id, mark, one) in said else "answer" for one in gone)


def add(
    folder: Path, attempt: Attempt, rubric: Rubric, criterion: str, label: Label | None, *, own: bool
) -> None:
    """Append one label; None takes an earlier one back. `own`: the question is not in the bank, so that the
    line carries its criteria. InputError while another process labels the same run."""
    asked = rubric.criterion(criterion)
    shape: dict[str, Any] = {
        "question": attempt.question,
        "attempt": attempt.id,
        "answer": attempt.text,
        "labels": {criterion: label.coverage if label else None},
        "contradicted": [criterion] if label and label.contradicted else [],
        "criterion": asked_hash(asked),
    }
    if label is not None:
        shape |= {"reviewer": label.author, "reason": label.reason, "at": label.at}
    if attempt.person:
        shape |= {"person": attempt.person}
    if own:
        criteria = [_plain(one) for one in rubric.criteria]
        shape |= {"question_text": rubric.title, "criteria": criteria, "rubric_lang": rubric.lang}
    with lock.held(folder / f"{FILE}.lock"):
        journal = Journal(folder / FILE)
        try:
            journal.append(shape)
        finally:
            journal.close()


def asked_hash(criterion: Criterion) -> str:
    """Changes when what is asked changes; weight, notes and sources do not count."""
    one = criterion
    return digest([one.id, one.text, one.claim, one.parts, one.accept, one.mistakes])


def _label(shape: Mapping[str, Any], criterion: str) -> Label:
    against = shape.get("contradicted")
    return Label(
        coverage=shape["labels"][criterion],
        contradicted=isinstance(against, list) and criterion in against,
        author=str(shape.get("reviewer") or ""),
        reason=str(shape.get("reason") or ""),
        at=str(shape.get("at") or ""),
    )


def _plain(criterion: Criterion) -> dict[str, Any]:
    """What is set, without what is empty."""
    return {name: value for name, value in asdict(criterion).items() if value not in ("", (), False)}
