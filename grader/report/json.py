"""Everything as one JSON object: each run's summary by comparable grades, its grades, the comparison."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from grader import wire
from grader.report import compare, summary
from grader.report.graded import Graded, Run
from grader.report.summary import Group, Tally


def render(runs: Sequence[Run]) -> str:
    """Indented JSON, in UTF-8's characters."""
    return json.dumps(shape(runs), ensure_ascii=False, indent=1) + "\n"


def shape(runs: Sequence[Run]) -> dict[str, Any]:
    """The object that `render` writes."""
    whole: dict[str, Any] = {"format": 1, "runs": [_run(one) for one in runs]}
    if len(runs) > 1:
        whole["comparison"] = compare.shape(runs)
    return whole


def _run(run: Run) -> dict[str, Any]:
    found = summary.groups(run.rows)
    return {
        "name": run.name,
        "created": run.created,
        "apart": list(summary.apart(found)),
        "groups": [_group(one) for one in found],
        "grades": [_grade(one) for one in run.rows],
    }


def _group(group: Group) -> dict[str, Any]:
    model, strategy, prompt, calibration = group.judge
    return {
        "judge": {"model": model, "strategy": strategy, "prompt": prompt, "calibration": calibration},
        **tally(summary.tally("", group.rows)),
        **{
            f"by_{name}": {one.label: tally(one) for one in summary.tallies(group.rows, labels)}
            for name, labels in summary.VIEWS.items()
        },
    }


def tally(one: Tally) -> dict[str, Any]:
    """A line of counts."""
    return {"graded": one.graded, "ungraded": one.ungraded, "mean": one.mean, "points": dict(one.points)}


def _grade(row: Graded) -> dict[str, Any]:
    question = row.question
    return {
        **wire.to_json(row.grade),
        "person": row.attempt.person,
        "path": row.attempt.path,
        "title": question.title,
        "section": question.section,
        "stars": question.stars,
        "tags": list(question.tags),
        "tracks": list(row.tracks),
        "at": row.at,
        "bar": row.bar,
        "labels": {criterion: asdict(one) for criterion, one in row.labels.items()},
    }
