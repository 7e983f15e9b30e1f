"""Make rubrics/ from a bank and its reviews; how the 96 files came to be.

Since then the YAML files are what counts; edits by hand go there.

    python scripts/make_rubrics.py BANK.md FIRST_REVIEW.jsonl scripts/second_review.jsonl --out rubrics

A row of the first review: id, verdict, issue, correct, sub_points, accept, common_mistakes, source, kind.
A row of the second: id, set ({field of a criterion: value}), why.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.bank import imports, markdown
from grader.types import Criterion, Question

CHANGED = ("wrong", "outdated", "imprecise", "vague")
LISTS = ("parts", "accept", "mistakes")


def main() -> None:
    """Read, review twice, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bank", type=Path)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    imported = markdown.read(given.bank)
    first = {row["id"]: row for row in rows(given.first)}
    second: dict[str, list[dict[str, Any]]] = {}
    for row in rows(given.second):
        second.setdefault(row["id"], []).append(row)
    points = [one for question in imported.questions for one in question.rubric.criteria]
    for identifier in {*first, *second} - {one.id for one in points}:
        raise SystemExit(f"{identifier} is reviewed but not in the bank")
    for one in points:
        if one.id in first and first[one.id]["text"] != one.text:
            raise SystemExit(f"{one.id}: the review read another text: {first[one.id]['text']}")
    reviewed = tuple(review(one, first, second) for one in imported.questions)
    imports.write(replace(imported, questions=reviewed), given.out, overwrite=True)


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def review(question: Question, first: dict[str, Any], second: dict[str, Any]) -> Question:
    """A question with its criteria reviewed."""
    criteria = []
    for criterion in question.rubric.criteria:
        once = by_first(criterion, first[criterion.id]) if criterion.id in first else criterion
        for row in second.get(criterion.id, []):
            once = by_second(once, row)
        criteria.append(once)
    return replace(question, rubric=replace(question.rubric, criteria=tuple(criteria)))


def by_first(criterion: Criterion, row: dict[str, Any]) -> Criterion:
    """The first review: what is true, its parts, what else to accept."""
    claim = row["correct"] if row["verdict"] in CHANGED and row["correct"] != criterion.text else ""
    parts = tuple(row["sub_points"])
    return replace(
        criterion,
        claim=claim,
        optional=row["kind"] == "example",
        parts=() if parts in ((criterion.text,), (claim,)) else parts,
        accept=tuple(row["accept"]),
        mistakes=tuple(row["common_mistakes"]),
        source=row["source"],
        note=f"{row['verdict']}: {row['issue']}" if row["issue"] else "",
    )


def by_second(criterion: Criterion, row: dict[str, Any]) -> Criterion:
    """The second review: fields set anew, and why."""
    fields = {name: tuple(value) if name in LISTS else value for name, value in row["set"].items()}
    changed = replace(criterion, **fields)
    if changed.parts in ((changed.text,), (changed.claim,)):
        changed = replace(changed, parts=())
    note = "; ".join(one for one in (changed.note, f"second review: {row['why']}") if one)
    return replace(changed, note=note)


if __name__ == "__main__":
    main()
